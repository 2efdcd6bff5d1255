"""The names of LoRA modules, in every notation that is met, brought to kohya's.

kohya's name is a prefix and the module's path with underscores: diffusers' path for the UNets of
SD 1.x and 2.x, the original code's for SDXL's, and always ``text_model_encoder_layers_…`` for text
encoders, whatever the installed transformers calls its modules.

A tensor's key is such a name with one of the endings of :data:`ENDINGS`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.models import block_names

if TYPE_CHECKING:
    from engine.models.block_names import BlockLayout

Part = Literal["down", "up", "alpha"]

ENDINGS: tuple[tuple[str, Part], ...] = (
    (".lora_linear_layer.down.weight", "down"),
    (".lora_linear_layer.up.weight", "up"),
    (".lora_down.weight", "down"),
    (".lora_up.weight", "up"),
    (".lora.down.weight", "down"),
    (".lora.up.weight", "up"),
    ("_lora.down.weight", "down"),
    ("_lora.up.weight", "up"),
    (".lora_A.default.weight", "down"),
    (".lora_B.default.weight", "up"),
    (".lora_A.weight", "down"),
    (".lora_B.weight", "up"),
    (".alpha", "alpha"),
)
# The tensors of adapters as LyCORIS's files end them; PEFT's name of DoRA's magnitude after them.
_WOVEN = (
    "lora_mid.weight", "dora_scale",
    "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2",
    "lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2",
)  # fmt: skip
_ADAPTER_ENDINGS = {
    **{f".{ending}": ending for ending in _WOVEN},
    ".lora_magnitude_vector.weight": "dora_scale",
    ".lora_magnitude_vector": "dora_scale",
}
_OF_LORA = {"down": "lora_down.weight", "up": "lora_up.weight", "alpha": "alpha"}
# Adapters of kinds that are not read, by the ending of their tensors.
OTHER_KINDS = {"oft_blocks": "OFT", "on_input": "IA3", "diff": "full-difference"}
_UNET = ("lora_unet_", "base_model.model.", "unet.", "diffusion_model.", "model.diffusion_model.")
_TEXT = {
    "lora_te1_": 0, "lora_te2_": 1, "lora_te_": 0,
    "text_encoder_2.": 1, "text_encoder.": 0,
    "text_encoders.clip_l.transformer.": 0, "text_encoders.clip_g.transformer.": 1,
    "text_encoders.clip_h.transformer.": 0,
}  # fmt: skip
# kohya's scripts use the original names for SDXL only.
_KOHYA_ORIGINAL = ("lora_unet_input_blocks_", "lora_unet_middle_", "lora_unet_output_blocks_")
_TEXT_PATH = re.compile(r"(?:text_model_)?encoder_layers_(\d+)_(self_attn|mlp)_(\w+)")
_UNET_PATH = re.compile(
    r"(down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block)_"
)


@dataclass(frozen=True)
class ModuleName:
    """Where a module belongs: ``encoder`` None is the UNet, else the text encoder's index.

    ``path`` is its path with underscores and without prefix. ``two_encoders`` says that the name
    itself tells of a model with two text encoders.
    """

    path: str
    encoder: int | None
    two_encoders: bool = False


def split_key(key: str) -> tuple[str, Part] | None:
    """The module and the part of a tensor's key; None when it is no LoRA tensor."""
    for ending, part in ENDINGS:
        if key.endswith(ending):
            return key[: -len(ending)], part
    return None


def split_adapter_key(key: str) -> tuple[str, str] | None:
    """The module of an adapter's tensor and its ending as LyCORIS and kohya write it; None when
    the tensor is none of a LoRA, LoHa or LoKr.
    """
    if found := split_key(key):
        return found[0], _OF_LORA[found[1]]
    for ending, plain in _ADAPTER_ENDINGS.items():
        if key.endswith(ending):
            return key[: -len(ending)], plain
    return None


def other_kind(keys: Iterable[str]) -> str:
    """The kind of adapter that ``keys`` hold when it is one that is not read, else ""."""
    for key in keys:
        for ending, kind in OTHER_KINDS.items():
            if key.endswith(f".{ending}"):
                return kind
    return ""


def holds_adapter(keys: Iterable[str]) -> bool:
    """Whether ``keys`` are of an adapter of any kind and family, also of those not read here."""
    keys = list(keys)
    return any(split_adapter_key(key) for key in keys) or bool(other_kind(keys))


def parse_module(module: str) -> ModuleName | None:
    """Read a module's name in kohya's, diffusers', PEFT's or ComfyUI's notation."""
    for prefix, encoder in _TEXT.items():
        if module.startswith(prefix):
            path = _underscored(module[len(prefix) :])
            found = _TEXT_PATH.fullmatch(path)
            if found is None:
                return None
            path = f"text_model_{path.removeprefix('text_model_')}"
            two = encoder == 1 or prefix == "lora_te1_"
            return ModuleName(path, encoder, two)
    for prefix in _UNET:
        module = module.removeprefix(prefix)
    path = _underscored(module)
    return ModuleName(path, None) if _UNET_PATH.match(path) else None


def _underscored(path: str) -> str:
    """Dots to underscores; old diffusers' ``processor.to_q`` and ``to_out`` as modules today."""
    path = path.replace(".", "_").replace("_processor_to_", "_to_")
    return f"{path}_0" if path.endswith("_to_out") else path


