"""The categories of a project side by side: pictures are dragged from one column to another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.dataset.badges import Badges
from app.dataset.board_column import BoardColumn
from app.dataset.board_model import columns
from app.i18n import bind
from app.i18n import signals as language_signals
from app.shell.menus import Menu
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.entries import TextField
from app.widgets.text import hairline, label
from engine.dataset.edits import Fill

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from app.dataset.transfer_intake import Intake
    from app.widgets.thumbnails import ThumbnailCache


class BoardPage(QWidget):
    """``closed`` asks for the grid. Only while it is seen does it follow the library. ``outside``
    takes what is dropped on a column from other programs.
    """

    closed = Signal()

    def __init__(
        self, state: DatasetState, operations: Operations, thumbnails: ThumbnailCache
    ) -> None:
        super().__init__()
        self.state = state
        self.operations = operations
        self.thumbnails = thumbnails
        self.badges = Badges(state)
        self.columns: dict[str, BoardColumn] = {}
        self.outside: Intake | None = None
        self.new_name = TextField("New category")
        self._build()
        self.new_name.returnPressed.connect(self.add)
        state.reloaded.connect(self._follow)
        state.session.project_changed.connect(self._clear)
        language_signals.changed.connect(self._follow)

    def _build(self) -> None:
        self.setProperty("surface", "stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar = QWidget()
        bar.setProperty("surface", "panel")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(metrics.TOOLBAR)
        top = QHBoxLayout(bar)
        top.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        top.setSpacing(metrics.GAP)
        self.back = button("Back to grid", "arrow-left", "quiet", on=self.closed.emit)
        top.addWidget(self.back)
        top.addWidget(label("Categories", weight=600))
        top.addWidget(label("Drag pictures from one column to another.", tone="quiet"))
        top.addStretch(1)
        self.new_name.setFixedWidth(180)
        top.addWidget(self.new_name)
        self.add_button = button("Add a column", "plus", on=self.add)
        top.addWidget(self.add_button)
        inner = QWidget()
        inner.setProperty("surface", "none")
        self._row = QHBoxLayout(inner)
        self._row.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.PAD)
        self._row.setSpacing(metrics.GAP)
        self._row.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.viewport().setAutoFillBackground(False)
        self.area.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (bar, hairline("column")):
            column.addWidget(widget)
        column.addWidget(self.area, 1)
        bind(self.new_name.setAccessibleName, "New category")

    def showEvent(self, event: QShowEvent) -> None:
        self.refresh()

    def _follow(self) -> None:
        if self.isVisible():
            self.refresh()

    def _clear(self, _project: object) -> None:
        for name in list(self.columns):
            self._drop(name)

    def refresh(self) -> None:
        """Show the columns of the project with their pictures."""
        project = self.state.session.project
        if project is None:
            return
        self.badges.forget()
        found = columns(project.file, self.state.pictures.values())
        for name in [name for name in self.columns if name not in found]:
            self._drop(name)
        fills = (project.file.fill, *project.file.category_fills.values())
        colors = [fill.color for fill in fills if fill.kind == "color"]
        for place, (name, pictures) in enumerate(found.items()):
            column = self.columns.get(name) or self._make(name)
            if self._row.indexOf(column) != place:
                self._row.removeWidget(column)
                self._row.insertWidget(place, column)
            repeats = project.file.category_repeats.get(name)
            usual = pictures[0].repeats if pictures else 1
            fill = project.file.fill_of(name)
            column.show_pictures(pictures, repeats or usual, fill, colors)

    def _make(self, name: str) -> BoardColumn:
        column = self.columns[name] = BoardColumn(name, self.thumbnails, self.badges, self.outside)
        column.pictures_dropped.connect(self.move_pictures)
        column.column_dropped.connect(self.put_before)
        column.renamed.connect(self.rename)
        column.repeats_chosen.connect(self.repeat)
        column.color_chosen.connect(self.fill)
        column.menu_asked.connect(self._menu)
        return column

    def _drop(self, name: str) -> None:
        column = self.columns.pop(name)
        self._row.removeWidget(column)
        column.hide()
        column.deleteLater()

    def _menu(self, name: str) -> None:
        menu = Menu(self)
        column = self.columns[name]
        menu.add("Rename", column.rename, "pencil")
        menu.add("Move left", lambda: self.shift(name, -1), "arrow-left")
        menu.add("Move right", lambda: self.shift(name, 1), "arrow-right")
        menu.add("Follow the project's fill", lambda: self.fill(name, ""), "paint-bucket")
        menu.line().title("Merge into")
        for other in self.names():
            if other != name:
                menu.add(other, partial(self.rename, name, other), "merge", plain=True)
        menu.line().add("Delete the category", lambda: self.delete(name), "trash-2")
        menu.below(column.more, right=True)

    # What a user can do

    def names(self) -> list[str]:
        """The categories in the order of their columns."""
        found = {self._row.indexOf(column): name for name, column in self.columns.items() if name}
        return [found[place] for place in sorted(found)]

    def add(self) -> None:
        """Make the column that is typed."""
        name = self.new_name.value.strip()
        if name and name not in self.columns:
            self.new_name.set_value("")
            self._arrange([*self.names(), name])
        self.new_name.setFocus()

    def move_pictures(self, name: str, ids: list[int]) -> None:
        """Put pictures into a category; they leave the one they were in."""
        ids = [key for key in ids if self._category_of(key) != name]
        if ids:
            self.operations.change(
                lambda library: library.set_category(ids, name),
                "Moved {n} picture to {name}." if name else "Took {n} picture out.",
                many="Moved {n} pictures to {name}." if name else "Took {n} pictures out.",
                n=len(ids),
                name=name,
            )

    def rename(self, old: str, new: str) -> None:
        """Give a category another name; into one that is there the two are merged."""
        self.operations.change(lambda library: library.rename_category(old, new))

    def delete(self, name: str) -> None:
        """Take a category away; its pictures stay, in none."""
        self.operations.change(
            lambda library: library.delete_category(name), "Deleted the category {name}.", name=name
        )

    def repeat(self, name: str, repeats: int) -> None:
        """Learn the pictures of a category so often in an epoch."""
        self.operations.change(lambda library: library.set_category_repeats(name, repeats))

    def fill(self, name: str, color: str) -> None:
        """Put a color behind the transparent pictures of a category; none follows the project."""
        fill = Fill(kind="color", color=color) if color else None
        self.operations.change(lambda library: library.set_category_fill(name, fill))

    def put_before(self, name: str, other: str) -> None:
        """Put a column where another stands."""
        names = self.names()
        place = names.index(other) if other in names else 0
        names.remove(name)
        names.insert(place, name)
        self._arrange(names)

    def shift(self, name: str, by: int) -> None:
        """Move a column to the left or right."""
        names = self.names()
        place = names.index(name) + by
        names.remove(name)
        names.insert(max(0, place), name)
        self._arrange(names)

    def _arrange(self, names: list[str]) -> None:
        self.operations.change(lambda library: library.set_categories(names))

    def _category_of(self, key: int) -> str | None:
        picture = self.state.pictures.get(key)
        return picture.category if picture is not None else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
