"""The live grid: only cells in sight are painted; headers stay while cells scroll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.i18n import bind, signals
from app.validation.grid_painter import GridPainter
from app.validation.layout import (
    GAP,
    GROUP_GAP,
    MARGIN,
    CellKey,
    GridLayout,
)

if TYPE_CHECKING:
    from app.validation.model import GridState
    from app.widgets.thumbnails import ThumbnailCache

SMALLEST, LARGEST = 40, 512
_SECOND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class GridView(QAbstractScrollArea):
    """Cells of a validation grid. A click picks A, Ctrl or Shift with it B; arrows move A."""

    picked = Signal(object)  # CellKey
    compared = Signal(object)  # CellKey
    opened = Signal(object)  # CellKey

    def __init__(
        self, state: GridState, pictures: ThumbnailCache, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._painter = GridPainter(state, pictures)
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

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells in sight, then the headers over them."""
        painter = QPainter(self.viewport())
        port = self.viewport().size()
        self._painter.paint(painter, event.rect(), self.grid, self._offset(), port)
        painter.end()

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
