"""Which axis of a grid runs down, which across, which in groups, and which turns pages."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from engine.validation.axes import Axis

# What people expect where, the first that has several values.
_USUAL = {
    "y": ("checkpoint", "model", "second_checkpoint"),
    "x": ("weight", "unet_weight", "text_encoder_weight", "second_weight"),
    "group_x": ("prompt",),
}
_CHOSEN_BY_PAGE = "seed"


class Sides(BaseModel):
    """Names of settings: ``x`` across, ``y`` down, groups of columns and of rows, and pages, of
    which one is seen at a time. Empty is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    x: str = ""
    y: str = ""
    group_x: str = ""
    group_y: str = ""
    pages: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """All settings that have a side."""
        sides = (self.x, self.y, self.group_x, self.group_y, *self.pages)
        return tuple(name for name in sides if name)

    def without(self, name: str) -> Sides:
        """The same with no side for ``name``."""
        kept = {
            side: "" if getattr(self, side) == name else getattr(self, side)
            for side in ("x", "y", "group_x", "group_y")
        }
        return Sides(**kept, pages=tuple(page for page in self.pages if page != name))


def arranged(axes: Sequence[Axis], wanted: Sides) -> Sides:
    """``wanted``, with a side for every axis that it leaves out and that has several values.

    Checkpoints run down, weights across, prompts are groups of columns, seeds turn pages; the
    others take the sides that are left, in order, and then turn pages.
    """
    counts = {axis.setting: len(axis.values) for axis in axes}
    left = [name for name in counts if name not in wanted.names()]
    sides = {side: getattr(wanted, side) for side in ("x", "y", "group_x", "group_y")}
    for side, usual in _USUAL.items():
        if not sides[side]:
            sides[side] = _take(left, usual, counts)
    several = [name for name in left if counts[name] > 1]
    # Seeds last: they are best looked at one by one.
    for name in sorted(several, key=lambda name: name == _CHOSEN_BY_PAGE):
        free = [side for side in ("x", "y") if not sides[side]]
        if not free and name != _CHOSEN_BY_PAGE:
            free = [side for side in ("group_x", "group_y") if not sides[side]]
        if free:
            sides[free[0]] = name
            several.remove(name)
    return Sides(**sides, pages=(*wanted.pages, *several))


def _take(left: list[str], usual: Sequence[str], counts: dict[str, int]) -> str:
    """The first of ``usual`` that is left, one with several values before others."""
    found = sorted((name for name in usual if name in left), key=lambda name: counts[name] < 2)
    if found:
        left.remove(found[0])
    return found[0] if found else ""
