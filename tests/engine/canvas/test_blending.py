from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from engine.canvas.blending import MODES, blended
from engine.canvas.composite import composite
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect

SIDE = 64
# Qt has the modes of the same specification, but for the four that look at all channels.
QT = {
    "normal": QPainter.CompositionMode.CompositionMode_SourceOver,
    "multiply": QPainter.CompositionMode.CompositionMode_Multiply,
    "screen": QPainter.CompositionMode.CompositionMode_Screen,
    "overlay": QPainter.CompositionMode.CompositionMode_Overlay,
    "darken": QPainter.CompositionMode.CompositionMode_Darken,
    "lighten": QPainter.CompositionMode.CompositionMode_Lighten,
    "color_dodge": QPainter.CompositionMode.CompositionMode_ColorDodge,
    "color_burn": QPainter.CompositionMode.CompositionMode_ColorBurn,
    "hard_light": QPainter.CompositionMode.CompositionMode_HardLight,
    "soft_light": QPainter.CompositionMode.CompositionMode_SoftLight,
    "difference": QPainter.CompositionMode.CompositionMode_Difference,
}


def noise(seed: int, *, opaque: bool) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 4), np.uint8)
    if opaque:
        pixels[..., 3] = 255
    return pixels


def drawn_by_qt(below: np.ndarray, above: np.ndarray, mode: QPainter.CompositionMode) -> np.ndarray:
    straight, floating = (
        QImage.Format.Format_RGBA8888,
        QImage.Format.Format_RGBA32FPx4_Premultiplied,
    )
    images = [
        QImage(pixels.tobytes(), SIDE, SIDE, straight).convertToFormat(floating)
        for pixels in (below, above)
    ]
    painter = QPainter(images[0])
    painter.setCompositionMode(mode)
    painter.drawImage(0, 0, images[1])
    painter.end()
    result = images[0].convertToFormat(straight)
    return np.frombuffer(result.constBits(), np.uint8).reshape(SIDE, SIDE, 4).copy()


@pytest.mark.parametrize("mode", QT)
@pytest.mark.parametrize("opaque", [True, False])
def test_modes_look_as_they_do_in_another_program(mode: str, opaque: bool) -> None:
    below, above = noise(1, opaque=opaque), noise(2, opaque=opaque)
    ours = composite(
        [layer_of("below", below), layer_of("above", above, mode=mode)], Rect(0, 0, SIDE, SIDE)
    )
    theirs = drawn_by_qt(below, above, QT[mode])
    np.testing.assert_allclose(ours[..., 3].astype(int), theirs[..., 3], atol=1)
    seen = ours[..., 3] > 40  # the colors of what is nearly transparent are only rounding
    difference = np.abs(ours[..., :3].astype(int) - theirs[..., :3])[seen]
    assert np.percentile(difference, 99.5) <= 3


def colors(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((3, 500), np.float32)


def luminosity(color: np.ndarray) -> np.ndarray:
    return np.array([0.3, 0.59, 0.11], np.float32) @ color


def test_color_and_hue_keep_the_brightness_below_and_luminosity_takes_that_above() -> None:
    below, above = colors(1), colors(2)
    for mode in ("color", "hue", "saturation"):
        np.testing.assert_allclose(
            luminosity(blended(mode, below, above)), luminosity(below), atol=2e-3
        )
    taken = blended("luminosity", below, above)
    np.testing.assert_allclose(luminosity(taken), luminosity(above), atol=2e-3)


def test_gray_above_takes_the_color_away_and_gray_below_takes_none_on() -> None:
    below, gray = colors(3), np.repeat(colors(4)[:1], 3, axis=0)
    for mode in ("color", "saturation"):
        assert np.ptp(blended(mode, below, gray), axis=0).max() < 1e-3
    assert np.ptp(blended("hue", gray, below), axis=0).max() < 1e-3


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_stays_in_range_and_blends_equally_at_the_ends(mode: str) -> None:
    ends = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0.5]], np.float32)
    below, above = np.repeat(ends, 3, axis=0).T, np.tile(ends, (3, 1)).T
    result = blended(mode, below, above)
    assert np.isfinite(result).all()
    assert result.min() >= -1e-6
    assert result.max() <= 1 + 1e-6


def test_adding_is_cut_at_white() -> None:
    color = np.array([[0.7], [0.2], [0]], np.float32)
    assert blended("plus", color, color)[:, 0].tolist() == pytest.approx([1, 0.4, 0])
