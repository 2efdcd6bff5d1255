"""The state of the Dataset workspace: what the library holds, what is shown, what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.dataset import counts
from app.dataset.counts import Order, Scope
from engine.dataset.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.session import Session
    from engine.dataset.library import Library, Picture
    from engine.dataset.suggestions import Suggestion


class DatasetState(QObject):
    """Pictures, suggestions, filter and selection. Views read it and react to its signals."""

    reloaded = Signal()
    shown_changed = Signal()
    selection_changed = Signal()
    baked_changed = Signal(bool)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.pictures: dict[int, Picture] = {}
        self.suggestions: list[Suggestion] = []
        self.shown: list[Picture] = []
        self.scope = Scope()
        self.words = ""
        self.order: Order = "name"
        self.baked = False
        self.loading = False
        self.can_undo = self.can_redo = False
        self._selected: tuple[int, ...] = ()
        self._version = 0
        session.project_changed.connect(self._project_changed)
        session.pictures_changed.connect(self._pictures_changed)
        if session.project is not None:
            self._project_changed(session.project)
            session.start(self.reload())

    # What is selected

    @property
    def selected(self) -> list[Picture]:
        """The selected pictures that still exist, in the order of the grid."""
        return [self.pictures[key] for key in self._selected if key in self.pictures]

    @property
    def current(self) -> Picture | None:
        """The picture the right column is about."""
        selected = self.selected
        return selected[-1] if selected else None

    def select(self, ids: Iterable[int]) -> None:
        """Make ``ids`` the selection; the last one is current."""
        chosen = tuple(ids)
        if chosen != self._selected:
            self._selected = chosen
            self.selection_changed.emit()

    # What is shown

    def set_scope(self, scope: Scope) -> None:
        """Show only the pictures of ``scope``."""
        if scope != self.scope:
            self.scope = scope
            self._show()

    def set_words(self, words: str) -> None:
        """Show only pictures whose name or caption holds ``words``."""
        if words != self.words:
            self.words = words
            self._show()

    def set_order(self, order: Order) -> None:
        """Sort the grid by ``order``."""
        if order != self.order:
            self.order = order
            self._show()

    def set_baked(self, baked: bool) -> None:
        """Show the pictures as trained (True) or as they are on disk."""
        if baked != self.baked:
            self.baked = baked
            self.baked_changed.emit(baked)

    @property
    def used(self) -> list[Picture]:
        """The pictures training would read."""
        return [picture for picture in self.pictures.values() if counts.is_used(picture)]

    def suggestions_of(self, picture: Picture) -> list[Suggestion]:
        """What was found about one picture; the keeper of a group of copies is included."""
        return [item for item in self.suggestions if item.picture_id == picture.id]

    # Reading the library

    async def reload(self) -> None:
        """Read everything again; an older answer that comes late is dropped."""
        self._version += 1
        version, library = self._version, self.session.library
        if library is None:
            self._take([], [])
            return
        found = await self.session.bridge.io(_read, library)
        if version == self._version:
            self.can_undo, self.can_redo = found.can_undo, found.can_redo
            self._take(found.pictures, found.suggestions)

    def _take(self, pictures: list[Picture], suggestions: list[Suggestion]) -> None:
        self.loading = False
        self.pictures = {picture.id: picture for picture in pictures}
        self.suggestions = suggestions
        self.reloaded.emit()
        self._show()
        self.selection_changed.emit()

    def _show(self) -> None:
        self.shown = counts.shown(
            self.pictures.values(), self.suggestions, self.scope, self.words, self.order
        )
        self.shown_changed.emit()

    def _project_changed(self, project: object) -> None:
        self.scope, self.words, self._selected = Scope(), "", ()
        self.loading = project is not None
        self._version += 1
        self._take_nothing()

    def _take_nothing(self) -> None:
        self.pictures, self.suggestions = {}, []
        self.reloaded.emit()
        self._show()
        self.selection_changed.emit()

    def _pictures_changed(self, _ids: object) -> None:
        self.session.start(self.reload())


class _Found(NamedTuple):
    pictures: list[Picture]
    suggestions: list[Suggestion]
    can_undo: bool
    can_redo: bool


def _read(library: Library) -> _Found:
    pictures = library.pictures()
    can_undo, can_redo = library.can_undo is not None, library.can_redo is not None
    # What was rejected is decided: it leaves the suggestions, so that their counts go down.
    undecided = [picture for picture in pictures if picture.flag != "rejected"]
    return _Found(pictures, suggest(undecided), can_undo, can_redo)
