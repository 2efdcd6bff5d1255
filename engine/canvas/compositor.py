"""The composite of a document that is being painted on, with what does not change kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from engine.canvas.composite import (
    SQUARE,
    Item,
    accumulate,
    copied,
    lay,
    over,
    rounded,
    sequence,
    squares,
)
from engine.canvas.layer import Group, Node
from engine.canvas.rect import Rect

Array = np.ndarray


class Compositor:
    """Keeps what lies under and over the active layer, so that a stroke blends three pictures.

    Kept in squares where they are asked for, and dropped when another layer than the active one
    has changed. At most :attr:`most` squares are kept of each.
    """

    most = 48

    def __init__(self) -> None:
        self._key: tuple[int, ...] = ()
        self._below: dict[tuple[int, int, int], Array] = {}
        self._above: dict[tuple[int, int, int], Array] = {}

    def composite(self, nodes: Sequence[Node], active: str, rect: Rect, level: int = 0) -> Array:
        """As :func:`composite`; ``active`` names the layer that is being painted on, or a group of
        which several are.
        """
        items = sequence(nodes)
        painted = _named(nodes, active)
        places = [place for place, item in enumerate(items) if _holds(item, painted)]
        place, end = (places[0], places[-1] + 1) if places else (len(items), len(items))
        middle = items[place:end]
        above, rest = _split(items[end:])
        key = (place, *_revisions([*items[:place], *above]))
        if key != self._key:
            self._key, self._below, self._above = key, {}, {}
        result = np.empty((rect.height, rect.width, 4), np.uint8)
        for square in squares(rect, SQUARE):
            part = square.intersected(rect)
            target = result[part.moved(-rect.x, -rect.y).slices]
            if copied(target, items, part, level):
                continue
            inside = (slice(None), *part.moved(-square.x, -square.y).slices)
            under = self._kept(self._below, items[:place], square, level)
            pixels = accumulate(middle, part, under[inside], level)
            if above:
                over(pixels, self._kept(self._above, above, square, level)[inside])
            for item in rest:
                lay(pixels, item, part, level)
            target[:] = rounded(pixels)
        return result

    def _kept(
        self,
        store: dict[tuple[int, int, int], Array],
        items: Sequence[Item],
        square: Rect,
        level: int,
    ) -> Array:
        place = (square.x, square.y, level)
        kept = store.get(place)
        if kept is None:
            kept = accumulate(items, square, level=level)
            if len(store) >= self.most:
                store.pop(next(iter(store)))
            store[place] = kept
        return kept


def _named(nodes: Iterable[Node], wanted: str) -> set[str]:
    """The identifiers of the node ``wanted`` and of all that it holds."""
    for node in nodes:
        inside = list(node.walk()) if isinstance(node, Group) else []
        if node.id == wanted:
            return {wanted, *(one.id for one in inside)}
        found = next((one for one in inside if one.id == wanted), None)
        if found is not None:
            return _named([found], wanted)
    return {wanted}


def _holds(item: Item, node_ids: set[str]) -> bool:
    return any(
        node.id in node_ids
        or (isinstance(node, Group) and any(one.id in node_ids for one in node.walk()))
        for node in (item.base, *item.clipped)
    )


def _split(items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    """The items up to the first that looks at what is below it, and the rest.

    Laying normal layers over each other can be done in any grouping; blending cannot.
    """
    for place, item in enumerate(items):
        if not item.plain:
            return items[:place], items[place:]
    return items, []


def _revisions(items: Iterable[Item]) -> Iterable[int]:
    for item in items:
        for node in (item.base, *item.clipped):
            yield node.revision
            if isinstance(node, Group):
                yield from (one.revision for one in node.walk())
