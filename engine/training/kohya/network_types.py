"""The kinds of adapters by kohya's names, and which fields of the form go with which."""

from __future__ import annotations

_BLOCKS = {
    "down_lr_weight", "mid_lr_weight", "up_lr_weight", "block_lr_zero_threshold", "block_dims",
    "block_alphas",
}  # fmt: skip
_CONV_BLOCKS = {"conv_block_dims", "conv_block_alphas"}
_PLUS = {"loraplus_lr_ratio", "loraplus_unet_lr_ratio", "loraplus_text_encoder_lr_ratio"}
_CONV = {"conv_dim", "conv_alpha"}
_DROPS = {"rank_dropout", "module_dropout"}
_LYCORIS = _CONV | _DROPS | {
    "LyCORIS_preset", "bypass_mode", "dora_wd", "rank_dropout_scale", "train_norm", "use_scalar",
    "use_tucker", "use_cp",
}  # fmt: skip

_STANDARD = _BLOCKS | _CONV_BLOCKS | _PLUS | _DROPS
_SENT: dict[str, set[str]] = {
    "Standard": _STANDARD,
    "LoRA-FA": _STANDARD,
    "Kohya LoCon": _STANDARD | _CONV,
    "Kohya LoHa": _CONV | _DROPS | {"use_tucker"},
    "Kohya LoKr": _CONV | _DROPS | {"use_tucker", "factor"},
    "Kohya DyLoRA": _CONV | _DROPS | {"unit"},
    "LyCORIS/LoCon": _LYCORIS,
    "LyCORIS/LoHa": _LYCORIS,
    "LyCORIS/LoKr": _LYCORIS | {"factor", "decompose_both"},
    "LyCORIS/DyLoRA": _LYCORIS | {"unit"},
    "LyCORIS/BOFT": _LYCORIS | {"factor", "constrain", "rescaled"},
    "LyCORIS/Diag-OFT": _LYCORIS | {"constrain", "rescaled"},
    "LyCORIS/GLoRA": _LYCORIS,
    "LyCORIS/iA3": {"LyCORIS_preset", "train_on_input"},
    "LyCORIS/Native Fine-Tuning": {"LyCORIS_preset"},
}
_ANY = set().union(*_SENT.values())

# How the scripts name them: the module, and LyCORIS' algorithm.
MODULES: dict[str, tuple[str, str]] = {
    "Standard": ("networks.lora", ""),
    "Kohya LoCon": ("networks.lora", ""),
    "LoRA-FA": ("networks.lora_fa", ""),
    "Kohya LoHa": ("networks.loha", ""),
    "Kohya LoKr": ("networks.lokr", ""),
    "Kohya DyLoRA": ("networks.dylora", ""),
    "LyCORIS/LoCon": ("lycoris.kohya", "locon"),
    "LyCORIS/LoHa": ("lycoris.kohya", "loha"),
    "LyCORIS/LoKr": ("lycoris.kohya", "lokr"),
    "LyCORIS/DyLoRA": ("lycoris.kohya", "dylora"),
    "LyCORIS/BOFT": ("lycoris.kohya", "boft"),
    "LyCORIS/Diag-OFT": ("lycoris.kohya", "diag-oft"),
    "LyCORIS/GLoRA": ("lycoris.kohya", "glora"),
    "LyCORIS/iA3": ("lycoris.kohya", "ia3"),
    "LyCORIS/Native Fine-Tuning": ("lycoris.kohya", "full"),
}


def sent_with(kind: str, name: str) -> bool:
    """Whether a form of the type ``kind`` sends the field ``name``; unknown types send all."""
    return name not in _ANY or name in _SENT.get(kind, _ANY)


def type_of(module: str, algo: str, convolutions: bool) -> str:
    """The form's name of a script's network module; the module itself when it has none."""
    if module == "networks.lora":
        return "Kohya LoCon" if convolutions else "Standard"
    algo = {"lora": "locon"}.get(algo, algo) if module == "lycoris.kohya" else ""
    found = [name for name, parts in MODULES.items() if parts == (module, algo)]
    return found[0] if found else " ".join(part for part in (module, algo) if part)
