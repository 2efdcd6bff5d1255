"""Layers over each other: exact blending of straight-alpha pixels.

All is accumulated in float32 premultiplied by alpha, color 0..255 and alpha 0..1, and rounded to
bytes once, at the end. So a lone layer comes back byte for byte, a transparent pixel changes
nothing under it, and any rectangle equals the same part of the whole. Accumulated pictures have
their channels first, [4, h, w], which is seven times faster here than channels last. Formulas as
in the W3C's "Compositing and Blending Level 1"; groups and clipping as in Photoshop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from engine.canvas.blending import NORMAL, blended
from engine.canvas.layer import Group, Layer, Mask, Node
from engine.canvas.rect import Rect

Array = np.ndarray
SQUARE = 256
_UNIT = np.float32(1 / 255)
_TINY = np.float32(1e-6)


class Item(NamedTuple):
    """A node, and the nodes above it that are clipped to it."""

    base: Node
    clipped: tuple[Node, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it is laid over what is below without looking at it."""
        return self.base.mode == NORMAL and not _passes(self)


class Shown(NamedTuple):
    """What a node shows of a rectangle: three planes 0..255 and alpha 0..1, each [h, w]."""

    color: Sequence[Array] | Array
    alpha: Array


def composite(nodes: Iterable[Node], rect: Rect, level: int = 0) -> Array:
    """Straight RGBA uint8 [height, width, 4] of ``rect``, bottom node first.

    ``level`` shows the nodes shrunk that many times by two; ``rect`` is in shrunk pixels.
    """
    items = sequence(nodes)
    result = np.empty((rect.height, rect.width, 4), np.uint8)
    for square in squares(rect, SQUARE):  # what is computed stays in the processor's cache
        part = square.intersected(rect)
        target = result[part.moved(-rect.x, -rect.y).slices]
        if not copied(target, items, part, level):
            target[:] = rounded(accumulate(items, part, level=level))
    return result


def sequence(nodes: Iterable[Node]) -> list[Item]:
    """The nodes that are visible with those clipped to them, bottom first.

    Groups that change nothing for what they hold are opened.
    """
    result: list[Item] = []
    for base, clipped in _clip_groups(nodes):
        if not base.visible or base.opacity <= 0:
            continue
        item = Item(base, tuple(one for one in clipped if one.visible and one.opacity > 0))
        if isinstance(base, Group) and _passes(item) and base.opacity >= 1 and _mask(base) is None:
            result.extend(sequence(base.children))
        else:
            result.append(item)
    return result


def accumulate(
    items: Iterable[Item], rect: Rect, below: Array | None = None, level: int = 0
) -> Array:
    """Premultiplied float32 [4, height, width], color 0..255 and alpha 0..1, over ``below``."""
    empty = (4, rect.height, rect.width)
    result = np.zeros(empty, np.float32) if below is None else below.copy()
    for item in items:
        lay(result, item, rect, level)
    return result


def rounded(premultiplied: Array) -> Array:
    """Straight uint8 RGBA [h, w, 4] of an accumulated picture; what is transparent is all zero."""
    import cv2

    alpha = premultiplied[3]
    color = premultiplied[:3]
    planes = np.empty(premultiplied.shape, np.uint8)
    np.rint(alpha * 255.0, out=planes[3], casting="unsafe")
    if float(alpha.min(initial=1.0)) < 1.0:
        color = color / np.maximum(alpha, _TINY)
        color *= planes[3] > 0
    np.rint(np.minimum(color, 255.0), out=planes[:3], casting="unsafe")
    return cv2.merge(list(planes))


def over(result: Array, above: Array) -> None:
    """Lay an accumulated picture over another of the same size, in place."""
    result *= 1.0 - above[3]
    result += above


def mask_values(mask: Mask, rect: Rect, level: int = 0) -> Array | float:
    """How much of ``rect`` a mask shows, 0..1: [h, w], or one number where it is even."""
    place = rect.moved(-(mask.x >> level), -(mask.y >> level))
    values = mask.tiles.at_level(level, place)
    if values is None:
        return mask.tiles.empty / 255.0
    return values * _UNIT


def _clip_groups(nodes: Iterable[Node]) -> list[tuple[Node, list[Node]]]:
    groups: list[tuple[Node, list[Node]]] = []
    for node in nodes:
        if node.clipping and groups:
            groups[-1][1].append(node)
        else:
            groups.append((node, []))
    return groups


def _passes(item: Item) -> bool:
    """Whether a group's children blend with what is below it; not when others clip to it."""
    return isinstance(item.base, Group) and item.base.passes_through and not item.clipped


def _mask(node: Node) -> Mask | None:
    return node.mask if node.mask is not None and node.mask.enabled else None


def lay(result: Array, item: Item, rect: Rect, level: int) -> None:
    """Lay an item over an accumulated picture of ``rect``, in place."""
    if _passes(item):
        _lay_passing(result, item.base, rect, level)
        return
    shown = _shown(item.base, rect, level)
    if shown is None:
        return
    color, alpha = shown.color, shown.alpha
    for node in item.clipped:
        color = _clipped(color, node, rect, level)
    _blend(result, color, _weakened(item.base, alpha, rect, level), item.base.mode)


