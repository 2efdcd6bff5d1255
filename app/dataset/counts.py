"""What the left column counts and what the grid shows: plain functions over lists of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.dataset.query import matches
from engine.dataset.tags import counts, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.dataset.library import Picture
    from engine.dataset.suggestions import Suggestion

ScopeKind = Literal["all", "picked", "rejected", "held-out", "category", "suggestion", "tag", "ids"]
Order = Literal["name", "stars", "size", "sharpness"]


@dataclass(frozen=True)
class Scope:
    """Which part of the project the grid shows; ``value`` names the category, kind or tag, and
    ``ids`` the pictures of a warning.
    """

    kind: ScopeKind = "all"
    value: str = ""
    ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Category:
    """A group of pictures with the repeats its pictures share (0 when they differ)."""

    name: str
    repeats: int
    count: int


def category_of(picture: Picture) -> str:
    """The category of a picture, or the name of the folder it lies in."""
    return picture.category or picture.path.parent.name


def categories(pictures: Iterable[Picture]) -> list[Category]:
    """Categories by falling count, then by name."""
    groups: dict[str, list[int]] = {}
    for picture in pictures:
        groups.setdefault(category_of(picture), []).append(picture.repeats)
    found = [
        Category(name, repeats[0] if len(set(repeats)) == 1 else 0, len(repeats))
        for name, repeats in groups.items()
    ]
    return sorted(found, key=lambda item: (-item.count, item.name))


def tag_counts(pictures: Iterable[Picture]) -> list[tuple[str, int]]:
    """How many captions hold each tag, most frequent first."""
    return counts(picture.caption for picture in pictures)


def suggestion_counts(suggestions: Iterable[Suggestion]) -> dict[str, int]:
    """How many pictures the grid shows for each kind of suggestion, keepers of copies included."""
    flagged: dict[str, set[int]] = {}
    for item in suggestions:
        flagged.setdefault(item.kind, set()).add(item.picture_id)
    return {kind: len(ids) for kind, ids in flagged.items()}


def is_used(picture: Picture) -> bool:
    """Whether training would learn this picture; regularization pictures only accompany."""
    return picture.usable and not picture.is_reg


def in_scope(scope: Scope, suggestions: Sequence[Suggestion]) -> Callable[[Picture], bool]:
    """The test that tells whether a picture belongs to ``scope``."""
    if scope.kind == "suggestion":
        # A duplicate is judged beside the picture it copies, so the keeper is shown too.
        ids = {item.picture_id for item in suggestions if item.kind == scope.value}
        return lambda picture: picture.id in ids
    tests: dict[str, Callable[[Picture], bool]] = {
        "all": lambda picture: True,
        "ids": lambda picture: picture.id in scope.ids,
        "picked": lambda picture: picture.flag == "picked",
        "rejected": lambda picture: picture.flag == "rejected",
        "held-out": lambda picture: picture.held_out,
        "category": lambda picture: category_of(picture) == scope.value,
        "tag": lambda picture: scope.value in tags_of(picture.caption),
    }
    return tests[scope.kind]


def shown(
    pictures: Iterable[Picture],
    suggestions: Sequence[Suggestion],
    scope: Scope,
    words: str,
    order: Order,
) -> list[Picture]:
    """The pictures of the grid, filtered and sorted; copies of one picture stand together."""
    belongs = in_scope(scope, suggestions)
    found = [picture for picture in pictures if belongs(picture) and matches(picture, words)]
    found.sort(key=lambda picture: picture.name.casefold())
    if scope == Scope("suggestion", "duplicate"):
        groups = {item.picture_id: item.group for item in suggestions if item.kind == "duplicate"}
        found.sort(key=lambda picture: groups.get(picture.id) or 0)
    elif order == "stars":
        found.sort(key=lambda picture: -picture.stars)
    elif order == "size":
        found.sort(key=lambda picture: -picture.width * picture.height)
    elif order == "sharpness":
        found.sort(key=lambda picture: 0.0 if picture.sharpness is None else picture.sharpness)
    return found
