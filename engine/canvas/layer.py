"""What a document is made of: raster layers, groups of layers, and their masks.

The loop that paints regions and later layer types (control, reference, 3D) only meet
:class:`Node`; what has pixels of its own is a :class:`Layer`.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.canvas.blending import NORMAL
from engine.canvas.rect import EMPTY, Rect
from engine.canvas.tiles import Tiles

_revisions = itertools.count(1)


def next_revision() -> int:
    """A number no other state of any layer has had in this process."""
    return next(_revisions)


@dataclass(frozen=True)
class Mask:
    """What of a layer or group is seen: 255 shows, 0 hides. Never changed in place.

    ``tiles`` has one channel, in document pixels moved by (``x``, ``y``); beyond its tiles the mask
    has the value ``tiles.empty``.
    """

    tiles: Tiles
    x: int = 0
    y: int = 0
    enabled: bool = True


@dataclass(eq=False, kw_only=True)
class Node:
    """What layers and groups have in common. Only the operations of a document change these.

    ``opacity`` is 0..1, ``mode`` a key of :data:`engine.canvas.blending.MODES`. With ``clipping``
    it is seen only where the nearest node below that does not clip has pixels. ``revision``
    changes with every change of the node itself, for a group also with what it holds directly.
    """

    name: str
    opacity: float = 1.0
    visible: bool = True
    locked: bool = False
    mode: str = NORMAL
    clipping: bool = False
    mask: Mask | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    revision: int = field(default_factory=next_revision)

    def touch(self) -> None:
        """Note that the node has changed."""
        self.revision = next_revision()

    @property
    def bounds(self) -> Rect:
        """The document rectangle outside of which the node shows nothing."""
        raise NotImplementedError


@dataclass(eq=False, kw_only=True)
class Layer(Node):
    """Pixels at a place: straight (not premultiplied) RGBA tiles, moved by (``x``, ``y``).

    ``alpha_locked`` lets painting change colors but not what is transparent. ``recipe`` says how a
    generated layer was made, ``source`` names the file of one that was brought in.
    """

    tiles: Tiles = field(default_factory=Tiles)
    x: int = 0
    y: int = 0
    alpha_locked: bool = False
    recipe: dict[str, Any] | None = None
    source: str = ""
    _bounds: tuple[int, Rect] = (0, EMPTY)

    @property
    def bounds(self) -> Rect:
        """The smallest document rectangle round all that is not transparent."""
        if self._bounds[0] != self.revision:
            self._bounds = (self.revision, self.tiles.bounds())
        return self._bounds[1].moved(self.x, self.y)

    def pixels(self, rect: Rect) -> np.ndarray:
        """A copy of document rectangle ``rect``, straight RGBA uint8 [h, w, 4]."""
        return self.tiles.read(rect.moved(-self.x, -self.y))


@dataclass(eq=False, kw_only=True)
class Group(Node):
    """Nodes that are shown, hidden, moved and blended together; ``children`` bottom first.

    With ``passes_through`` the children blend with what lies under the group, as if they were not
    grouped; otherwise they are put together first, and ``mode`` acts on the whole.
    """

    children: list[Node] = field(default_factory=list)
    passes_through: bool = True

    @property
    def bounds(self) -> Rect:
        """Round all children."""
        around = EMPTY
        for child in self.children:
            around = around.united(child.bounds)
        return around

    def walk(self) -> Iterator[Node]:
        """All nodes under this group, each group before what it holds, bottom first."""
        for child in self.children:
            yield child
            if isinstance(child, Group):
                yield from child.walk()


def layer_of(name: str, pixels: np.ndarray, x: int = 0, y: int = 0, **values: Any) -> Layer:
    """A layer that holds RGBA uint8 [h, w, 4] ``pixels`` with their top left at (x, y)."""
    return Layer(name=name, tiles=Tiles.from_array(pixels), x=x, y=y, **values)


def shared_copy(node: Node) -> Node:
    """The present state of ``node`` and all it holds, for another thread or to be kept."""
    if isinstance(node, Group):
        return replace(node, children=[shared_copy(child) for child in node.children])
    assert isinstance(node, Layer)
    return replace(node, tiles=node.tiles.copy())


def duplicated(node: Node, name: str = "") -> Node:
    """Another node that looks the same, with identifiers of its own and unlocked."""
    copy = shared_copy(node)
    for one in (copy, *(copy.walk() if isinstance(copy, Group) else ())):
        one.id = uuid.uuid4().hex[:12]
    copy.name = name or node.name
    copy.locked = False
    return copy