def _lay_passing(result: Array, group: Node, rect: Rect, level: int) -> None:
    """A group whose children blend with what is below, weakened by its opacity and mask."""
    assert isinstance(group, Group)
    before = result.copy()
    for item in sequence(group.children):
        lay(result, item, rect, level)
    mask = _mask(group)
    weight = group.opacity * (1.0 if mask is None else mask_values(mask, rect, level))
    result -= before
    result *= weight
    result += before


def _shown(node: Node, rect: Rect, level: int) -> Shown | None:
    """What ``node`` holds in ``rect``, without its own opacity and mask."""
    if isinstance(node, Group):
        return _shown_group(node, rect, level)
    assert isinstance(node, Layer)
    pixels = _pixels(node, rect, level)
    if pixels is None or not pixels[..., 3].any():
        return None
    import cv2

    *color, alpha = cv2.split(pixels)
    return Shown(color, alpha * _UNIT)


def _pixels(layer: Layer, rect: Rect, level: int) -> Array | None:
    return layer.tiles.at_level(level, rect.moved(-(layer.x >> level), -(layer.y >> level)))


def _shown_group(group: Group, rect: Rect, level: int) -> Shown | None:
    inside = accumulate(sequence(group.children), rect, level=level)
    alpha = inside[3]
    if not alpha.any():
        return None
    return Shown(inside[:3] / np.maximum(alpha, _TINY), alpha)


def _weakened(node: Node, alpha: Array, rect: Rect, level: int) -> Array:
    """``alpha`` under the node's opacity and mask."""
    if node.opacity < 1.0:
        alpha = alpha * np.float32(node.opacity)
    mask = _mask(node)
    if mask is not None:
        alpha = alpha * mask_values(mask, rect, level)
    return alpha


def _clipped(
    color: Sequence[Array] | Array, node: Node, rect: Rect, level: int
) -> Sequence[Array] | Array:
    """``color`` of a base with a node laid over it that is seen only where the base is."""
    shown = _shown(node, rect, level)
    if shown is None:
        return color
    alpha = _weakened(node, shown.alpha, rect, level)
    base = _floating(color)
    return base + (_mixed(node.mode, base, _floating(shown.color)) - base) * alpha


def _blend(target: Array, color: Sequence[Array] | Array, alpha: Array, mode: str) -> None:
    """Lay a color over accumulated pixels, in place."""
    if mode != NORMAL:
        covered = target[3]
        below = target[:3] / np.maximum(covered, _TINY)
        above = _floating(color)
        color = above + (_mixed(mode, below, above) - above) * covered
    elif alpha.min() >= 1.0:
        for plane, value in zip(target, color, strict=False):
            plane[:] = value
        target[3] = 1.0
        return
    target *= 1.0 - alpha
    for plane, value in zip(target, color, strict=False):
        plane += np.multiply(value, alpha, dtype=np.float32)
    target[3] += alpha


def _mixed(mode: str, below: Array, above: Array) -> Array:
    """The blend of two opaque colors 0..255."""
    if mode == NORMAL:
        return above
    return blended(mode, below * _UNIT, above * _UNIT) * np.float32(255)


def _floating(color: Sequence[Array] | Array) -> Array:
    """Planes as one float32 array [3, h, w]."""
    return np.asarray(color, np.float32)


def copied(target: Array, items: Iterable[Item], rect: Rect, level: int) -> bool:
    """Fill ``target`` as :func:`composite` would, where one whole layer or none is to be seen."""
    there = [item for item in items if _touches(item.base, rect, level)]
    if not there:
        target[:] = 0
        return True
    item = there[0]
    simple = not item.clipped and item.plain and item.base.opacity >= 1
    if len(there) > 1 or not simple or _mask(item.base) or not isinstance(item.base, Layer):
        return False
    shown = _pixels(item.base, rect, level)
    target[:] = 0 if shown is None else np.where(shown[..., 3:4] > 0, shown, 0)
    return True


def _touches(node: Node, rect: Rect, level: int) -> bool:
    """Whether a node may show something in ``rect``; seen from its tiles, not from its pixels."""
    if isinstance(node, Group):
        return any(_touches(child, rect, level) for child in node.children)
    assert isinstance(node, Layer)
    whole = Rect(rect.x << level, rect.y << level, rect.width << level, rect.height << level)
    return node.tiles.touches(whole.moved(-node.x, -node.y).grown((1 << level) - 1))


def squares(rect: Rect, size: int) -> Iterable[Rect]:
    """The squares of side ``size`` of a grid from the origin that ``rect`` touches."""
    for y in range(rect.y // size * size, rect.bottom, size):
        for x in range(rect.x // size * size, rect.right, size):
            yield Rect(x, y, size, size)
