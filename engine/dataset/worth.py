"""Which of several copies is worth keeping: pixels and format weigh before sharpness.

Sharpness is measured at a picture's own size, and a picture that is reduced measures sharper
without showing more. So it is compared at a common size: reducing a picture ``k`` times makes it
at most ``k`` times as sharp, while enlarging it takes more than that away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.imaging.quality import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.dataset.picture import Picture

LOSSLESS = {".png", ".bmp", ".tif", ".tiff"}
SHARPER = 0.05
"""By how much one picture must be sharper than another for anybody to see it."""
RESAMPLED = 1.5
"""How many times as sharp a copy measures, at most, only because its pixels were made anew: by
another filter, or by a lossy file.
"""
BLURRED = 2.5
"""How many times as sharp a copy is beside which a picture is blurred."""
_SAME_SIZE = 0.01


def is_lossless(picture: Picture) -> bool:
    """Whether its file keeps every pixel as it was."""
    return picture.path.suffix.lower() in LOSSLESS


def is_outdone(picture: Picture, other: Picture, times: float) -> bool:
    """Whether ``other`` is more than ``times`` as sharp as ``picture`` at a common size."""
    own, its = picture.sharpness or 0.0, other.sharpness or 0.0
    return its > own * max(times, _side(picture) / max(1, _side(other)))


def is_sharper(picture: Picture, other: Picture) -> bool:
    """Whether ``picture`` shows more detail than ``other``, and not only other pixels."""
    if (picture.sharpness or 0.0) <= (other.sharpness or 0.0) + SHARPER:
        return False
    return _is_comparable(picture, other) or is_outdone(other, picture, RESAMPLED)


def clear_ones(pictures: Iterable[Picture]) -> list[Picture]:
    """Those that are not blurred beside the others."""
    pictures = list(pictures)
    # Of each size the sharpest is enough: a group may hold thousands, of a few sizes.
    sharpest: dict[int, Picture] = {}
    for picture in pictures:
        best = sharpest.setdefault(_side(picture), picture)
        if (picture.sharpness or 0.0) > (best.sharpness or 0.0):
            sharpest[_side(picture)] = picture
    return [
        picture
        for picture in pictures
        if not any(is_outdone(picture, other, BLURRED) for other in sharpest.values())
    ]


def by_worth(pictures: Sequence[Picture]) -> list[Picture]:
    """The one to keep first: what the user picked, then what is not blurred, then by worth."""
    clear = {picture.id for picture in clear_ones(pictures)}

    def key(picture: Picture) -> tuple[Any, ...]:
        return picture.flag == "picked", picture.id in clear, worth(picture)

    return sorted(pictures, key=key, reverse=True)


def worth(picture: Picture) -> tuple[int, bool, bool, float, int]:
    """What makes one of several copies the one to keep, most important first."""
    return (
        picture.width * picture.height,
        is_lossless(picture),
        bool(picture.caption.strip()),
        round(picture.sharpness or 0.0, 2),
        -len(picture.name),
    )


def _is_comparable(picture: Picture, other: Picture) -> bool:
    """Whether both are measured at one size, and a lossy one not against a lossless one."""
    sides = sorted((max(picture.width, picture.height), max(other.width, other.height)))
    same = sides[1] - sides[0] <= _SAME_SIZE * sides[1]
    return same and (is_lossless(picture) or not is_lossless(other))


def _side(picture: Picture) -> int:
    """The longest side at which sharpness was measured. Of a cut-out only the visible part is
    measured, which may have been reduced less: its whole side is the most it can be.
    """
    longest = max(picture.width, picture.height)
    return longest if picture.has_alpha else min(longest, LONGEST)
