"""Pairs of a generated picture and the training picture it is nearest to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import bind, signals, tr
from app.theme import color, fonts
from app.widgets.images import draw_fitted, pixmap_of

if TYPE_CHECKING:
    from app.validation.evidence import Pair
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache


class PairGrid(QWidget):
    """Generated and training picture side by side, most alike first. A click shows the cell."""

    chosen = Signal(object)  # Position

    def __init__(self, state: GridState, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self._state, self._thumbnails = state, thumbnails
        self._pairs: list[Pair] = []
        self._trained: list[QPixmap] = []
        self._columns = 2
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        bind(self.setAccessibleName, "Nearest training picture")
        thumbnails.ready.connect(lambda _: self.update())
        state.choice_changed.connect(self.update)
        signals.changed.connect(self.update)

    def set_pairs(self, pairs: list[Pair]) -> None:
        """Show these pairs."""
        self._pairs = pairs
        self._trained = [pixmap_of(pair.shown) for pair in pairs]
        self.updateGeometry()
        self.update()

    def set_columns(self, columns: int) -> None:
        """How many pairs stand side by side."""
        self._columns = columns
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """As high as its rows."""
        rows = -(-len(self._pairs) // self._columns)
        return max(1, rows * (self._card(width).height() + 8) - 8)

    def sizeHint(self) -> QSize:
        """For the width it has."""
        return QSize(280, self.heightForWidth(max(self.width(), 200)))

    def _card(self, width: int) -> QSize:
        card = (width - 8 * (self._columns - 1)) // self._columns
        return QSize(card, (card - 2) // 2 + 26)

    def card_rect(self, index: int) -> QRect:
        """Where pair ``index`` is."""
        size = self._card(self.width())
        row, column = divmod(index, self._columns)
        return QRect(
            column * (size.width() + 8), row * (size.height() + 8), size.width(), size.height()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pairs."""
        painter = QPainter(self)
        for index, pair in enumerate(self._pairs):
            self._paint(painter, self.card_rect(index), pair, self._trained[index])

    def _paint(self, painter: QPainter, rect: QRect, pair: Pair, trained: QPixmap) -> None:
        painter.fillRect(rect, color("row_hover"))
        side = (rect.width() - 2) // 2
        generated: QPixmap | None = self._thumbnails.get(pair.generated, side)
        for number, pixmap in enumerate((generated, trained)):
            box = QRect(rect.left() + number * (side + 2), rect.top(), side, side)
            painter.fillRect(box, color("tile"))
            if pixmap is not None:
                draw_fitted(painter, pixmap, box.toRectF())
        foot = QRect(rect.left() + 7, rect.bottom() - 25, rect.width() - 14, 26)
        flag = self._state.flag_of(pair.similarity)
        painter.setFont(fonts.font(12, 600))
        painter.setPen(color({"flag_err": "err", "flag_warn": "warn"}.get(flag, "t2")))
        painter.drawText(foot, _RIGHT, f"{pair.similarity:.2f}")
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2"))
        title = self._state.title_of(pair.key.checkpoint)
        words = tr("{title}, {weight}", title=title, weight=f"{pair.key.weight:g}")
        room = foot.width() - 36
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(foot, _LEFT, shown)
        if pair.key == self._state.first:
            painter.setPen(QPen(color("acc"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the cell of the pair under the pointer."""
        for index, pair in enumerate(self._pairs):
            if self.card_rect(index).contains(event.position().toPoint()):
                self.chosen.emit(pair.key)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
