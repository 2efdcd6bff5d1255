"""Soft edges for rough masks, taken from the picture itself."""

from __future__ import annotations

import numpy as np

_TILE = 256
_EVEN = 1e-3  # variance (of values 0 to 1) below which the picture does not steer the mask


def refined(rgb: np.ndarray, mask: np.ndarray, radius: int) -> np.ndarray:
    """``mask`` uint8 ``[H, W]`` with its edge where the colors of ``rgb`` uint8 ``[H, W, 3]``
    change, looked for within ``radius`` pixels.

    A guided filter with the color picture as its guide (He, Sun and Tang, "Guided Image Filtering",
    2010), worked out only along the edge and in tiles, so that large pictures take little memory.
    """
    import cv2

    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    band = cv2.dilate(mask, kernel) != cv2.erode(mask, kernel)
    result = mask.copy()
    height, width = mask.shape
    rim = 2 * radius
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            tile = slice(top, top + _TILE), slice(left, left + _TILE)
            if not band[tile].any():
                continue
            y, x = max(0, top - rim), max(0, left - rim)
            wide = slice(y, top + _TILE + rim), slice(x, left + _TILE + rim)
            found = _guided(rgb[wide], mask[wide], radius)[top - y :, left - x :]
            part = result[tile]
            part[band[tile]] = found[: part.shape[0], : part.shape[1]][band[tile]]
    return result


def _guided(rgb: np.ndarray, mask: np.ndarray, radius: int) -> np.ndarray:
    """The mask as the linear function of the color that fits it best in each window."""
    import cv2

    def mean(plane: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(plane, -1, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT)

    guide = rgb.astype(np.float32) / 255
    wanted = mask.astype(np.float32) / 255
    middle, level = mean(guide), mean(wanted)
    covariance = mean(guide * wanted[..., None]) - middle * level[..., None]
    products = [guide[..., i] * guide[..., j] for i in range(3) for j in range(i, 3)]
    means = [middle[..., i] * middle[..., j] for i in range(3) for j in range(i, 3)]
    rr, rg, rb, gg, gb, bb = (mean(p) - m for p, m in zip(products, means, strict=True))
    rr, gg, bb = rr + _EVEN, gg + _EVEN, bb + _EVEN
    # The inverse of the symmetric 3 x 3 matrix of each window, by its cofactors.
    c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c11, c12, c22 = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    determinant = rr * c00 + rg * c01 + rb * c02
    red, green, blue = (covariance[..., i] / determinant for i in range(3))
    slope = np.dstack(
        [
            c00 * red + c01 * green + c02 * blue,
            c01 * red + c11 * green + c12 * blue,
            c02 * red + c12 * green + c22 * blue,
        ]
    )
    offset = level - (slope * middle).sum(2)
    fitted = (mean(slope) * guide).sum(2) + mean(offset)
    return np.rint(np.clip(_firm(fitted), 0, 1) * 255).astype(np.uint8)


def _firm(values: np.ndarray) -> np.ndarray:
    """What is nearly inside or outside is: the filter leaves a haze of a few percent."""
    return (values - 0.5) * 1.25 + 0.5
