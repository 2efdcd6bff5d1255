"""A and B side by side at the same zoom and place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.i18n import bind, signals, tr
from app.theme import color, fonts
from app.widgets.images import fitted

if TYPE_CHECKING:
    from app.validation.layout import CellKey
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache

FOOT = 30
FULL = 640


class CompareView(QWidget):
    """A left, B right. Wheel zooms both, drag moves both, double-click fits."""

    def __init__(self, state: GridState, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self._state, self._thumbnails = state, thumbnails
        self._zoom = 1.0
        self._shift = QPointF()
        self._held: QPointF | None = None
        self.setMinimumSize(200, 160)
        bind(self.setAccessibleName, "Compare A and B")
        state.choice_changed.connect(self.update)
        thumbnails.ready.connect(lambda _: self.update())
        signals.changed.connect(self.update)

    def panes(self) -> list[tuple[str, CellKey, QRectF]]:
        """Letter, cell and area of each pane that has a cell: A left, B right."""
        chosen = [("A", self._state.first), ("B", self._state.second)]
        return [
            (letter, key, self._half(number))
            for number, (letter, key) in enumerate(chosen)
            if key is not None
        ]

    def _half(self, number: int) -> QRectF:
        width = (self.width() - 2) / 2
        return QRectF(number * (width + 2), 0, width, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panes, or say how to choose them."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("g2"))
        panes = self.panes()
        if not panes:
            whole = self.rect().toRectF()
            _write(painter, whole, tr("Click a cell of the grid, then Ctrl click another one."))
        elif self._state.second is None:
            free = self._half(1)
            painter.fillRect(QRectF(free.left() - 2, 0, 2, free.height()), color("g1"))
            _write(painter, free, tr("Ctrl-click a second cell of the grid to see it here."))
        for letter, key, area in panes:
            self._paint_pane(painter, letter, key, area)

    def _paint_pane(self, painter: QPainter, letter: str, key: CellKey, area: QRectF) -> None:
        cell = self._state.cell(key)
        pixmap = self._thumbnails.get(cell.path, FULL) if cell is not None and cell.path else None
        picture = area.adjusted(0, 0, 0, -FOOT)
        if pixmap is not None:
            painter.save()
            painter.setClipRect(picture)
            self._paint_picture(painter, pixmap, picture)
            painter.restore()
        foot = QRectF(area.left() + 12, area.bottom() - FOOT, area.width() - 24, FOOT)
        painter.fillRect(QRectF(area.left(), foot.top(), area.width(), FOOT), color("g1"))
        painter.setFont(fonts.font(12, 600))
        painter.setPen(color("t1"))
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, letter)
        painter.setFont(fonts.font(12))
        painter.setPen(color("t2"))
        painter.drawText(
            foot.adjusted(20, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._state.name_of(key)
        )

    def _paint_picture(self, painter: QPainter, pixmap: QPixmap, area: QRectF) -> None:
        place = fitted(pixmap.size().toSizeF(), area, 0.04)
        center = place.center() + self._shift
        width, height = place.width() * self._zoom, place.height() * self._zoom
        target = QRectF(center.x() - width / 2, center.y() - height / 2, width, height)
        smooth = width < 4 * pixmap.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom both."""
        self.zoom_by(1.2 ** (event.angleDelta().y() / 120))

    def zoom_by(self, factor: float) -> None:
        """Zoom both, round the middle of what is seen."""
        zoom = min(32.0, max(0.5, self._zoom * factor))
        self._shift *= zoom / self._zoom
        self._zoom = zoom
        self.update()

    def fit(self) -> None:
        """Show both whole."""
        self._zoom, self._shift = 1.0, QPointF()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hold the pictures."""
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move both."""
        if self._held is not None:
            self._shift += event.position() - self._held
            self._held = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit both."""
        self.fit()


def _write(painter: QPainter, area: QRectF, words: str) -> None:
    painter.setFont(fonts.font(12))
    painter.setPen(color("t3"))
    middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(area.adjusted(24, 0, -24, 0), int(middle), words)
