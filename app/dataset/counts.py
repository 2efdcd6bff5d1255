"""What the left column counts, and which part of the project it can choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.dataset.library import Picture
    from engine.dataset.suggestions import Suggestion

ScopeKind = Literal["all", "picked", "rejected", "held-out", "category", "suggestion", "tag", "ids"]


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


def category_name(name: str) -> str:
    """What the window calls a category; pictures in none have the empty one."""
    return name or tr("No category")


def suggestion_counts(suggestions: Iterable[Suggestion]) -> dict[str, int]:
    """How many pictures the grid shows for each kind of suggestion, keepers of copies included."""
    flagged: dict[str, set[int]] = {}
    for item in suggestions:
        flagged.setdefault(item.kind, set()).add(item.picture_id)
    return {kind: len(ids) for kind, ids in flagged.items()}


def is_used(picture: Picture) -> bool:
    """Whether training would learn this picture; regularization pictures only accompany."""
    return picture.usable and not picture.is_reg
