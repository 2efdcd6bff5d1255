"""Why one of two look-alikes is proposed to be kept: only what is true of these two is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from app.i18n import tr
from engine.dataset.tags import tags_of
from engine.dataset.worth import BLURRED, is_lossless, is_outdone, is_sharper

if TYPE_CHECKING:
    from engine.dataset.cull_groups import Criterion
    from engine.dataset.picture import Picture

Why = Literal["picked", "captioned", "sharper", "larger", "lossless", ""]


def why(kept: Picture, other: Picture, criterion: Criterion) -> Why:
    """What speaks for ``kept``, what ``criterion`` asks for first; nothing where all is alike."""
    wins: dict[Why, bool] = {
        "sharper": is_sharper(kept, other) or is_outdone(other, kept, BLURRED),
        "larger": kept.width * kept.height > other.width * other.height,
        "lossless": is_lossless(kept) and not is_lossless(other),
        "captioned": len(tags_of(kept.caption)) > len(tags_of(other.caption)),
        "picked": kept.flag == "picked" != other.flag,
    }
    order: tuple[Why, ...] = ("picked", "sharper", "larger", "lossless", "captioned")
    return next((one for one in (criterion, *order) if wins[one]), "")


def kept_words(reason: Why) -> str:
    """The proposal with its reason."""
    words = {
        "picked": tr("Suggested: keep, you picked it"),
        "captioned": tr("Suggested: keep, it has more tags"),
        "sharper": tr("Suggested: keep, it is sharper"),
        "larger": tr("Suggested: keep, it is larger"),
        "lossless": tr("Suggested: keep, its file is lossless"),
    }
    return words[reason] if reason else tr("Suggested: keep")
