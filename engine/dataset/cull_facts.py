"""What is compared between pictures that look the same, and which value is the better one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.dataset.column_readers import file_type
from engine.dataset.tags import tags_of
from engine.dataset.worth import is_lossless, is_sharper
from engine.imaging.descriptor import HIDDEN_COLOR, NO_EDGE, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.dataset.cull_groups import Group
    from engine.dataset.picture import Picture

Aspect = Literal["size", "sharpness", "file", "soft edge", "caption"]

WIDE_EDGE = 0.015
"""Soft edges beyond this share of the longest side are wide: halos, not anti-aliasing."""


@dataclass(frozen=True)
class Facts:
    """One picture of a group. ``soft_edge`` is a share of the longest side, None without
    transparency; ``better`` names what no other picture of the group is as good in.
    """

    id: int
    width: int
    height: int
    sharpness: float | None
    file_type: str
    bytes: int
    soft_edge: float | None
    hidden_color: bool
    tags: int
    better: frozenset[Aspect] = frozenset()

    def plain(self) -> dict[str, Any]:
        """As JSON takes it, without the id."""
        kept = {name: value for name, value in vars(self).items() if name != "id"}
        return {**kept, "better": sorted(self.better)}


def facts(group: Group) -> list[Facts]:
    """The facts of all pictures of ``group`` in its order. A value is better only where the best
    differs enough from the worst to be seen.
    """
    plain = [_facts(picture) for picture in group.pictures]
    better = {aspect: _best(plain, aspect) for aspect in _JUDGED}
    better["sharpness"] = _sharpest(group)
    lossless = [is_lossless(picture) for picture in group.pictures]
    return [
        Facts(
            **{
                **vars(one),
                "better": frozenset(
                    [aspect for aspect, ids in better.items() if one.id in ids]
                    + (["file"] if kept and not all(lossless) else [])
                ),
            }
        )
        for one, kept in zip(plain, lossless, strict=True)
    ]


def _facts(picture: Picture) -> Facts:
    records, known = unpack([picture.descriptor])
    edge = int(records["soft_edge"][0])
    return Facts(
        picture.id,
        picture.width,
        picture.height,
        picture.sharpness,
        file_type(picture.path.suffix),
        picture.bytes,
        edge / (NO_EDGE - 1) if known[0] and edge != NO_EDGE else None,
        bool(records["flags"][0] & HIDDEN_COLOR),
        len(tags_of(picture.caption)),
    )


# How good a value is, more being better, and by how much the best must lead the worst.
_JUDGED: dict[Aspect, tuple[Callable[[Facts], float | None], float]] = {
    "size": (lambda f: float(f.width * f.height), 1.0),
    "soft edge": (lambda f: None if f.soft_edge is None else -f.soft_edge, 0.005),
    "caption": (lambda f: float(f.tags), 1.0),
}


def _best(plain: list[Facts], aspect: Aspect) -> set[int]:
    """Ids with the best value; nobody where all are about as good or one cannot be judged."""
    read, least = _JUDGED[aspect]
    values = {one.id: read(one) for one in plain}
    known = {key: value for key, value in values.items() if value is not None}
    if len(known) < len(values) or max(known.values()) - min(known.values()) < least:
        return set()
    top = max(known.values())
    return {key for key, value in known.items() if top - value < least}


def _sharpest(group: Group) -> set[int]:
    """Ids of pictures no other is sharper than, where they are sharper than some other."""
    pictures = group.pictures
    if any(picture.sharpness is None for picture in pictures):
        return set()
    beaten = {p.id for p in pictures if any(is_sharper(other, p) for other in pictures)}
    return {p.id for p in pictures} - beaten if beaten else set()
