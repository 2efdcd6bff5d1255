"""Undo and redo: every edit knows how to swap itself with the document's present state.

Swapping twice restores the first state, so one patch per place serves undo and redo both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from engine.canvas.rect import EMPTY, Rect

if TYPE_CHECKING:
    from engine.canvas.document import Document
    from engine.canvas.layer import Layer

BUDGET = 512 * 2**20


class Change(NamedTuple):
    """What an operation changed: the rectangle to draw again, and a word for it.

    ``what`` is an English translation key such as ``"Brush stroke"``; ``layer_id`` is empty when
    the change is not about one layer. ``rect`` is empty when no pixel looks different.
    """

    rect: Rect
    what: str
    layer_id: str = ""


class Edit(Protocol):
    """Something that can be swapped with the document's state; gives the rectangle to redraw."""

    @property
    def bytes(self) -> int:
        """Memory that keeping this edit costs."""
        ...

    def swap(self, document: Document) -> Rect:
        """Exchange the kept state with the document's."""
        ...


@dataclass
class PatchEdit:
    """Parts of one layer's pixels: (rectangle in the layer's own pixels, kept pixels)."""

    layer_id: str
    patches: list[tuple[Rect, np.ndarray]]

    @property
    def bytes(self) -> int:
        return sum(pixels.nbytes for _, pixels in self.patches)

    def swap(self, document: Document) -> Rect:
        layer = document.layer(self.layer_id)
        dirty = EMPTY
        for index, (rect, pixels) in enumerate(self.patches):
            present = layer.pixels[rect.slices].copy()
            layer.pixels[rect.slices] = pixels
            self.patches[index] = (rect, present)
            dirty = dirty.united(rect)
        layer.touch()
        return dirty.moved(layer.x, layer.y)


@dataclass
class FieldEdit:
    """Fields of one layer, such as its opacity, or its pixel array as a whole."""

    layer_id: str
    values: dict[str, Any]

    @property
    def bytes(self) -> int:
        pixels = self.values.get("pixels")
        return 64 if pixels is None else pixels.nbytes

    def swap(self, document: Document) -> Rect:
        layer = document.layer(self.layer_id)
        before = layer.bounds
        present = {name: getattr(layer, name) for name in self.values}
        for name, value in self.values.items():
            setattr(layer, name, value)
        self.values = present
        layer.touch()
        looks_same = set(self.values) <= {"name", "locked", "recipe"}
        return EMPTY if looks_same else before.united(layer.bounds)


@dataclass
class StackEdit:
    """The list of layers: what is in it and in which order."""

    layers: list[Layer]

    @property
    def bytes(self) -> int:
        return sum(layer.pixels.nbytes for layer in self.layers[-1:])

    def swap(self, document: Document) -> Rect:
        present = list(document.layers)
        document.layers[:] = self.layers
        moved = _moved(present, self.layers)
        self.layers = present
        dirty = EMPTY
        for layer in moved:
            dirty = dirty.united(layer.bounds)
        return dirty


@dataclass
class SelectionEdit:
    """The selection mask, or None for no selection. Masks are never changed in place."""

    mask: np.ndarray | None

    @property
    def bytes(self) -> int:
        return 0 if self.mask is None else self.mask.nbytes

    def swap(self, document: Document) -> Rect:
        document.selection, self.mask = self.mask, document.selection
        return EMPTY


@dataclass
class Together:
    """Several edits that are one step."""

    edits: list[Edit]

    @property
    def bytes(self) -> int:
        return sum(edit.bytes for edit in self.edits)

    def swap(self, document: Document) -> Rect:
        dirty = EMPTY
        for edit in self.edits:
            dirty = dirty.united(edit.swap(document))
        self.edits.reverse()
        return dirty


class Step(NamedTuple):
    """One entry of the history."""

    what: str
    edit: Edit
    layer_id: str


class History:
    """The steps that can be undone and redone. The oldest are dropped beyond ``budget`` bytes."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._budget = budget

    @property
    def can_undo(self) -> str | None:
        """What would be undone, or None."""
        return self._done[-1].what if self._done else None

    @property
    def can_redo(self) -> str | None:
        """What would be redone, or None."""
        return self._undone[-1].what if self._undone else None

    def push(self, step: Step) -> None:
        """Note a step that has just been done; what had been undone is gone."""
        self._undone.clear()
        self._done.append(step)
        total = sum(kept.edit.bytes for kept in self._done)
        while total > self._budget and len(self._done) > 1:
            total -= self._done.pop(0).edit.bytes

    def continues(self, what: str, layer_id: str) -> bool:
        """Whether the last step was the same kind on the same layer, so that both can be one."""
        return (
            bool(self._done)
            and not self._undone
            and (self._done[-1].what, self._done[-1].layer_id) == (what, layer_id)
        )

    def undo(self, document: Document) -> Change | None:
        """Take the last step back."""
        return _swap(document, self._done, self._undone)

    def redo(self, document: Document) -> Change | None:
        """Do the last undone step again."""
        return _swap(document, self._undone, self._done)


def _swap(document: Document, source: list[Step], target: list[Step]) -> Change | None:
    if not source:
        return None
    step = source.pop()
    rect = step.edit.swap(document)
    target.append(step)
    return Change(rect.intersected(document.bounds), step.what, step.layer_id)


def _moved(before: Sequence[Layer], after: Sequence[Layer]) -> list[Layer]:
    """The layers between the first and the last place at which two stacks differ."""
    start = 0
    while start < min(len(before), len(after)) and before[start] is after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] is after[-1 - end]:
        end += 1
    return [*before[start : len(before) - end], *after[start : len(after) - end]]
