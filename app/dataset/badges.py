"""The badges of cards, made when a card is drawn: what was found about a picture, its edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import tr
from app.i18n.format import number

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from app.dataset.model import DatasetState
    from app.widgets.roles import Badge
    from engine.dataset.library import Picture
    from engine.dataset.suggestions import Suggestion


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
            found = self._made[picture.id] = _badges(picture, told, self._state.snapshot.copies)
        return found


def _badges(
    picture: Picture, suggestions: Sequence[Suggestion], copies: Counter[int | None]
) -> list[Badge]:
    """Warnings with their number first, then facts."""
    found = [_badge(picture, item, copies) for item in suggestions]
    found += _edit_badges(picture)
    if picture.is_reg:
        found.append(("", tr("reg"), "fact"))
    if picture.held_out:
        found.append(("lock", "", "fact"))
    return [badge for badge in found if badge is not None]


_EDITS = {
    "crop": "crop",
    "turn": "rotate-cw",
    "straighten": "rotate-cw",
    "cutout": "scissors",
    "fill": "blend",
    "mask": "brush",
}
_TONES = "sliders-horizontal"


def _edit_badges(picture: Picture) -> list[Badge]:
    """The kind of its edits, as the editor's tools are marked; how many when they differ."""
    kinds = [_EDITS.get(step.kind, _TONES) for step in picture.recipe.steps if step.on]
    if not kinds:
        return []
    if len(set(kinds)) == 1:
        return [(kinds[0], "", "fact")]
    return [(_TONES, number(len(kinds)), "fact")]


def _badge(picture: Picture, item: Suggestion, copies: Counter[int | None]) -> Badge | None:
    if item.kind == "blurred":
        return ("triangle-alert", tr("Blurred {value}", value=f"{item.value:.2f}"), "warn")
    if item.kind == "too-small":
        return ("triangle-alert", f"{number(min(picture.width, picture.height))} px", "warn")
    if item.kind == "unusual-shape":
        return ("square-round-corner", f"{item.value:.1f} : 1", "warn")
    if item.kind == "different":
        return ("scan-eye", f"{item.value:.2f}", "warn")
    if item.kind == "hidden-color":
        return ("layers-2", "", "fact")
    if item.kind == "no-caption":
        return ("text-cursor", tr("No caption"), "warn")
    if item.kind == "duplicate":
        return ("copy", number(copies[item.group]), "fact")
    return None
