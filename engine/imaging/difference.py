"""How far two pictures differ, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.imaging.adjust import resize

_BEHIND = 128.0  # gray that is put behind what is transparent, whatever color is stored there


@dataclass(frozen=True)
class Difference:
    """``away`` is float32 ``[H, W]``, 0 to 255: the largest absolute difference of the channels.

    ``mean`` is over all pixels and channels and ``largest`` the largest one, both in levels of 255.
    ``scaled`` tells that the pictures were of two sizes and compared at the smaller one.
    """

    away: np.ndarray
    mean: float
    largest: float
    scaled: bool

    def amplified(self, gain: float) -> np.ndarray:
        """The map as a picture, uint8 ``[H, W]``: ``gain`` times stronger, white from 255 on."""
        return np.minimum(self.away * gain + 0.5, 255).astype(np.uint8)


def difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """Compare two pictures, uint8 RGBA ``[H, W, 4]`` with straight alpha.

    The larger one is made as small as the other; where they differ in shape it is stretched.
    """
    scaled = first.shape != second.shape
    if scaled:
        height, width = min(first.shape[:2], second.shape[:2], key=lambda size: size[0] * size[1])
        first, second = (
            one if one.shape[:2] == (height, width) else resize(one, (width, height))
            for one in (first, second)
        )
    away = np.abs(_over_gray(first) - _over_gray(second))
    return Difference(away.max(-1), float(away.mean()), float(away.max()), scaled)


def _over_gray(rgba: np.ndarray) -> np.ndarray:
    """float32 RGB ``[H, W, 3]``, 0 to 255."""
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return rgba[..., :3] * alpha + np.float32(_BEHIND) * (1 - alpha)
