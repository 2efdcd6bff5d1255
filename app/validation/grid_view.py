"""The live grid: only cells in sight are painted; headers stay while cells scroll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.i18n import bind, signals, tr
from app.theme import fonts, icons
from app.theme.style import color
from app.validation.layout import (
    COLUMN_HEADER,
    GAP,
    GROUP_GAP,
    GROUP_HEADER,
    MARGIN,
    ROW_HEADER,
    CellKey,
    GridLayout,
)

if TYPE_CHECKING:
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache

SMALLEST, LARGEST = 40, 512
_SECOND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
LEFT_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class GridView(QAbstractScrollArea):
    """Cells of a validation grid. A click picks A, Ctrl or Shift with it B; arrows move A."""

    picked = Signal(object)  # CellKey
    compared = Signal(object)  # CellKey
    opened = Signal(object)  # CellKey
    zoom_changed = Signal(int)
    menu_asked = Signal(object, QPoint)

    def __init__(
        self, state: GridState, pictures: ThumbnailCache, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._pictures = pictures
        self._fit_cells = True
        self.grid = GridLayout(state.axes)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bind(self.setAccessibleName, "Validation grid")
        self.viewport().setMouseTracking(True)
        state.axes_changed.connect(self.relayout)
        state.cell_changed.connect(self._update_cell)
        state.choice_changed.connect(self.viewport().update)
        pictures.ready.connect(self._update_path)
        signals.changed.connect(self.viewport().update)

    # Layout

    def relayout(self) -> None:
        """The axes or the shown seed changed."""
        self.grid = GridLayout(self._state.axes, self._state.shown_seed, self.grid.cell)
        if self._fit_cells:
            self.grid.cell = self._fitting_cell()
        self._set_ranges()
        self.viewport().update()

    def fit(self) -> None:
        """Size the cells so that all are in sight, as long as they stay large enough to judge."""
        self._fit_cells = True
        self.relayout()
        self.zoom_changed.emit(self.grid.cell)

    def set_cell(self, size: int) -> None:
        """Show cells ``size`` pixels wide; what is in the middle stays there."""
        size = max(SMALLEST, min(LARGEST, size))
        old = max(1, self.grid.cell)
        middle = self._offset() + self._middle()
        self._fit_cells = False
        self.grid.cell = size
        self._set_ranges()
        scale = size / old
        self.horizontalScrollBar().setValue(round(middle.x() * scale - self._middle().x()))
        self.verticalScrollBar().setValue(round(middle.y() * scale - self._middle().y()))
        self.viewport().update()
        self.zoom_changed.emit(size)

    def step_zoom(self, direction: int) -> None:
        """One step larger (1) or smaller (-1)."""
        self.set_cell(round(self.grid.cell * (1.25 if direction > 0 else 0.8)))

    def _fitting_cell(self) -> int:
        columns = len(self.grid.columns)
        if not columns:
            return self.grid.cell
        rows, groups = len(self.grid.rows), len(self.grid.axes.prompts)
        port, head = self.viewport().size(), self.grid.head
        gaps = (columns - 1) * GAP + (groups - 1) * (GROUP_GAP - GAP)
        wide = (port.width() - head.width() - MARGIN - gaps) // columns
        high = (port.height() - head.height() - MARGIN - (rows - 1) * GAP) // rows
        return max(72, min(wide, max(96, high), 320))

    def _set_ranges(self) -> None:
        content, port = self.grid.content, self.viewport().size()
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setRange(0, max(0, content.width() - port.width()))
        down.setRange(0, max(0, content.height() - port.height()))
        across.setPageStep(max(1, port.width() - self.grid.head.width()))
        down.setPageStep(max(1, port.height() - self.grid.head.height()))
        across.setSingleStep(self.grid.cell + GAP)
        down.setSingleStep(self.grid.cell + GAP)

    def _offset(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _middle(self) -> QPoint:
        return self.viewport().rect().center()

    def cell_rect(self, key: CellKey) -> QRect:
        """Where ``key`` is on the viewport; empty while it is not in the grid."""
        place = self.grid.place(key)
        return self.grid.rect(*place).translated(-self._offset()) if place else QRect()

    def key_at(self, point: QPoint) -> CellKey | None:
        """The cell under ``point`` of the viewport; headers cover cells."""
        head = self.grid.head
        if point.x() < head.width() or point.y() < head.height():
            return None
        place = self.grid.at(point + self._offset())
        return self.grid.key(*place) if place else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells in sight, then the headers over them."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), color("g2"))
        if self.grid.rows and self.grid.columns:
            self._paint_cells(painter, event.rect())
            self._paint_row_headers(painter)
            self._paint_column_headers(painter)
            self._paint_corner(painter)
        painter.end()

    def _paint_cells(self, painter: QPainter, area: QRect) -> None:
        rows, columns = self.grid.visible(area.translated(self._offset()))
        for row in rows:
            for column in columns:
                rect = self.grid.rect(row, column).translated(-self._offset())
                self._paint_cell(painter, rect, self.grid.key(row, column))

    def _paint_cell(self, painter: QPainter, rect: QRect, key: CellKey) -> None:
        cell = self._state.cell(key)
        painter.fillRect(rect, color("tile"))
        if self._state.repeats_base(key):
            painter.setFont(fonts.font(11))
            painter.setPen(color("t3"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr("as Base"))
            self._paint_outline(painter, rect, key)
            return
        pixmap = self._pictures.get(cell.path, self.grid.cell) if cell and cell.path else None
        if pixmap is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(_fitted(rect, pixmap.size()), pixmap)
        if cell is not None and cell.problem:
            icons.paint(
                painter, "octagon-alert", rect.center().x() - 8, rect.center().y() - 8, 16, "err"
            )
        self._paint_outline(painter, rect, key)
        tried = key.checkpoint != "" and key.weight != 0
        if tried and cell is not None and cell.copying is not None and pixmap is not None:
            self._paint_flag(painter, rect, cell.copying)

    def _paint_outline(self, painter: QPainter, rect: QRect, key: CellKey) -> None:
        for letter, chosen, token in (
            ("B", self._state.second, "focus_alt"),
            ("A", self._state.first, "acc"),
        ):
            if chosen != key:
                continue
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color(token), 2))
            painter.drawRect(rect.adjusted(-1, -1, 1, 1))
            if self._state.second is not None:
                self._paint_letter(painter, rect, letter)

    def _paint_letter(self, painter: QPainter, rect: QRect, letter: str) -> None:
        box = QRect(rect.left() + 4, rect.bottom() - 21, 18, 18)
        painter.fillRect(box, color("badge"))
        painter.setFont(fonts.font(11, 600))
        painter.setPen(color("badge_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_flag(self, painter: QPainter, rect: QRect, copying: float) -> None:
        token = self._state.flag_of(copying)
        if not token or not self._state.mark_copying:
            return
        text = f"{copying:.2f}"
        painter.setFont(fonts.font(11, 500))
        width = QFontMetrics(painter.font()).horizontalAdvance(text) + 10
        box = QRect(rect.right() - width + 1, rect.top(), width, 16)
        painter.fillRect(box, color(token))
        painter.setPen(color("on_fill"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_row_headers(self, painter: QPainter) -> None:
        head = self.grid.head
        painter.fillRect(0, 0, head.width(), self.viewport().height(), color("g2"))
        offset = self._offset().y()
        for row, (checkpoint, seed) in enumerate(self.grid.rows):
            rect = self.grid.rect(row, 0)
            top = rect.top() - offset
            if top > self.viewport().height() or top + rect.height() < head.height():
                continue
            title, detail = self._state.row_label(checkpoint, seed)
            chosen = self._state.pick_checkpoint == checkpoint and checkpoint != ""
            middle = top + rect.height() // 2
            self._header_text(
                painter,
                QRect(MARGIN, middle - 16, ROW_HEADER - 6, 16),
                title,
                fonts.font(12, 600 if chosen else 400),
                "acc" if chosen else "t1",
            )
            self._header_text(
                painter, QRect(MARGIN, middle, ROW_HEADER - 6, 16), detail, fonts.font(11), "t3"
            )

    def _paint_column_headers(self, painter: QPainter) -> None:
        head, offset = self.grid.head, self._offset().x()
        painter.fillRect(0, 0, self.viewport().width(), head.height(), color("g2"))
        for index, prompt in enumerate(self.grid.axes.prompts):
            rect = self.grid.group_rect(index).translated(-offset, 0)
            self._paint_group(painter, rect, prompt)
        top = GROUP_HEADER
        for column, (_, weight) in enumerate(self.grid.columns):
            rect = self.grid.rect(0, column)
            box = QRect(rect.left() - offset, top, rect.width(), COLUMN_HEADER)
            chosen = self._state.pick_weight == weight
            painter.setFont(fonts.font(12, 600 if chosen else 400))
            painter.setPen(color("acc" if chosen else "t2"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{weight:g}")

    def _paint_group(self, painter: QPainter, rect: QRect, prompt: str) -> None:
        painter.setPen(QPen(color("line_stage"), 1))
        painter.drawLine(
            QPointF(rect.left(), rect.bottom() - 0.5), QPointF(rect.right(), rect.bottom() - 0.5)
        )
        tag = self._state.tag_of(prompt)
        painter.setFont(fonts.font(11))
        wide = painter.fontMetrics().horizontalAdvance(tag) + 12 if tag else 0
        shown = QFontMetrics(fonts.font(12, 500)).elidedText(
            prompt, Qt.TextElideMode.ElideRight, max(0, rect.width() - wide - 8)
        )
        painter.setFont(fonts.font(12, 500))
        painter.setPen(color("t1"))
        painter.drawText(rect, LEFT_TEXT, shown)
        if not tag:
            return
        x = rect.left() + painter.fontMetrics().horizontalAdvance(shown) + 8
        box = QRectF(x + 0.5, rect.center().y() - 8 + 0.5, wide, 17)
        painter.setFont(fonts.font(11))
        painter.setPen(QPen(color("line_hover"), 1))
        painter.drawRoundedRect(box, 2, 2)
        painter.setPen(color("t2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tag)

    def _paint_corner(self, painter: QPainter) -> None:
        head = self.grid.head
        painter.fillRect(0, 0, head.width(), head.height(), color("g2"))
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        painter.drawText(
            QRect(MARGIN, GROUP_HEADER, ROW_HEADER, COLUMN_HEADER), LEFT_TEXT, tr("Weight")
        )

    def _header_text(
        self, painter: QPainter, rect: QRect, text: str, font: QFont, token: str
    ) -> None:
        painter.setFont(font)
        painter.setPen(color(token))
        metrics = painter.fontMetrics()
        painter.drawText(
            rect, LEFT_TEXT, metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, rect.width())
        )

    # Change and input

    def _update_cell(self, key: CellKey) -> None:
        rect = self.cell_rect(key)
        if not rect.isEmpty():
            self.viewport().update(rect.adjusted(-2, -2, 2, 2))

    def _update_path(self, path: str) -> None:
        for key in self._state.keys_of(path):
            self._update_cell(key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the cells again unless the user has chosen their size."""
        self.relayout()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl zoom the cells."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_cell(round(self.grid.cell * 1.15 ** (event.angleDelta().y() / 120)))
            event.accept()
            return
        super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick A, or with Ctrl or Shift the one to compare it with."""
        key = self.key_at(event.position().toPoint())
        if key is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & _SECOND:
            self.compared.emit(key)
        else:
            self.picked.emit(key)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the cell large."""
        key = self.key_at(event.position().toPoint())
        if key is not None:
            self.opened.emit(key)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the cell under the pointer."""
        key = self.key_at(self.viewport().mapFromGlobal(event.globalPos()))
        if key is not None:
            self.menu_asked.emit(key, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move A, Enter opens it, B marks it for comparison, + and - zoom."""
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._go(*steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._state.first is not None:
            self.opened.emit(self._state.first)
        elif key == Qt.Key.Key_B and self._state.first is not None:
            self.compared.emit(self._state.first)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.step_zoom(1)
        elif key == Qt.Key.Key_Minus:
            self.step_zoom(-1)
        else:
            super().keyPressEvent(event)

    def _go(self, down: int, right: int) -> None:
        if not self.grid.rows or not self.grid.columns:
            return
        first = self._state.first
        place = self.grid.place(first) if first else None
        row, column = place if place else (-down if down > 0 else 0, -right if right > 0 else 0)
        row = min(len(self.grid.rows) - 1, max(0, row + down))
        column = min(len(self.grid.columns) - 1, max(0, column + right))
        key = self.grid.key(row, column)
        self.picked.emit(key)
        self.show_cell(key)

    def show_cell(self, key: CellKey) -> None:
        """Scroll so that ``key`` is in sight, not under a header."""
        place = self.grid.place(key)
        if place is None:
            return
        rect, head, port = self.grid.rect(*place), self.grid.head, self.viewport().size()
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(
            _scrolled(across.value(), rect.left(), rect.right(), head.width(), port.width())
        )
        down.setValue(
            _scrolled(down.value(), rect.top(), rect.bottom(), head.height(), port.height())
        )

    def sizeHint(self) -> QSize:
        """A few cells."""
        return QSize(600, 400)


def _scrolled(value: int, start: int, end: int, head: int, room: int) -> int:
    if start - value < head + GAP:
        return start - head - GAP
    if end - value > room - GAP:
        return end - room + GAP + 1
    return value


def _fitted(rect: QRect, size: QSize) -> QRect:
    """The largest rectangle of ``size``'s shape in the middle of ``rect``."""
    shown = size.scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
    fitted = QRect(QPoint(0, 0), shown)
    fitted.moveCenter(rect.center())
    return fitted
