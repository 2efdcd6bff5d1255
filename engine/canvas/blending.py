"""Blend modes: the sixteen that Photoshop files and OpenRaster files both know.

Formulas of the W3C's "Compositing and Blending Level 1", which are those of PDF 1.7, on
non-linear sRGB values as Photoshop, Krita and GIMP blend by default. ``below`` and ``above`` are
float32 [3, ...], 0..1, not multiplied by alpha.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Formula = Callable[[Array, Array], Array]

NORMAL = "normal"
# Rec. 601 weights as the specification has them.
_RED, _GREEN, _BLUE = np.float32(0.3), np.float32(0.59), np.float32(0.11)
_TINY = np.float32(1e-6)


@dataclass(frozen=True)
class Mode:
    """One blend mode: its name for artists, in a PSD (four characters) and in OpenRaster."""

    label: str
    psd: str
    svg: str
    formula: Formula


def blended(mode: str, below: Array, above: Array) -> Array:
    """The color of ``above`` blended with ``below``; both opaque. A new array."""
    return MODES[mode].formula(below, above)


def _normal(below: Array, above: Array) -> Array:
    return above.copy()


def _multiply(below: Array, above: Array) -> Array:
    return below * above


def _screen(below: Array, above: Array) -> Array:
    return below + above - below * above


def _overlay(below: Array, above: Array) -> Array:
    return _hard_light(above, below)


def _darken(below: Array, above: Array) -> Array:
    return np.minimum(below, above)


def _lighten(below: Array, above: Array) -> Array:
    return np.maximum(below, above)


def _color_dodge(below: Array, above: Array) -> Array:
    lit = np.minimum(below / np.maximum(1 - above, _TINY), 1)
    return np.where(below <= 0, np.float32(0), np.where(above >= 1, np.float32(1), lit))


def _color_burn(below: Array, above: Array) -> Array:
    burnt = 1 - np.minimum((1 - below) / np.maximum(above, _TINY), 1)
    return np.where(below >= 1, np.float32(1), np.where(above <= 0, np.float32(0), burnt))


def _hard_light(below: Array, above: Array) -> Array:
    double = above * 2
    return np.where(above <= 0.5, below * double, _screen(below, double - 1))


def _soft_light(below: Array, above: Array) -> Array:
    curve = np.where(
        below <= 0.25, ((16 * below - 12) * below + 4) * below, np.sqrt(np.maximum(below, 0))
    )
    darker = below - (1 - 2 * above) * below * (1 - below)
    lighter = below + (2 * above - 1) * (curve - below)
    return np.where(above <= 0.5, darker, lighter)


def _difference(below: Array, above: Array) -> Array:
    return np.abs(below - above)


def _plus(below: Array, above: Array) -> Array:
    return np.minimum(below + above, 1)


def _hue(below: Array, above: Array) -> Array:
    return _with_luminosity(_with_saturation(above, _saturation_of(below)), _luminosity_of(below))


def _saturation(below: Array, above: Array) -> Array:
    return _with_luminosity(_with_saturation(below, _saturation_of(above)), _luminosity_of(below))


def _color(below: Array, above: Array) -> Array:
    return _with_luminosity(above, _luminosity_of(below))


def _luminosity(below: Array, above: Array) -> Array:
    return _with_luminosity(below, _luminosity_of(above))


def _luminosity_of(color: Array) -> Array:
    return color[0] * _RED + color[1] * _GREEN + color[2] * _BLUE


def _saturation_of(color: Array) -> Array:
    return np.ptp(color, axis=0)


def _with_luminosity(color: Array, wanted: Array) -> Array:
    """``color`` moved to the luminosity ``wanted``, then drawn toward gray until it fits."""
    moved = color + (wanted - _luminosity_of(color))
    gray = _luminosity_of(moved)
    low, high = moved.min(axis=0), moved.max(axis=0)
    moved = np.where(low < 0, gray + (moved - gray) * gray / np.maximum(gray - low, _TINY), moved)
    over = np.maximum(high - gray, _TINY)
    moved = np.where(high > 1, gray + (moved - gray) * (1 - gray) / over, moved)
    return np.clip(moved, 0, 1)


def _with_saturation(color: Array, wanted: Array) -> Array:
    """``color`` stretched so that its channels span ``wanted``, the least of them 0."""
    low = color.min(axis=0)
    span = np.ptp(color, axis=0)
    return np.where(span > 0, (color - low) * wanted / np.maximum(span, _TINY), np.float32(0))


MODES: dict[str, Mode] = {
    NORMAL: Mode("Normal", "norm", "svg:src-over", _normal),
    "darken": Mode("Darken", "dark", "svg:darken", _darken),
    "multiply": Mode("Multiply", "mul ", "svg:multiply", _multiply),
    "color_burn": Mode("Color burn", "idiv", "svg:color-burn", _color_burn),
    "lighten": Mode("Lighten", "lite", "svg:lighten", _lighten),
    "screen": Mode("Screen", "scrn", "svg:screen", _screen),
    "color_dodge": Mode("Color dodge", "div ", "svg:color-dodge", _color_dodge),
    "plus": Mode("Linear dodge (add)", "lddg", "svg:plus", _plus),
    "overlay": Mode("Overlay", "over", "svg:overlay", _overlay),
    "soft_light": Mode("Soft light", "sLit", "svg:soft-light", _soft_light),
    "hard_light": Mode("Hard light", "hLit", "svg:hard-light", _hard_light),
    "difference": Mode("Difference", "diff", "svg:difference", _difference),
    "hue": Mode("Hue", "hue ", "svg:hue", _hue),
    "saturation": Mode("Saturation", "sat ", "svg:saturation", _saturation),
    "color": Mode("Color", "colr", "svg:color", _color),
    "luminosity": Mode("Luminosity", "lum ", "svg:luminosity", _luminosity),
}
"""All modes in the order of a menu."""
