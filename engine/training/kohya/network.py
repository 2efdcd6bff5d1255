"""The kinds of adapters between kohya's types and our settings."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.training.config import TrainRequest
from engine.training.kohya.arguments import Arguments, Said
from engine.training.kohya.report import Line
from engine.training.reasons import Reason

# Settings that the scripts take as items of network_args, and those of them that only LyCORIS has.
NETWORK_ARGUMENTS = (
    "conv_dim", "conv_alpha", "rank_dropout", "module_dropout", "block_dims", "block_alphas",
    "conv_block_dims", "conv_block_alphas", "down_lr_weight", "mid_lr_weight", "up_lr_weight",
    "block_lr_zero_threshold", "loraplus_lr_ratio", "loraplus_unet_lr_ratio",
    "loraplus_text_encoder_lr_ratio", "algo", "dora_wd", "rs_lora", "factor", "decompose_both",
)  # fmt: skip
_LYCORIS_ONLY = ("algo", "dora_wd", "rs_lora", "factor", "decompose_both")
_LYCORIS = "lycoris.kohya"

_KINDS = {
    "Standard": "lora",
    "Kohya LoCon": "lora",
    "LyCORIS/LoCon": "lora",
    "Kohya LoHa": "loha",
    "LyCORIS/LoHa": "loha",
    "Kohya LoKr": "lokr",
    "LyCORIS/LoKr": "lokr",
}
_LINEAR = Reason("On the linear layers of UNet and text encoders.")
_ALSO_WIDE = Reason("On convolutions too, where they have a rank.")
# LyCORIS' presets by the settings that choose the same layers.
_PRESETS: dict[str, dict[str, Any]] = {
    "full": {},
    "attn-mlp": {"conv_dim": 0},
    "attn-only": {"conv_dim": 0, "layers_include": "attn1, attn2, self_attn"},
}


def take_kind(arguments: Arguments) -> None:
    """The type of the network as our kind of adapter."""
    said = arguments.pop("LoRA_type")
    if said is None:
        return
    if str(said.value) in _KINDS:
        value = _KINDS[str(said.value)]
        why = _LINEAR if said.value == "Standard" else _ALSO_WIDE
        arguments.say(dataclasses.replace(said, name="algo", value=value, why=why))
    else:
        why = Reason("{kind} is not trained here; a LoRA takes its place.", kind=said.value)
        line = Line(said.key, said.given, "unknown", {"network_type": "lora"}, why, said.present)
        arguments.lines.append(line)


def take_preset(arguments: Arguments) -> None:
    """LyCORIS' choice of layers."""
    said = arguments.pop("preset")
    if said is None:
        return
    if str(said.value) not in _PRESETS:
        why = Reason("The preset {name} is not known here. Left out.", name=said.value)
        line = Line(said.key, said.given, "unknown", why=why, present=said.present)
        arguments.lines.append(line)
        return
    why = Reason("The preset {name} chooses these layers.", name=said.value)
    for name, value in _PRESETS[str(said.value)].items():
        arguments.say(Said(name, value, said.key, said.given, why, said.present))
    if not _PRESETS[str(said.value)]:
        arguments.leave(said.key, said.given, Reason("All layers take part anyway."),
                        present=said.present)  # fmt: skip


def module_of(request: TrainRequest) -> str:
    """The network module of the scripts that trains the adapter of ``request``."""
    plain = request.network_type == "lora" and not (request.dora_wd or request.rs_lora)
    return "networks.lora" if plain else _LYCORIS


def items_of(request: TrainRequest, given: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The items of network_args, from the settings that go there; and the names of those among
    them that the module does not take.
    """
    told = {name: value for name, value in given.items() if value not in (0, "", False, None)}
    if not (told.get("conv_dim") or told.get("conv_block_dims")):
        told.pop("conv_alpha", None)
    if module_of(request) != _LYCORIS:
        for name in _LYCORIS_ONLY:
            told.pop(name, None)
        return _pairs(told), []
    lost = [name for name in told if "block" in name or "weight" in name or "plus" in name]
    kept = {name: value for name, value in told.items() if name not in lost}
    if request.network_type != "lokr":
        kept.pop("factor", None)
    kept["algo"] = "locon" if request.network_type == "lora" else request.network_type
    kept["preset"] = "full" if request.conv_dim else "attn-mlp"
    return _pairs(kept), lost


def _pairs(values: dict[str, Any]) -> list[str]:
    return [f"{name}={_without_gaps(value)}" for name, value in values.items()]


def _without_gaps(value: Any) -> str:
    return str(value).replace(", ", ",")
