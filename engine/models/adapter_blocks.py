"""kohya's blocks of a UNet: their numbers, and the lists and presets that weigh them.

SD 1.x and 2.x have 25 (12 down, the middle, 12 up), SDXL has 23 (the embedding, 9 in, 3 middle,
9 out, the last layer). Imports no torch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

PRESETS = ("sine", "cosine", "linear", "reverse_linear", "zeros")
_PRESET = re.compile(rf"({'|'.join(PRESETS)})\s*(?:\+\s*(\d*\.?\d+))?")
_NESTED = re.compile(
    r"lora_unet_(?:(down|up)_blocks_(\d+)|mid_block)_"
    r"(resnets|attentions|downsamplers|upsamplers)_(\d+)_"
)
_FLAT = re.compile(r"lora_unet_(input|middle|output)_blocks?_(\d+)_")


@dataclass(frozen=True)
class Sides:
    """How many blocks a UNet's sides have, and what stands before and after them."""

    down: int
    middle: int
    up: int
    edge: int

    @property
    def count(self) -> int:
        """All blocks."""
        return self.down + self.middle + self.up + 2 * self.edge


SD, SDXL = Sides(12, 1, 12, 0), Sides(9, 3, 9, 1)


def sides(*, sdxl: bool) -> Sides:
    """The blocks of an SDXL model, or of SD 1.x and 2.x."""
    return SDXL if sdxl else SD


def block_of(module: str) -> int:
    """The number of the block that the UNet's LoRA module ``module`` (kohya's name) lies in."""
    if flat := _FLAT.match(module):
        side, slot = flat.groups()
        return {"input": 1, "middle": 10, "output": 13}[side] + int(slot)
    nested = _NESTED.match(module)
    if nested is None:
        raise ValueError(f"not a UNet module: {module}")
    side, stage, kind, layer = nested.groups()
    if side is None:
        return 12
    place = 2 if kind in ("downsamplers", "upsamplers") else int(layer)
    return (1 if side == "down" else 13) + 3 * int(stage) + place


def numbers(text: str) -> tuple[float, ...]:
    """The numbers of a list with commas; an empty item is 0. ValueError for anything else."""
    items = [item.strip() for item in text.split(",")] if text.strip() else []
    values = tuple(float(item or 0) for item in items)
    if not all(math.isfinite(value) and value >= 0 for value in values):
        raise ValueError(text)
    return values


def is_preset(text: str) -> bool:
    """Whether ``text`` is a preset, with or without an offset such as ``sine+0.2``."""
    return _PRESET.fullmatch(text.strip()) is not None


def side_weights(text: str, count: int) -> list[float]:
    """The ``count`` weights of one side from a list or a preset; what a list lacks is 1."""
    preset = _PRESET.fullmatch(text.strip())
    if preset:
        offset = float(preset[2] or 0)
        return [_curve(preset[1], at, count) + offset for at in range(count)]
    given = list(numbers(text))[:count]
    return given + [1.0] * (count - len(given))


def _curve(preset: str, at: int, count: int) -> float:
    if preset in ("cosine", "reverse_linear"):
        at = count - 1 - at
    share = at / (count - 1) if count > 1 else 1.0
    if preset == "zeros":
        return 0.0
    return math.sin(math.pi / 2 * share) if preset in ("sine", "cosine") else share


def block_weights(
    down: str, middle: str, up: str, threshold: float, *, sdxl: bool
) -> tuple[float, ...]:
    """The weight of every block from the lists or presets of the sides.

    Weights at or below ``threshold`` are 0. Empty when nothing is given.
    """
    if not (down.strip() or middle.strip() or up.strip()):
        return ()
    of = sides(sdxl=sdxl)
    weights = [
        *side_weights(down, of.down),
        *side_weights(middle, of.middle),
        *side_weights(up, of.up),
    ]
    edge = [1.0] * of.edge
    return (*edge, *(0.0 if weight <= threshold else weight for weight in weights), *edge)


def number_at(values: Sequence[float], block: int, otherwise: float) -> float:
    """The value of ``block``; ``otherwise`` when no list is given."""
    return values[block] if block < len(values) else otherwise
