"""The axes of the form as they are typed: in order, each read at once, with the sides they run on.

Prompts are no part of it: they have a list of their own, but a side like the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.validation.typed import AtHand, read_typed, text_of
from engine.runtime.errors import StylekilnError
from engine.validation.axes import Axis, Value, axis_setting
from engine.validation.sides import Sides, arranged

SIDES = ("y", "x", "group_y", "group_x", "pages")
PROMPT = "prompt"
APART = ("unet_weight", "text_encoder_weight")
_USUAL = {
    "weight": "0.6, 0.8 … 1.2",
    "unet_weight": "0, 0.5, 1",
    "text_encoder_weight": "0, 0.5, 1",
    "second_weight": "0, 0.5, 1",
    "seed": "1 … 4",
    "steps": "15, 25, 35",
    "guidance_scale": "3, 5, 7",
    "strength": "0.4, 0.6, 0.8",
    "clip_skip": "1, 2",
    "width": "512, 768",
    "height": "512, 768",
    "size": "512x512, 512x768",
}


@dataclass(frozen=True)
class AxisDraft:
    """An axis as typed. ``values`` are those that were read last, ``error`` says why ``text`` gives
    none. ``given`` values came with a grid, and stand until something is typed. ``every`` stands
    for all files at hand, without having been typed: more are taken as they come.
    """

    setting: str
    text: str = ""
    values: tuple[Value, ...] = ()
    error: StylekilnError | None = None
    given: bool = False
    every: bool = False


class AxisList:
    """``drafts`` in the order they are shown; ``chosen`` are the sides that were chosen. Of the
    ``prompts`` only the side matters here.
    """

    def __init__(self) -> None:
        self.drafts: list[AxisDraft] = []
        self.chosen = Sides()
        self.prompts: tuple[str, ...] = ()
        self.hand = AtHand()
        for setting in ("checkpoint", "weight", "seed"):
            self.add(setting)

    def __iter__(self) -> Iterator[AxisDraft]:
        return iter(self.drafts)

    def names(self) -> list[str]:
        """The settings that are axes."""
        return [draft.setting for draft in self.drafts]

    def get(self, setting: str) -> AxisDraft | None:
        """The axis of ``setting``."""
        return next((draft for draft in self.drafts if draft.setting == setting), None)

    # Typing

    def type(self, setting: str, text: str, *, every: bool = False) -> None:
        """Take what is typed; the axis is added where it is not there. ``every`` says that nobody
        typed it: it names all there is.
        """
        draft = self._read(AxisDraft(setting, text, self._values(setting), every=every))
        if setting in self.names():
            self.drafts[self.names().index(setting)] = draft
        else:
            self.drafts.append(draft)

    def add(self, setting: str) -> None:
        """Add an axis with the values that are usual for it."""
        known = axis_setting(setting)
        choices = (True, False) if known.kind == "switch" else known.choices
        every = Axis.model_construct(setting=setting, values=choices)
        self.type(setting, text_of(every, self.hand) if choices else _USUAL.get(setting, ""))

    def remove(self, setting: str) -> None:
        """Leave an axis out."""
        self.drafts = [draft for draft in self.drafts if draft.setting != setting]
        self.chosen = self.chosen.without(setting)

    def give(self, axes: Iterable[Axis], sides: Sides) -> None:
        """Show the axes of a grid, with just their values."""
        self.drafts = [
            AxisDraft(
                axis.setting,
                text_of(axis, self.hand),
                axis.values,
                given=True,
                every=self._is_every(axis),
            )
            for axis in axes
        ]
        self.chosen = sides

    def _is_every(self, axis: Axis) -> bool:
        files = [item.path for item in self.hand.checkpoints]
        return axis.setting == "checkpoint" and set(files) == set(axis.values)

    def know(self, hand: AtHand) -> None:
        """Read again what names files: others are at hand now."""
        if hand == self.hand:
            return
        self.hand = hand
        self.drafts = [draft if draft.given else self._read(draft) for draft in self.drafts]

    def set_apart(self, apart: bool) -> None:
        """Vary the weights on UNet and text encoder each for itself, or tied as one."""
        first = self.get(APART[0] if not apart else "weight")
        if first is None:
            return
        place, text = self.names().index(first.setting), first.text
        for setting in (*APART, "weight"):
            self.remove(setting)
        for setting in reversed(APART if apart else ("weight",)):
            self.drafts.insert(place, self._read(AxisDraft(setting, text)))

    # Order and sides

    def swap(self, first: str, second: str) -> None:
        """Let two axes change place and side."""
        names = self.names()
        sides = {name: self.side_of(name) for name in (first, second)}
        if first in names and second in names:
            a, b = names.index(first), names.index(second)
            self.drafts[a], self.drafts[b] = self.drafts[b], self.drafts[a]
        for name, side in ((first, sides[second]), (second, sides[first])):
            if side:
                self.set_side(name, side)

    @property
    def sides(self) -> Sides:
        """The sides of all axes, chosen or usual."""
        axes = [
            Axis.model_construct(setting=draft.setting, values=draft.values)
            for draft in self.drafts
        ]
        axes.append(Axis.model_construct(setting=PROMPT, values=self.prompts))
        return arranged(axes, self.chosen)

    def side_of(self, setting: str) -> str:
        """``y``, ``x``, ``group_y``, ``group_x`` or ``pages``; empty for an axis of one value."""
        shown = self.sides
        if setting in shown.pages:
            return "pages"
        return next((side for side in SIDES[:-1] if getattr(shown, side) == setting), "")

    def set_side(self, setting: str, side: str) -> None:
        """Show an axis on ``side``; the one that was there takes its place."""
        shown, before = self.sides, self.side_of(setting)
        places = {one: getattr(shown, one) for one in SIDES[:-1]}
        places = {one: "" if name == setting else name for one, name in places.items()}
        pages = [name for name in shown.pages if name != setting]
        if side == "pages":
            pages.append(setting)
        else:
            other, places[side] = places[side], setting
            if other and before in ("", "pages"):
                pages.append(other)
            elif other:
                places[before] = other
        self.chosen = Sides(**places, pages=tuple(pages))

    def _values(self, setting: str) -> tuple[Value, ...]:
        known = self.get(setting)
        return known.values if known is not None else ()

    def _read(self, draft: AxisDraft) -> AxisDraft:
        try:
            values = read_typed(draft.setting, draft.text, self.hand)
        except StylekilnError as error:
            return replace(draft, error=error)
        return replace(draft, values=values, error=None)
