"""Models that find the subject of a picture, as ONNX files: the kinds that rembg made common.

Input: float ``[1, 3, S, S]`` RGB, 0 to 1, normalized as the kind was trained. Output: ``[1, 1, s,
s]`` probabilities or logits (the first output is the finest), or ``[1, classes, s, s]`` with the
background as class 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.dataset.separation import Family
from engine.imaging.adjust import resize
from engine.imaging.background import opaque
from engine.imaging.edges import refined
from engine.runtime.errors import ModelFileError
from engine.runtime.onnx import open_session, run_session

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_ONE = (1.0, 1.0, 1.0)
_HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class Kind:
    """``side`` is used where the file leaves it open. ``by_peak``: the brightest value becomes 1
    (U2-Net was trained so), otherwise 255 does.
    """

    side: int = 1024
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    deviation: tuple[float, float, float] = (0.229, 0.224, 0.225)
    by_peak: bool = False


KINDS: dict[Family, Kind] = {
    "u2net": Kind(320, by_peak=True),
    "isnet": Kind(1024, _HALF, _ONE),
    "anime": Kind(1024, (0.0, 0.0, 0.0), _ONE),
    "birefnet": Kind(1024),
    "rmbg": Kind(1024, _HALF, _ONE),
    "modnet": Kind(512, _HALF, _HALF),
    "plain": Kind(1024, (0.0, 0.0, 0.0), _ONE),
}
_NAMES: tuple[tuple[str, Family], ...] = (
    (r"anime", "anime"),
    (r"u2net|u-2-net|silueta", "u2net"),
    (r"birefnet|rmbg.?2|inspyrenet", "birefnet"),
    (r"rmbg.?1", "rmbg"),
    (r"rmbg|bria", "birefnet"),
    (r"is-?net|\bdis\b|\bben2?\b", "isnet"),
    (r"modnet", "modnet"),
)


def recognize(path: Path, side: int | None) -> Family:
    """The kind of the model file ``path`` whose input has ``side`` pixels (None for any size).

    The name of the file decides, then those of the folders above it, then the size.
    """
    for name in (path.stem, path.parent.name, path.parent.parent.name):
        for pattern, family in _NAMES:
            if re.search(pattern, name.lower().replace("_", "-")):
                return family
    return "u2net" if side == 320 else "birefnet"


class Separator:
    """A model in memory. Raises MissingFileError, ModelFileError or MemoryError."""

    def __init__(self, path: Path, family: Family = "auto") -> None:
        self._session = open_session(path)
        self._input, self._type, size = _read_input(self._session, path.name)
        self.family = recognize(path, size[0] if size else None) if family == "auto" else family
        self._kind = KINDS[self.family]
        self._size = size or (self._kind.side, self._kind.side)

    def mask(self, rgba: np.ndarray) -> np.ndarray:
        """The subject of uint8 ``[H, W, 4]`` as a mask uint8 ``[H, W]``, 255 inside."""
        rgb = opaque(rgba)
        size = rgba.shape[1], rgba.shape[0]
        values = run_session(self._session, {self._input: self._prepared(rgb)})
        small = np.rint(_probabilities(values) * 255).astype(np.uint8)
        mask = resize(small, size)
        scale = max(size) / max(self._size)
        if scale > 1.25:
            mask = refined(rgb, mask, 2 + int(scale + 0.5))
        return np.minimum(mask, rgba[..., 3])

    def _prepared(self, rgb: np.ndarray) -> np.ndarray:
        colors = resize(rgb, self._size).astype(np.float32)
        peak = max(1.0, float(colors.max())) if self._kind.by_peak else 255.0
        normal = (colors / peak - np.array(self._kind.mean)) / np.array(self._kind.deviation)
        return np.ascontiguousarray(normal.transpose(2, 0, 1)[None], self._type)


def _probabilities(outputs: list[np.ndarray]) -> np.ndarray:
    """float32 ``[h, w]``, 0 to 1. What a model is sure of is stretched to the whole range."""
    values = _finest(outputs)
    if values.ndim == 3 and values.shape[0] > 1:
        shares = np.exp(values - values.max(0))
        return 1 - shares[0] / shares.sum(0)
    values = values.reshape(values.shape[-2:])
    if values.min() < -0.01 or values.max() > 1.01:
        return 1 / (1 + np.exp(-values.clip(-60, 60)))
    low, high = float(values.min()), float(values.max())
    if high < 0.5:  # no subject: stretching would make one out of noise
        return values.clip(0, 1)
    return ((values - low) / max(high - low, 1e-6)).clip(0, 1)


def _finest(outputs: list[np.ndarray]) -> np.ndarray:
    """The first of the largest outputs, without its batch: ``[classes, h, w]`` or ``[h, w]``."""
    maps = [value for value in outputs if value.ndim in (3, 4) and value.shape[0] == 1]
    if not maps:
        raise ModelFileError(
            "The model gives {shape}, not a mask.",
            shape=" / ".join(str(list(value.shape)) for value in outputs),
            remedy="Choose a model that removes backgrounds.",
        )
    found = max(maps, key=lambda value: value.shape[-1] * value.shape[-2])[0].astype(np.float32)
    if not np.isfinite(found).all():
        raise ModelFileError(
            "The model gives values that are no numbers.", remedy="Copy or download it again."
        )
    return found


def _read_input(session: Any, name: str) -> tuple[str, type, tuple[int, int] | None]:
    """Name and type of the input, and its (width, height), None for any size."""
    inputs = session.get_inputs()
    shape = list(inputs[0].shape) if len(inputs) == 1 else []
    kind = _TYPES.get(inputs[0].type) if inputs else None
    one_picture = len(shape) == 4 and shape[1] == 3 and (shape[0] == 1 or not _is_number(shape[0]))
    if not one_picture or kind is None:
        raise ModelFileError(
            "{name} takes {shape}, not one picture of the shape 1, 3, height, width.",
            name=name,
            shape=", ".join(map(str, shape)) or f"{len(inputs)} inputs",
            remedy="Choose a model that removes backgrounds.",
        )
    height, width = shape[2:]
    return inputs[0].name, kind, (width, height) if _is_number(width, height) else None


def _is_number(*sizes: Any) -> bool:
    return all(isinstance(size, int) for size in sizes)
