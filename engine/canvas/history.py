"""Undo and redo: every edit knows how to swap itself with the document's present state.

Swapping twice restores the first state, so one record serves undo and redo both. Pixels are kept
as the tiles that were there, which the document shares: a step costs what it changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from engine.canvas.rect import EMPTY, Rect
from engine.canvas.tiles import Changes, Tiles, tile_rect

if TYPE_CHECKING:
    from engine.canvas.document import Document
    from engine.canvas.layer import Group, Node

LEAST_BUDGET = 512 * 2**20
# What of the machine's memory the steps may take: on one of 16 GB two hundred strokes across a
# picture of 4096 x 4096.
SHARE_OF_MEMORY = 8
# Steps that are kept whatever their size is: what the budget is for are large ones.
LEAST_STEPS = 20

# What a node's fields change that is not seen in the picture.
_UNSEEN = {"name", "locked", "recipe", "source", "alpha_locked"}


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
class TilesEdit:
    """Tiles of one layer, by their place."""

    layer_id: str
    changes: Changes

    @property
    def bytes(self) -> int:
        return _bytes(self.changes)

    def swap(self, document: Document) -> Rect:
        layer = document.layer(self.layer_id)
        self.changes = layer.tiles.exchange(self.changes)
        layer.touch()
        return around(self.changes).moved(layer.x, layer.y)


@dataclass
class FieldEdit:
    """Fields of one node, such as its opacity or its mask.

    ``cost`` is the memory of a mask that shares most of its tiles with the one that follows it;
    without it all its tiles count.
    """

    node_id: str
    values: dict[str, Any]
    cost: int | None = None

    @property
    def bytes(self) -> int:
        mask = self.values.get("mask")
        if self.cost is not None:
            return 64 + self.cost
        return 64 + (mask.tiles.bytes if mask is not None else 0)

    def swap(self, document: Document) -> Rect:
        node = document.node(self.node_id)
        before = node.bounds
        present = {name: getattr(node, name) for name in self.values}
        for name, value in self.values.items():
            setattr(node, name, value)
        self.values = present
        node.touch()
        return EMPTY if set(self.values) <= _UNSEEN else before.united(node.bounds)


@dataclass
class StackEdit:
    """What groups hold, and in which order; the document's root is one of them."""

    stacks: list[tuple[Group, list[Node]]]

    @property
    def bytes(self) -> int:
        return sum(_node_bytes(node) for group, kept in self.stacks for node in _gone(group, kept))

    def swap(self, document: Document) -> Rect:
        dirty = EMPTY
        for index, (group, children) in enumerate(self.stacks):
            present = group.children
            group.children = children
            group.touch()
            self.stacks[index] = (group, present)
            for node in _moved(present, children):
                dirty = dirty.united(node.bounds)
        return dirty


@dataclass
class SelectionEdit:
    """The selection, or None for none. Selections are never changed in place."""

    selection: Tiles | None

    @property
    def bytes(self) -> int:
        return 0 if self.selection is None else self.selection.bytes

    def swap(self, document: Document) -> Rect:
        document.selection, self.selection = self.selection, document.selection
        return EMPTY


@dataclass
class FrameEdit:
    """What belongs to the document as a whole: its size, its background, its guides."""

    values: dict[str, Any]

    @property
    def bytes(self) -> int:
        return 64

    def swap(self, document: Document) -> Rect:
        before = document.bounds
        present = {name: getattr(document, name) for name in self.values}
        for name, value in self.values.items():
            setattr(document, name, value)
        self.values = present
        return EMPTY if set(present) == {"guides"} else before.united(document.bounds)


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
    at: float = 0.0
    """When it was done, unix seconds."""
    bytes: int = 0
    """Memory that keeping it costs, as it was when it was done."""


class History:
    """The steps that can be undone and redone. The oldest are dropped beyond ``budget`` bytes."""

    def __init__(self, budget: int | None = None) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._budget = _budget() if budget is None else budget

    @property
    def can_undo(self) -> str | None:
        """What would be undone, or None."""
        return self._done[-1].what if self._done else None

    @property
    def can_redo(self) -> str | None:
        """What would be redone, or None."""
        return self._undone[-1].what if self._undone else None

    @property
    def steps(self) -> list[Step]:
        """All steps, the oldest first, with those that were undone."""
        return [*self._done, *reversed(self._undone)]

    @property
    def position(self) -> int:
        """How many of :attr:`steps` are done."""
        return len(self._done)

    @property
    def bytes(self) -> int:
        """Memory that all steps cost."""
        return sum(step.bytes for step in self.steps)

    def push(self, step: Step) -> None:
        """Note a step that has just been done; what had been undone is gone."""
        self._undone.clear()
        self._done.append(step._replace(bytes=step.edit.bytes))
        total = sum(kept.bytes for kept in self._done)
        while total > self._budget and len(self._done) > LEAST_STEPS:
            total -= self._done.pop(0).bytes

    def fold(self, count: int, what: str, layer_id: str) -> None:
        """Let the last ``count`` steps be one."""
        last = self._done[-count:]
        if len(last) < 2:
            return
        del self._done[-count:]
        edit = Together([step.edit for step in reversed(last)])
        self._done.append(Step(what, edit, layer_id, last[-1].at, edit.bytes))

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


@lru_cache(maxsize=1)
def _budget() -> int:
    import psutil

    return max(LEAST_BUDGET, psutil.virtual_memory().total // SHARE_OF_MEMORY)


def around(changes: Changes) -> Rect:
    """The rectangle round the tiles of ``changes``, in layer pixels."""
    rect = EMPTY
    for key in changes:
        rect = rect.united(tile_rect(key))
    return rect


def _swap(document: Document, source: list[Step], target: list[Step]) -> Change | None:
    if not source:
        return None
    step = source.pop()
    rect = step.edit.swap(document)
    target.append(step)
    return Change(rect.intersected(document.bounds), step.what, step.layer_id)


def _bytes(changes: Changes) -> int:
    tiles = {id(tile): tile.nbytes for tile in changes.values() if tile is not None}
    return 64 + sum(tiles.values())


def _gone(group: Group, kept: Sequence[Node]) -> list[Node]:
    """The nodes that only the history holds on to."""
    here = {node.id for node in group.children}
    return [node for node in kept if node.id not in here]


def _node_bytes(node: Node) -> int:
    from engine.canvas.layer import Group, Layer

    if isinstance(node, Group):
        return sum(_node_bytes(child) for child in node.children)
    return node.tiles.bytes if isinstance(node, Layer) else 0


def _moved(before: Sequence[Node], after: Sequence[Node]) -> list[Node]:
    """The nodes between the first and the last place at which two stacks differ."""
    start = 0
    while start < min(len(before), len(after)) and before[start] is after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] is after[-1 - end]:
        end += 1
    return [*before[start : len(before) - end], *after[start : len(after) - end]]
