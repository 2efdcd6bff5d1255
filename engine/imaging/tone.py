"""Light and color of pictures: levels, brightness, contrast, saturation, white balance.

All take uint8 RGB or RGBA ``[H, W, C]`` and give the same shape; alpha is passed through. Measures
look only at visible pixels, weighted by their alpha.
"""

from __future__ import annotations

import numpy as np

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_CLIPPED = 0.005
"""The share of pixels at either end that automatic levels may clip."""


def levels(array: np.ndarray, black: int, white: int, gamma: float = 1.0) -> np.ndarray:
    """``black`` becomes 0 and ``white`` 255 (0-255, black below white); ``gamma`` above 1 lifts
    the middle.
    """
    return _mapped(array, levels_table(black, white, gamma))


def levels_table(
    black: int, white: int, gamma: float = 1.0, low: int = 0, high: int = 255
) -> np.ndarray:
    """The 256 values (uint8) of levels whose darkest result is ``low`` and lightest ``high``."""
    values = np.clip((np.arange(256, dtype=np.float64) - black) / max(1, white - black), 0, 1)
    return np.rint(low + (high - low) * values ** (1 / gamma)).astype(np.uint8)


def auto_levels(array: np.ndarray) -> np.ndarray:
    """Levels from the darkest to the lightest visible pixels, 0.5 % clipped at either end; the
    same for all channels, so that no hue shifts.
    """
    return levels(array, *visible_range(array))


def visible_range(array: np.ndarray) -> tuple[int, int]:
    """The luma values between which all but 1 % of the visible pixels lie; (0, 255) for none."""
    luma = np.rint(array[..., :3].astype(np.float32) @ _LUMA).astype(np.int64)
    counts = np.bincount(luma.ravel(), _weights(array).ravel(), 256)
    total = counts.sum()
    if total == 0:
        return 0, 255
    share = np.cumsum(counts) / total
    low = int(np.searchsorted(share, _CLIPPED, "right"))
    high = int(np.searchsorted(share, 1 - _CLIPPED, "left"))
    return (low, high) if high > low else (0, 255)


def light(array: np.ndarray, brightness: int = 0, contrast: int = 0) -> np.ndarray:
    """Brightness and contrast from -100 to 100; contrast turns about the middle grey."""
    values = np.arange(256, dtype=np.float64) / 255
    slope = 1 + contrast / 100 if contrast < 0 else 1 + contrast / 50
    lifted = (values - 0.5) * slope + 0.5 + brightness / 200
    return _mapped(array, np.rint(255 * np.clip(lifted, 0, 1)))


def saturation(array: np.ndarray, amount: int) -> np.ndarray:
    """Color from -100 (grey of the same luma) over 0 to 100 (twice as far from that grey)."""
    colors = array[..., :3].astype(np.float32)
    grey = (colors @ _LUMA)[..., None]
    mixed = np.clip(np.rint(grey + (colors - grey) * (1 + amount / 100)), 0, 255)
    return _with_alpha(mixed.astype(np.uint8), array)


def hue(
    array: np.ndarray, turn: int, strength: int, lightness: int, *, colorized: bool = False
) -> np.ndarray:
    """Hue turned by -180 to 180 degrees, saturation and lightness from -100 to 100, in HLS.

    ``colorized`` gives every pixel the hue ``turn`` (0 is red) and a saturation of
    ``strength`` + 100, of 200.
    """
    import cv2

    planes = cv2.cvtColor(array[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2HLS)
    if colorized:
        planes[..., 0] = turn % 360
        planes[..., 2] = (strength + 100) / 200
    else:
        planes[..., 0] = (planes[..., 0] + turn) % 360
        grown = planes[..., 2] * (1 + strength / 100)
        planes[..., 2] = np.clip(grown, 0, 1)
    share = lightness / 100
    light = planes[..., 1]
    planes[..., 1] = light * (1 + share) if share < 0 else light + (1 - light) * share
    colors = np.rint(np.clip(cv2.cvtColor(planes, cv2.COLOR_HLS2RGB), 0, 1) * 255)
    return _with_alpha(colors.astype(np.uint8), array)


def white_balance(array: np.ndarray, temperature: int = 0, tint: int = 0) -> np.ndarray:
    """Warmer (to 100) or cooler (to -100), and more magenta or more green; luma is kept for grey.

    Channels are scaled in linear light, as a camera would.
    """
    warm, magenta = temperature / 100, tint / 100
    gains = np.array(
        [2 ** (0.35 * warm + 0.15 * magenta), 2 ** (-0.3 * magenta), 2 ** (-0.35 * warm)]
    )
    return _gained(array, gains)


def auto_white(array: np.ndarray) -> np.ndarray:
    """White balance that makes the mean of the visible pixels grey (the grey-world assumption)."""
    weights = _weights(array).astype(np.float64)
    total = weights.sum()
    if total == 0:
        return array
    table = _linear(np.arange(256) / 255)
    means = np.array([(table[array[..., i]] * weights).sum() / total for i in range(3)])
    if means.min() <= 1e-4:
        return array  # a picture of one pure color has no grey to aim at
    return _gained(array, np.clip(means.mean() / means, 0.25, 4.0))


def _gained(array: np.ndarray, gains: np.ndarray) -> np.ndarray:
    gains = gains / float(gains @ _LUMA)
    linear = _linear(np.arange(256) / 255)
    tables = [np.rint(255 * _encoded(np.clip(linear * gain, 0, 1))) for gain in gains]
    channels = [table.astype(np.uint8)[array[..., i]] for i, table in enumerate(tables)]
    return _with_alpha(np.dstack(channels), array)


def _linear(encoded: np.ndarray) -> np.ndarray:
    """sRGB 0-1 as linear light (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _encoded(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _mapped(array: np.ndarray, table: np.ndarray) -> np.ndarray:
    return _with_alpha(table.astype(np.uint8)[array[..., :3]], array)


def _with_alpha(rgb: np.ndarray, like: np.ndarray) -> np.ndarray:
    return rgb if like.shape[2] == 3 else np.dstack([rgb, like[..., 3]])


def _weights(array: np.ndarray) -> np.ndarray:
    if array.shape[2] == 3:
        return np.ones(array.shape[:2], np.float32)
    return array[..., 3].astype(np.float32) / 255
