"""A document with all that layers can be, for tests of the ways out and in."""

from __future__ import annotations

import numpy as np

from engine.canvas.document import Document
from engine.canvas.layer import Group, Mask, Node, layer_of
from engine.canvas.rect import Rect
from engine.canvas.selection import ellipse
from engine.canvas.tiles import Tiles

SIZE = (300, 220)


def noise(width: int, height: int, seed: int, *, opaque: bool = False) -> np.ndarray:
    """RGBA of blocks of 10 pixels: colors and transparency that a shift of one pixel changes."""
    blocks = np.random.default_rng(seed).integers(
        0, 256, (-(-height // 10), -(-width // 10), 4), np.uint8
    )
    pixels = blocks.repeat(10, 0).repeat(10, 1)[:height, :width].copy()
    if opaque:
        pixels[..., 3] = 255
    return pixels


def rich() -> Document:
    """Layers partly outside, nested groups, masks, clipping, modes, locks and hidden layers."""
    document = Document(*SIZE)
    paper = layer_of("Paper", noise(*SIZE, 1, opaque=True), locked=True)
    ink = layer_of("墨 ink", noise(90, 70, 2), 20, 30, mode="multiply", opacity=0.35)
    ink.mask = Mask(ellipse(SIZE, Rect(30, 40, 60, 40)), 5, -3)
    light = layer_of("Light", noise(120, 60, 3), 40, 50, clipping=True, opacity=0.8)
    inner = Group(name="Inner 内", children=[ink, light], passes_through=False, opacity=0.9)
    hidden = layer_of("Hidden", noise(40, 40, 4), -10, -10, visible=False)
    shade = layer_of("Shade", noise(100, 100, 5), 180, 100, mode="soft_light", alpha_locked=True)
    outer = Group(name="Outer", children=[inner, hidden, shade])
    empty = layer_of("Empty", np.zeros((4, 4, 4), np.uint8))
    off = layer_of("Mask off", noise(50, 50, 6), 240, 10)
    off.mask = Mask(Tiles(1, 0), enabled=False)
    document.root.children = [paper, outer, empty, off]
    return document


def facts(node: Node) -> dict[str, object]:
    """What a file format should keep of a node, its opacity in steps of 1/255."""
    names = ("name", "visible", "locked", "mode", "clipping", "alpha_locked", "passes_through")
    values = {name: getattr(node, name) for name in names if hasattr(node, name)}
    return values | {"opacity": round(node.opacity * 255), "bounds": node.bounds}


def difference(one: np.ndarray, other: np.ndarray) -> int:
    """The largest difference of two RGBA pictures, colors counted as far as they are seen."""
    a, b = (picture.astype(np.float64) for picture in (one, other))
    a[..., :3] *= a[..., 3:] / 255
    b[..., :3] *= b[..., 3:] / 255
    return int(np.ceil(np.abs(a - b).max() - 0.5))
