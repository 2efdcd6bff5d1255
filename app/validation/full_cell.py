"""One cell over the whole stage: arrows go through the grid, marks decide, Esc goes back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, signals
from app.i18n.format import percent
from app.theme import metrics
from app.validation.cell_menu import MARKS
from app.validation.zoom_buttons import actual_size_button
from app.widgets.buttons import button, tool_button
from app.widgets.image_view import ImageView
from app.widgets.text import ElidedLabel, hairline, label

if TYPE_CHECKING:
    from app.validation.cell_pictures import CellPictures
    from app.validation.full_pictures import FullPictures
    from app.validation.model import GridState

_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class FullCell(QWidget):
    """Shows A. ``stepped`` carries rows down and columns right, ``marked`` a kind of mark."""

    closed = Signal()
    stepped = Signal(int, int)
    marked = Signal(str)
    nearest_asked = Signal()

    def __init__(self, state: GridState, cells: CellPictures, full: FullPictures) -> None:
        super().__init__()
        self._state, self._cells, self._full = state, cells, full
        self._path = ""
        self.picture = ImageView()
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.back = button("Back to grid", "arrow-left", "quiet", on=self.closed.emit)
        self.name = ElidedLabel(weight=600)
        self.nearest = button(
            "Nearest training picture", "columns-2", "quiet", on=self.nearest_asked.emit
        )
        self.zoom = label(tone="label")
        self.marks = {
            kind: tool_button(icon, words, partial(self.marked.emit, kind), True, shortcut=key)
            for kind, words, icon, key in MARKS
        }
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bind(self.setAccessibleName, "Cell in full view")
        self._build()
        self.picture.zoomed.connect(self._tell_zoom)
        state.choice_changed.connect(self.refresh)
        full.ready.connect(self.refresh)
        signals.changed.connect(self.refresh)

    def _build(self) -> None:
        bar = QWidget()
        bar.setProperty("surface", "panel")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.name, 1)
        row.addWidget(self.nearest)
        for made in self.marks.values():
            row.addWidget(made)
        row.addWidget(hairline("panel", vertical=True))
        view = self.picture
        row.addWidget(tool_button("zoom-out", "Zoom out", lambda: view.zoom_to(view.scale * 0.8)))
        row.addWidget(self.zoom)
        row.addWidget(tool_button("zoom-in", "Zoom in", lambda: view.zoom_to(view.scale * 1.25)))
        row.addWidget(actual_size_button(self.actual_size))
        row.addWidget(tool_button("maximize", "Fit the picture", view.fit, shortcut="Z"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(hairline("column"))
        column.addWidget(self.picture, 1)

    def actual_size(self) -> None:
        """One picture pixel on one screen pixel."""
        self.picture.zoom_to(1 / self.devicePixelRatioF())

    def _tell_zoom(self, scale: float) -> None:
        self.zoom.setText(percent(scale * self.devicePixelRatioF()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show A as it is now."""
        first = self._state.first
        if first is None or not self.isVisible():
            return
        cell = self._state.cell(first)
        self.name.setText(self._state.name_of(first))
        for kind, made in self.marks.items():
            made.setChecked(self._state.has_mark(kind, first))
            made.setEnabled(cell is not None and bool(cell.path))
        self.nearest.setVisible(cell is not None and bool(cell.nearest))
        path = cell.path if cell is not None else ""
        pixmap = self._full.get(path) if path else None
        stand_in = self._cells.kept(path) if path else None
        self.picture.set_image(pixmap if pixmap is not None else stand_in)
        self._path = path

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go on, Space and Esc go back, Z fits, 1 is 100 %."""
        key = Qt.Key(event.key())
        keys = {Qt.Key(getattr(Qt.Key, f"Key_{key}")): kind for kind, _, _, key in MARKS}
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.closed.emit()
        elif key in _MOVES:
            self.stepped.emit(*_MOVES[key])
        elif key in keys:
            self.marked.emit(keys[key])
        elif key == Qt.Key.Key_Z:
            self.picture.fit()
        elif key == Qt.Key.Key_1:
            self.actual_size()
        else:
            self.picture.keyPressEvent(event)
