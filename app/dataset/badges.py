"""The badges of cards outside the grid: the same marks, made when a card is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dataset.picture_model import badges

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.widgets.roles import Badge
    from engine.dataset.library import Picture


class Badges:
    """What the cards of pictures tell beside their names; made once, until :meth:`forget`."""

    def __init__(self, state: DatasetState) -> None:
        self._state = state
        self._made: dict[int, list[Badge]] = {}
        self._hide_bare = False

    def forget(self) -> None:
        """The library, what was found about it, or the language has changed."""
        self._made.clear()
        bare = sum(item.kind == "no-caption" for item in self._state.suggestions)
        # A mark on most cards tells nothing: then the list at the left says it once.
        self._hide_bare = bare * 2 > len(self._state.pictures)

    def of(self, picture: Picture) -> list[Badge]:
        """The badges of one picture, warnings first."""
        found = self._made.get(picture.id)
        if found is None:
            told = self._state.suggestions_of(picture)
            if self._hide_bare:
                told = [item for item in told if item.kind != "no-caption"]
            found = self._made[picture.id] = badges(picture, told, self._state.snapshot.copies)
        return found
