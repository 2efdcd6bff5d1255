"""The middle: filter words, order, source or as trained, tile size, and the grid of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.dataset.counts import Scope
from app.dataset.picture_model import PictureModel
from app.i18n import bind
from app.i18n.format import number
from app.theme import icons, metrics
from app.widgets.buttons import button
from app.widgets.fields import Choice, TextField
from app.widgets.picture_grid import TILE_RANGE, PictureGrid
from app.widgets.segments import Segments
from app.widgets.slider import Track
from app.widgets.states import EmptyState
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.widgets.thumbnails import ThumbnailCache

typing_pause = 120
"""Milliseconds after the last key before the grid is filtered."""


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
        self.bar = FilterBar(state)
        self.nothing = EmptyState(
            "search",
            "No picture matches",
            "Change the words above, or choose All pictures at the left.",
            button("Show all pictures", on=self.show_all),
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.grid)
        self.pages.addWidget(self.nothing)
        self._kept: list[int] = []
        self._wanted = 0
        self._build()
        state.shown_changed.connect(self._shown_changed)
        self.model.modelAboutToBeReset.connect(self._remember)
        self.model.modelReset.connect(self._restore)
        self.grid.selectionModel().selectionChanged.connect(self._selected)
        self.grid.selectionModel().currentChanged.connect(self._selected)
        self.grid.key_pressed = self._key
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.doubleClicked.connect(lambda _: self.edit_asked.emit())
        self.bar.tile.moved.connect(lambda value: self.grid.set_tile_width(round(value)))
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
        self.bar.words.set_value("")
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

    def _key(self, event: QKeyEvent) -> bool:
        """Stage keys: they work only while the grid has focus."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        key, selected = event.key(), self.state.selected
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_C):
            self.edit_asked.emit()
        elif key == Qt.Key.Key_Space:
            self.view_asked.emit()
        elif not selected:
            return False
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_5:
            self.operations.rate(selected, key - int(Qt.Key.Key_0))
        elif key == Qt.Key.Key_P:
            self.operations.flag(selected, "picked")
        elif key == Qt.Key.Key_X:
            self.operations.flag(selected, "rejected")
        elif key == Qt.Key.Key_H:
            self.operations.hold_out(selected)
        else:
            return False
        return True

    def _shown_changed(self) -> None:
        found = bool(self.state.shown) or not self.state.pictures
        self.pages.setCurrentWidget(self.grid if found else self.nothing)
        self.bar.tell(len(self.state.shown), len(self.state.pictures))

    def _selected(self, *_: object) -> None:
        rows = {index.row() for index in self.grid.selectionModel().selectedIndexes()}
        current = self.grid.currentIndex().row()
        ids = [self.model.picture(self.model.index(row)).id for row in sorted(rows - {current})]
        if current in rows:
            ids.append(self.model.picture(self.model.index(current)).id)
        self.state.select(ids)

    def _remember(self) -> None:
        self._kept = [picture.id for picture in self.state.selected]

    def _restore(self) -> None:
        rows = [row for row in map(self.model.row_of, self._kept) if row >= 0]
        selection = self.grid.selectionModel()
        for row in rows:
            selection.select(self.model.index(row), QItemSelectionModel.SelectionFlag.Select)
        if rows:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            selection.setCurrentIndex(self.model.index(rows[-1]), flag)
        self._selected()
        if self._wanted:
            self.choose(self._wanted)

    def _tile_changed(self, width: int) -> None:
        self.bar.tile.value = float(width)
        self.bar.tile.update()
        if width != self.state.session.settings.tile_size:
            self.bar.remember_tile(width)


class FilterBar(QWidget):
    """Forty pixels above the grid."""

    def __init__(self, state: DatasetState) -> None:
        super().__init__()
        self.state = state
        self.words = TextField("Filter by name or caption")
        self.words.setClearButtonEnabled(True)
        self.words.addAction(
            icons.icon("list-filter", 14), TextField.ActionPosition.LeadingPosition
        )
        self.count = label(tone="quiet")
        self._count_text = bind(self.count.setText, "")
        self.order = Choice(
            [
                ("name", "Name"),
                ("stars", "Rating"),
                ("size", "Size"),
                ("sharpness", "Sharpness"),
            ]
        )
        self.seen = Segments([(False, "Source"), (True, "As trained")])
        self.tile = Track(*TILE_RANGE, 8, ())
        self.tile.setFixedWidth(92)
        self._tile = TILE_RANGE[0]
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(typing_pause)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(600)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        self.words.setMinimumWidth(120)
        self.words.setMaximumWidth(380)
        row.addWidget(self.words, 1)
        row.addWidget(self.count)
        row.addStretch(1)
        for widget in (self.order, self.seen, self.tile):
            row.addWidget(widget)
        bind(self.words.setAccessibleName, "Filter by name or caption")
        bind(self.order.setAccessibleName, "Order")
        bind(self.seen.setAccessibleName, "Pictures as")
        bind(self.tile.setAccessibleName, "Tile size")
        bind(self.tile.setToolTip, "Tile size")

    def _connect(self) -> None:
        self.words.textChanged.connect(lambda _: self._typing.start())
        self._typing.timeout.connect(lambda: self.state.set_words(self.words.text().strip()))
        self.order.changed.connect(self.state.set_order)
        self.seen.changed.connect(self.state.set_baked)
        self._settling.timeout.connect(self._store_tile)

    def tell(self, shown: int, total: int) -> None:
        """Say how many pictures are shown."""
        if shown == total:
            self._count_text.say("{n} picture", "{n} pictures", n=number(total))
        else:
            self._count_text.say("{shown} of {total}", shown=number(shown), total=number(total))
        self.order.set_value(self.state.order)
        self.seen.set_value(self.state.baked)
        if self.words.text().strip() != self.state.words and not self._typing.isActive():
            self.words.set_value(self.state.words)

    def remember_tile(self, width: int) -> None:
        """Store the tile size once it stays for a moment."""
        self._tile = width
        self._settling.start()

    def _store_tile(self) -> None:
        self.state.session.change_settings(tile_size=self._tile)


class DatasetGrid(PictureGrid):
    """The grid with the keys of the stage."""

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
