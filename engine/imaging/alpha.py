"""Transparency: what a transparent picture looks like once training needs opaque pixels."""

from __future__ import annotations

import math
import re
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.imaging.adjust import resize
from engine.imaging.crop import box_of_ratio, crop

Color = tuple[int, int, int]

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_SOLID = 250  # alpha from which a pixel's own color is trusted
_HIDDEN_SHARE = 0.01  # of all pixels; fewer are the rim of a resized cut-out
_LOOKED_AT = 1 << 15  # pixels that tell about hidden colors, about
_HIDDEN_STEP = 16  # grey levels by which a hidden color differs from the commonest


class Fill(BaseModel):
    """How transparent parts are filled.

    ``color``: with the given color. ``picture``: with a quiet color derived from each picture.
    ``edge``: with the nearest color of the subject's edge. ``blurred``: the same, softened.
    ``gradient``: from ``color`` to ``second`` along ``angle`` (degrees clockwise, 0 downwards).
    ``image``: with a picture of one's own, the stored one of the key ``image``.

    ``clean`` percent of the color of half-transparent pixels is taken from the nearest solid one:
    what is left of an earlier background goes from the edge.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["color", "picture", "edge", "blurred", "gradient", "image"] = "color"
    color: str = "#FFFFFF"
    second: str = "#808080"
    angle: int = Field(0, ge=0, le=359)
    image: str = Field("", pattern=r"^([0-9a-f]{32})?$")
    clean: int = Field(0, ge=0, le=100)

    @field_validator("color", "second")
    @classmethod
    def _is_hex(cls, value: str) -> str:
        if not _HEX.fullmatch(value):
            raise ValueError(f"a color is written #RRGGBB, not {value!r}")
        return value.upper()

    @model_validator(mode="after")
    def _has_its_image(self) -> Fill:
        if self.kind == "image" and not self.image:
            raise ValueError("a fill with a picture names a stored one")
        return self

    @property
    def needs(self) -> str:
        """The key of the stored picture this fill reads, empty for none."""
        return self.image if self.kind == "image" else ""


def fill(rgba: np.ndarray, how: Fill, image: np.ndarray | None = None) -> np.ndarray:
    """``rgba`` uint8 ``[H, W, 4]`` made opaque as ``how`` says: uint8 RGB ``[H, W, 3]``.

    ``image`` uint8 ``[h, w, 3]`` is the stored picture of a fill that ``needs`` one.
    """
    if how.clean:
        rgba = cleaned(rgba, how.clean)
    if how.kind == "image":
        if image is None:
            raise ValueError("a fill with a picture needs its pixels")
        return fill_image(rgba, image)
    if how.kind == "edge":
        return fill_edge(rgba)
    if how.kind == "blurred":
        return fill_blurred(rgba)
    if how.kind == "gradient":
        return fill_gradient(rgba, how.color, how.second, how.angle)
    if how.kind == "picture":
        return fill_picture_color(rgba)
    return fill_color(rgba, how.color)


def parse_color(text: str) -> Color:
    """``"#RRGGBB"`` as three 0-255 values; raises ValueError for anything else."""
    if not _HEX.fullmatch(text):
        raise ValueError(f"a color is written #RRGGBB, not {text!r}")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def has_transparency(rgba: np.ndarray) -> bool:
    """Whether any pixel of ``[H, W, 4]`` lets something through."""
    return bool((rgba[..., 3] < 255).any())


def has_hidden_color(rgba: np.ndarray) -> bool:
    """Whether more than one color is stored where nothing can be seen of ``[H, W, 4]``; every so
    many pixels are looked at. A trainer that drops alpha would learn these colors.
    """
    step = max(1, round((rgba.shape[0] * rgba.shape[1] / _LOOKED_AT) ** 0.5))
    some = np.ascontiguousarray(rgba[::step, ::step]).reshape(-1, 4)
    hidden = some[some[:, 3] == 0][:, :3].astype(np.int16)
    least = _HIDDEN_SHARE * len(some)
    if len(hidden) <= least:
        return False
    common = np.median(hidden[:: max(1, len(hidden) // 1024)], axis=0).astype(np.int16)
    other = (np.abs(hidden - common) > _HIDDEN_STEP).any(1)
    return int(np.count_nonzero(other)) > least


def fill_color(rgba: np.ndarray, color: str | Color) -> np.ndarray:
    """``rgba`` laid over one color: uint8 RGB. Blending is in sRGB values, as painting tools do."""
    values = parse_color(color) if isinstance(color, str) else color
    background = np.empty_like(rgba[..., :3])
    background[:] = values
    return _over(rgba, background)


def fill_picture_color(rgba: np.ndarray) -> np.ndarray:
    """``rgba`` laid over its own :func:`picture_color`: uint8 RGB."""
    return fill_color(rgba, picture_color(rgba))


def picture_color(rgba: np.ndarray) -> Color:
    """A quiet color that suits this picture: its mean tint, muted, and light or dark enough to
    set its edge off. White for a picture without visible pixels.
    """
    weight = rgba[..., 3].astype(np.float64)
    if not weight.any():
        return 255, 255, 255
    colors = rgba[..., :3].astype(np.float64)
    mean = (colors * weight[..., None]).sum((0, 1)) / weight.sum()
    edge = _edge_weight(rgba[..., 3])
    rim = (colors * edge[..., None]).sum((0, 1)) / edge.sum() if edge.any() else mean
    target = 64.0 if _luma(rim) > 160.0 else 200.0
    tint = (mean - _luma(mean)) * 0.2
    red, green, blue = (int(v) for v in np.clip(np.rint(target + tint), 0, 255))
    return red, green, blue


def fill_edge(rgba: np.ndarray) -> np.ndarray:
    """Every transparent pixel takes the color of the nearest solid one: uint8 RGB.

    Colors stored under full transparency are never shown. White without any visible pixel.
    """
    return _over(rgba, _extended(rgba))


def fill_blurred(rgba: np.ndarray) -> np.ndarray:
    """As :func:`fill_edge`, softened over a twentieth of the longer side: uint8 RGB."""
    import cv2

    background = _extended(rgba)
    sigma = max(1.0, max(rgba.shape[:2]) / 20)
    return _over(rgba, cv2.GaussianBlur(background, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def fill_gradient(rgba: np.ndarray, first: str, second: str, angle: int) -> np.ndarray:
    """``rgba`` laid over a straight gradient whose ends are the corners: uint8 RGB."""
    height, width = rgba.shape[:2]
    radians = math.radians(angle)
    across, down = -math.sin(radians), math.cos(radians)
    rows = (np.arange(height)[:, None] - (height - 1) / 2) * down
    columns = (np.arange(width)[None, :] - (width - 1) / 2) * across
    reach = max(1e-9, abs(down) * (height - 1) / 2 + abs(across) * (width - 1) / 2)
    share = ((rows + columns) / reach + 1)[..., None] / 2
    ends = [np.array(parse_color(color), np.float64) for color in (first, second)]
    return _over(rgba, np.rint(ends[0] + (ends[1] - ends[0]) * share).astype(np.uint8))


def fill_image(rgba: np.ndarray, image: np.ndarray) -> np.ndarray:
    """``rgba`` laid over the middle of ``image`` uint8 RGB, which is resized to cover it."""
    size = rgba.shape[1], rgba.shape[0]
    part = crop(image, box_of_ratio((image.shape[1], image.shape[0]), size[0] / size[1]))
    return _over(rgba, resize(part, size))


def cleaned(rgba: np.ndarray, share: int) -> np.ndarray:
    """``rgba`` with ``share`` percent of the color of its half-transparent pixels taken from the
    nearest solid one; alpha stays.
    """
    half = (rgba[..., 3] > 0) & (rgba[..., 3] < _SOLID)
    if not half.any():
        return rgba
    made = rgba.copy()
    solid = _extended(rgba)[half].astype(np.uint16)
    own = rgba[..., :3][half].astype(np.uint16)
    made[half, :3] = (own * (100 - share) + solid * share + 50) // 100
    return made


def _extended(rgba: np.ndarray) -> np.ndarray:
    """The color of the nearest solid pixel everywhere, uint8 RGB; white without one."""
    import cv2

    alpha = rgba[..., 3]
    top = int(alpha.max(initial=0))
    if top == 0:
        return np.full_like(rgba[..., :3], 255)
    solid = alpha >= min(_SOLID, top)
    _, labels = cv2.distanceTransformWithLabels(
        (~solid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # Labels number the solid pixels in reading order, starting from 1.
    table = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    table[labels[solid]] = rgba[..., :3][solid]
    return table[labels]


def _over(rgba: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Straight-alpha ``rgba`` over an opaque ``background``, rounded to nearest."""
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = rgba[..., :3] * alpha + background * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def _edge_weight(alpha: np.ndarray) -> np.ndarray:
    """1 where a visible pixel touches an invisible one (or the frame), else 0."""
    seen = alpha >= 128
    padded = np.pad(seen, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return (seen & ~inside).astype(np.float64)


def _luma(color: np.ndarray) -> float:
    return float(color @ np.array([0.299, 0.587, 0.114]))