def kohya_name(name: ModuleName, *, sdxl: bool) -> str:
    """kohya's name of a module of an SDXL model (``sdxl``) or of SD 1.x and 2.x."""
    if name.encoder is not None:
        return f"lora_te{name.encoder + 1 if sdxl else ''}_{name.path}"
    if sdxl:
        renamed = block_names.to_original(name.path, block_names.SDXL_LAYOUT, "_")
    else:
        renamed = block_names.to_diffusers(name.path, block_names.SD_LAYOUT, "_")
    return f"lora_unet_{renamed or name.path}"


def unet_lora_name(path: str, layout: BlockLayout, *, original: bool) -> str:
    """The LoRA name of the UNet module at diffusers' ``path`` (dots)."""
    if original:
        path = block_names.to_original(path, layout) or path
    return "lora_unet_" + path.replace(".", "_")


def text_lora_name(path: str, prefix: str) -> str:
    """The LoRA name of the text encoder module at ``path``, with or without ``text_model.``."""
    return f"{prefix}_text_model_" + path.removeprefix("text_model.").replace(".", "_")


Shapes = Mapping[str, tuple[int, ...]]  # empty tuples where only names are known


def family_of(shapes: Shapes, metadata: Mapping[str, str]) -> str:
    """The family of a LoRA from its tensors' keys and shapes; "" when it cannot be told.

    The width of the text conditioning decides (768, 1024, 2048), then names that only one family
    has, then what the file says of itself.
    """
    modules = [(parse_module(m), part, shape) for m, part, shape in _modules(shapes)]
    known = [(name, part, shape) for name, part, shape in modules if name is not None]
    if not known:
        return ""
    if any(name.two_encoders for name, _, _ in known) or _deep(known):
        return "sdxl"
    if by_width := _by_width(known):
        return by_width
    if any(key.startswith(_KOHYA_ORIGINAL) for key in shapes):
        return "sdxl"
    return _by_metadata(metadata) or _by_projection(known)


def context_width(shapes: Shapes) -> int | None:
    """The channels of the text conditioning that the LoRA's cross attention expects, if any."""
    widths = [
        shape[1]
        for module, part, shape in _modules(shapes)
        if part == "down"
        and len(shape) > 1
        and re.search(r"attn2[._](processor[._])?to_[kv]$", module)
    ]
    return widths[0] if widths else None


def rank_of(shapes: Shapes) -> int | None:
    """The most common rank of an adapter of any kind, if there is one."""
    ranks = Counter(
        shape[0] for _, part, shape in _modules(shapes) if part == "down" and shape and shape[0]
    )
    return ranks.most_common(1)[0][0] if ranks else None


def _modules(shapes: Shapes) -> Iterable[tuple[str, Part, tuple[int, ...]]]:
    """The tensors of a LoRA; of other kinds, what the down of a LoRA would be in their place."""
    for key, shape in shapes.items():
        found = split_key(key)
        if found is not None:
            yield *found, shape
        elif key.endswith(".hada_w1_b"):
            yield key.removesuffix(".hada_w1_b"), "down", shape
        elif key.endswith((".lokr_w1", ".lokr_w1_b")):
            module = key.rpartition(".")[0]
            yield module, "down", _down_of_lokr(shapes, module, shape)


def _down_of_lokr(shapes: Shapes, module: str, first: tuple[int, ...]) -> tuple[int, ...]:
    whole = shapes.get(f"{module}.lokr_w2")
    second = shapes.get(f"{module}.lokr_w2_b", ()) if whole is None else whole
    if len(first) < 2 or len(second) < 2:
        return ()
    return (0 if whole is not None else second[0], first[1] * second[1], *second[2:])


_Known = list[tuple[ModuleName, Part, tuple[int, ...]]]


def _deep(known: _Known) -> bool:
    """Only SDXL has ten transformer layers in a place, or its original stage numbers."""
    return any(
        name.encoder is None
        and re.search(
            r"transformer_blocks_[2-9]_|output_blocks_[0-2]_1_transf|up_blocks_0_attentions",
            name.path,
        )
        for name, _, _ in known
    )


def _by_width(known: _Known) -> str:
    families = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
    for name, part, shape in known:
        context = name.encoder is None and re.search(r"attn2_to_[kv]$", name.path)
        text = name.encoder == 0 and name.path.endswith(("_q_proj", "_fc1"))
        if part == "down" and len(shape) > 1 and (context or text) and shape[1] in families:
            return families[shape[1]]
    return ""


def _by_metadata(metadata: Mapping[str, str]) -> str:
    version = metadata.get("ss_base_model_version", "") or metadata.get("baseModel", "")
    architecture = metadata.get("modelspec.architecture", "")
    for family, starts in {
        "sdxl": ("sdxl", "stable-diffusion-xl"),
        "sd2": ("sd_v2", "stable-diffusion-v2"),
        "sd1": ("sd_v1", "stable-diffusion-v1"),
    }.items():
        if version.startswith(starts) or architecture.startswith(starts):
            return family
    return ""


def _by_projection(known: _Known) -> str:
    """SD 1.x projects by 1x1 convolutions, the others by linear layers."""
    for name, part, shape in known:
        if part == "down" and name.path.endswith(("proj_in", "proj_out")) and shape:
            return "sd1" if len(shape) == 4 else "sd2"
    return "sd1" if any(name.encoder is None for name, _, _ in known) else ""
