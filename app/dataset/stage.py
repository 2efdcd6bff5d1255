"""The middle: the filter bar and the grid of pictures, with the keys of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QStackedWidget, QVBoxLayout, QWidget

from app.dataset.category_menu import CategoryMenu
from app.dataset.counts import Scope
from app.dataset.filter_bar import FilterBar
from app.dataset.picture_model import PictureModel
from app.i18n import bind
from app.widgets.buttons import button
from app.widgets.picture_grid import PictureGrid
from app.widgets.states import EmptyState
from app.widgets.text import hairline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.widgets.thumbnails import ThumbnailCache


class Stage(QWidget):
    """Bar and grid. ``edit_asked`` opens the crop editor, ``view_asked`` the full view."""

    edit_asked = Signal()
    view_asked = Signal()

    def __init__(
        self, state: DatasetState, operations: Operations, thumbnails: ThumbnailCache
    ) -> None:
        super().__init__()
        self.state = state
        self.operations = operations
        self.model = PictureModel(state)
        self.grid = DatasetGrid(thumbnails)
        self.grid.setModel(self.model)
        self.bar = FilterBar(state, operations)
        self.categories = CategoryMenu(state, operations, self)
        self.nothing = EmptyState(
            "search",
            "No picture matches",
            "Change the filter above, or choose All pictures at the left.",
            button("Show all pictures", on=self.show_all),
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.grid)
        self.pages.addWidget(self.nothing)
        self._kept: list[int] = []
        self._top = self._row = 0
        self._restoring = False
        self._wanted = 0
        self._view: object = None
        self._build()
        state.shown_changed.connect(self._shown_changed)
        self.model.modelAboutToBeReset.connect(self._remember)
        self.model.modelReset.connect(self._restore)
        self.grid.selectionModel().selectionChanged.connect(self._selected)
        self.grid.selectionModel().currentChanged.connect(self._selected)
        self.grid.key_pressed = self._key
        self.grid.verticalScrollBar().valueChanged.connect(state.session.calm.stir)
        thumbnails.ready.connect(state.session.calm.stir)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.doubleClicked.connect(lambda _: self.edit_asked.emit())
        self.bar.tile.moved.connect(lambda value: self.grid.set_tile_width(round(value)))
        self.bar.words.left.connect(self.grid.setFocus)
        self.grid.tile_width_changed.connect(self._tile_changed)
        self.grid.set_tile_width(state.session.settings.tile_size)
        self._shown_changed()

    def _build(self) -> None:
        self.setProperty("surface", "stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(hairline("column"))
        column.addWidget(self.pages, 1)
        bind(self.grid.setAccessibleName, "Pictures")

    def show_all(self) -> None:
        """Drop every filter."""
        self.state.set_words("")
        self.state.set_scope(Scope())

    def choose(self, picture_id: int) -> None:
        """Select one picture and bring it into view."""
        row = self.model.row_of(picture_id)
        if row < 0:
            self._wanted = picture_id  # the library is still being read
            return
        self._wanted = 0
        index = self.model.index(row)
        self.grid.setCurrentIndex(index)
        self.grid.scrollTo(index)

    def step(self, by: int) -> None:
        """Make a neighbor of the current picture current."""
        row = self.grid.currentIndex().row() + by
        if 0 <= row < self.model.rowCount():
            self.grid.setCurrentIndex(self.model.index(row))

    def ask_category(self) -> None:
        """Offer categories for the selection, beside the current picture."""
        if self.state.selected:
            box = self.grid.visualRect(self.grid.currentIndex())
            spot = box.center() if self.grid.viewport().rect().intersects(box) else box.topLeft()
            self.categories.open_at(self.grid.viewport().mapToGlobal(spot))

    def _key(self, event: QKeyEvent) -> bool:
        """Stage keys: they work only while the grid has focus."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        key, selected = event.key(), self.state.selected
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_asked.emit()
        elif key == Qt.Key.Key_Space:
            self.view_asked.emit()
        elif key == Qt.Key.Key_F:
            self.bar.words.setFocus()
        elif not selected:
            return False
        elif key == Qt.Key.Key_C:
            self.ask_category()
        elif Qt.Key.Key_0 <= key <= Qt.Key.Key_5:
            self.operations.rate(selected, key - int(Qt.Key.Key_0))
        elif key == Qt.Key.Key_H:
            self.operations.hold_out(selected)
        elif key in _FLAGS:
            self.operations.flag(selected, _FLAGS[Qt.Key(key)])
        else:
            return False
        return True

    def _shown_changed(self) -> None:
        found = bool(self.state.shown) or not self.state.pictures
        self.pages.setCurrentWidget(self.grid if found else self.nothing)
        self.bar.tell(len(self.state.shown), len(self.state.pictures))
        self._view = (self.state.scope, self.state.words)

    def _selected(self, *_: object) -> None:
        if self._restoring:
            return
        rows: list[int] = []
        selection = self.grid.selectionModel().selection()
        for number in range(selection.count()):
            part = selection.at(number)
            rows.extend(range(part.top(), part.bottom() + 1))
        current = self.grid.currentIndex().row()
        if current in rows:
            rows.remove(current)
            rows.sort()
            rows.append(current)
        self.state.select(self.model.ids_at(rows))

    def _remember(self) -> None:
        self._kept = [picture.id for picture in self.state.selected]
        self._row = self.grid.currentIndex().row()
        seen = self.grid.rows_in(self.grid.viewport().rect())
        scrolled = self.grid.verticalScrollBar().value() > 0
        self._top = self.model.ids_at(seen[:1])[0] if scrolled and len(seen) else 0

    def _restore(self) -> None:
        """After the rows changed: the same pictures are selected, and in view.

        When an edit took the selected ones out of sight, the one that has their place is next.
        """
        view = (self.state.scope, self.state.words)
        rows = sorted(row for row in map(self.model.row_of, self._kept) if row >= 0)
        if self._kept and not rows and view == self._view and self.model.rowCount():
            rows = [max(0, min(self._row, self.model.rowCount() - 1))]
        self._restoring = True
        selection = self.grid.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        selection.select(self._span(rows), flags.ClearAndSelect)
        last = self.model.row_of(self._kept[-1]) if self._kept else -1
        if rows:
            current = self.model.index(last if last >= 0 else rows[-1])
            selection.setCurrentIndex(current, flags.NoUpdate)
        self._restoring = False
        top = self.model.row_of(self._top) if self._top else -1
        if top >= 0:
            index = self.model.index(top)
            self.grid.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)
        self._selected()
        if self._wanted:
            self.choose(self._wanted)

    def _span(self, rows: Iterable[int]) -> QItemSelection:
        """Runs of rows as ranges: thousands of single ones would take long."""
        chosen, first, last = QItemSelection(), -1, -2
        for row in (*rows, -1):
            if row != last + 1:
                if first >= 0:
                    chosen.select(self.model.index(first), self.model.index(last))
                first = row
            last = row
        return chosen

    def _tile_changed(self, width: int) -> None:
        self.bar.tile.value = float(width)
        self.bar.tile.update()
        if width != self.state.session.settings.tile_size:
            self.bar.remember_tile(width)


_FLAGS = {Qt.Key.Key_P: "picked", Qt.Key.Key_X: "rejected", Qt.Key.Key_U: ""}


class DatasetGrid(PictureGrid):
    """The grid with the keys of the stage."""

    ground = "g2"

    def __init__(self, thumbnails: ThumbnailCache) -> None:
        super().__init__(thumbnails)
        self.key_pressed: Callable[[QKeyEvent], bool] = _nothing
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.key_pressed(event):
            self.keyboard = True
            event.accept()
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands here, not a search by first letter."""


def _nothing(_: QKeyEvent) -> bool:
    return False
