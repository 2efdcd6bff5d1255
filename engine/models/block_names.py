"""The two names of every UNet layer: diffusers' and the original latent-diffusion code's.

The original numbers a UNet's stages flat (``input_blocks.4.1``), diffusers nests them
(``down_blocks.1.attentions.0``). Names may be joined by dots (modules, tensors) or underscores
(LoRA files); the same ``joint`` is used for what is given back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_FIXED = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}
_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_RESNET_BACK = {original: name for name, original in _RESNET.items()}

_NESTED = re.compile(
    r"(?:(down|up)[._]blocks?[._](\d+)|mid[._]block)[._]"
    r"(resnets|attentions|downsamplers|upsamplers)[._](\d+)[._](.+)"
)
_FLAT = re.compile(r"(input|middle|output)[._]block(?:s[._](\d+))?[._](\d+)[._](.+)")


@dataclass(frozen=True)
class BlockLayout:
    """How many residual layers a UNet's stage has, and which up stages have attention."""

    layers: int
    up_attention: tuple[bool, ...]

    @classmethod
    def of(cls, config: dict[str, Any]) -> BlockLayout:
        """From a diffusers UNet config."""
        kinds = config["up_block_types"]
        return cls(config["layers_per_block"], tuple("CrossAttn" in kind for kind in kinds))


SD_LAYOUT = BlockLayout(2, (False, True, True, True))
SDXL_LAYOUT = BlockLayout(2, (True, True, False))


def to_original(name: str, layout: BlockLayout, joint: str = ".") -> str | None:
    """The original name of a diffusers UNet layer or tensor; None when it has none."""
    for nested, flat in _FIXED.items():
        if name == nested or name.startswith(f"{nested}."):
            return flat + name[len(nested) :]
    match = _NESTED.fullmatch(name)
    if match is None:
        return None
    side, block, kind, index, rest = match.groups()
    place = _flat_place(side, int(block or 0), kind, int(index), layout)
    if kind == "resnets":
        rest = _swapped(rest, _RESNET, joint)
    elif kind == "downsamplers":
        rest = rest.replace("conv", "op", 1)
    return joint.join((*place, rest))


def _flat_place(
    side: str | None, block: int, kind: str, index: int, layout: BlockLayout
) -> tuple[str, ...]:
    stage = layout.layers + 1
    if side is None:
        return ("middle_block", str(2 * index if kind == "resnets" else 2 * index + 1))
    if side == "down":
        slot = stage * (block + 1) if kind == "downsamplers" else stage * block + index + 1
        return ("input_blocks", str(slot), "1" if kind == "attentions" else "0")
    if kind == "upsamplers":
        last = "2" if layout.up_attention[block] else "1"
        return ("output_blocks", str(stage * block + layout.layers), last)
    return ("output_blocks", str(stage * block + index), "1" if kind == "attentions" else "0")


def to_diffusers(name: str, layout: BlockLayout, joint: str = ".") -> str | None:
    """The diffusers name of an original UNet layer or tensor; None when it has none."""
    for nested, flat in _FIXED.items():
        if name == flat or name.startswith(f"{flat}."):
            return nested + name[len(flat) :]
    match = _FLAT.fullmatch(name)
    if match is None:
        return None
    side, slot, part, rest = match.groups()
    if side == "middle":
        place, kind = _middle_place(int(part))
    else:
        place, kind = _nested_place(side, int(slot), int(part), rest, layout)
    if kind == "resnets":
        rest = _swapped(rest, _RESNET_BACK, joint)
    elif kind == "downsamplers":
        rest = rest.replace("op", "conv", 1)
    return joint.join((*place, rest))


def _middle_place(part: int) -> tuple[tuple[str, ...], str]:
    kind = "attentions" if part % 2 else "resnets"
    return ("mid_block", kind, str(part // 2)), kind


def _nested_place(
    side: str, slot: int, part: int, rest: str, layout: BlockLayout
) -> tuple[tuple[str, ...], str]:
    stage = layout.layers + 1
    block, index = divmod(slot - 1 if side == "input" else slot, stage)
    kind = "attentions" if part == 1 else "resnets"
    if side == "input" and index == layout.layers:
        kind, index = "downsamplers", 0
    elif side == "output" and re.match(r"conv\b|conv_(weight|bias)", rest):
        kind, index = "upsamplers", 0
    return ("down_blocks" if side == "input" else "up_blocks", str(block), kind, str(index)), kind


def _swapped(rest: str, table: dict[str, str], joint: str) -> str:
    """``rest`` with its leading layer name exchanged; unknown names stay as they are."""
    for old, new in table.items():
        start = old.replace(".", joint)
        if rest == start or rest.startswith(f"{start}."):
            return new.replace(".", joint) + rest[len(start) :]
    return rest
