"""A document taken apart around what is being transformed, so that it can be shown while it moves:
what lies below, a small picture of what moves, and what lies above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.canvas import composite as compositing
from engine.canvas.layer import Group, Layer, Node
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.canvas.transforming import Lifted, split


@dataclass(frozen=True)
class Peeled:
    """``pixels`` show ``rect`` (document pixels) of what moves: straight RGBA shrunk ``level``
    times by two. ``rest`` is what stays of layers that are selected in part, by their identifier.
    """

    pixels: np.ndarray
    rect: Rect
    level: int
    rest: dict[str, Tiles]


def peeled(lifted: Lifted, nodes: Sequence[Node], most: int) -> Peeled:
    """What ``nodes`` (shared copies of the lifted ones) show, with sides of at most ``most``."""
    level = 0
    while max(lifted.bounds.width, lifted.bounds.height) >> level > most:
        level += 1
    rest: dict[str, Tiles] = {}
    if lifted.selection is not None:
        taken: dict[str, Tiles] = {}
        for part in lifted.parts:
            taken[part.node_id], rest[part.node_id] = split(part, lifted.selection)
            rest[part.node_id].shrink_ahead()
        nodes = [_with(node, taken) for node in nodes]
    around = lifted.bounds
    shrunk = Rect.edges(
        around.x >> level, around.y >> level, -(-around.right >> level), -(-around.bottom >> level)
    )
    shown = [replace(node, visible=True, clipping=False) for node in nodes]
    pixels = compositing.composite(shown, shrunk, level)
    side = 1 << level
    rect = Rect(shrunk.x * side, shrunk.y * side, shrunk.width * side, shrunk.height * side)
    return Peeled(pixels, rect, level, rest)


def below_and_above(
    root: Group, lifted: Lifted, rest: Mapping[str, Tiles]
) -> tuple[list[Node], list[Node]]:
    """The nodes of a document up to the topmost one that is lifted, with ``rest`` in place of it,
    and those above. They share their pixels with the document and belong to no other.
    """
    moving = {part.node_id for part in lifted.parts}
    order = [node.id for node in root.walk()]
    top = max((order.index(one) for one in moving if one in order), default=len(order))
    low, high = set(order[: top + 1]), set(order[top + 1 :])
    stays = low if lifted.selection is not None else low - moving
    return _kept(root.children, stays, rest), _kept(root.children, high, {})


def replaced(nodes: Sequence[Node], node_id: str, tiles: Tiles, *, on_mask: bool) -> list[Node]:
    """The same nodes with another raster in the layer, or in the mask of the node, of this name."""
    made: list[Node] = []
    for node in nodes:
        if node.id == node_id and on_mask and node.mask is not None:
            node = replace(node, mask=replace(node.mask, tiles=tiles))
        elif isinstance(node, Group):
            inside = replaced(node.children, node_id, tiles, on_mask=on_mask)
            node = replace(node, children=inside)
        elif node.id == node_id:
            node = _with(node, {node_id: tiles})
        made.append(node)
    return made


def _kept(nodes: Sequence[Node], wanted: set[str], rest: Mapping[str, Tiles]) -> list[Node]:
    kept: list[Node] = []
    for node in nodes:
        if isinstance(node, Group):
            kept.append(replace(node, children=_kept(node.children, wanted, rest)))
        elif node.id in wanted:
            kept.append(_with(node, rest))
    return kept


def _with(node: Node, tiles: Mapping[str, Tiles]) -> Node:
    """``node`` with other pixels in the layers that ``tiles`` names."""
    if isinstance(node, Group):
        return replace(node, children=[_with(child, tiles) for child in node.children])
    if not isinstance(node, Layer) or node.id not in tiles:
        return node
    other = replace(node, tiles=tiles[node.id])
    other.touch()
    return other
