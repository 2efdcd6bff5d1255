"""Where the layers that LoRAs are made for lie in a model's files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.models import checkpoint_keys, lora_keys
from engine.models.block_names import BlockLayout, to_diffusers
from engine.models.family import FAMILIES, Family, TextEncoder
from engine.models.headers import read_json
from engine.models.inspect import inspect
from engine.models.loading import model_path
from engine.models.weights import weight_files
from engine.runtime.errors import ModelFileError

KeysOf = Callable[[Path], Iterable[str]]
_RESIDUAL = re.compile(
    r"(_resnets_|_downsamplers_|_upsamplers_|_in_layers_2|_out_layers_3|_emb_layers_1"
    r"|_skip_connection$|_op$|_blocks_\d+_\d_conv$)"
)
_ATTENTION = re.compile(r"(_transformer_blocks_|_proj_in$|_proj_out$)")
_OPEN_CLIP_LAYER = re.compile(r"transformer\.resblocks\.(\d+)\.(.+?)[._](weight)")
_OPEN_CLIP_NAMES = {
    "mlp.c_fc": ("mlp_fc1",),
    "mlp.c_proj": ("mlp_fc2",),
    "attn.out_proj": ("self_attn_out_proj",),
    "attn.in_proj": ("self_attn_q_proj", "self_attn_k_proj", "self_attn_v_proj"),
}


@dataclass(frozen=True)
class Slot:
    """A layer's weight: the tensor ``key``, or the third ``part`` (0, 1, 2) of its rows."""

    name: str
    part: int | None = None

    @property
    def is_text(self) -> bool:
        """Whether it belongs to a text encoder."""
        return self.name.startswith("lora_te")

    @property
    def encoder(self) -> str:
        """The text encoder's prefix, "" for the UNet."""
        return self.name.partition("_text_model_")[0] if self.is_text else ""

    @property
    def is_residual(self) -> bool:
        """Whether it is of the blocks that take part only with a convolution rank."""
        return not self.is_text and bool(_RESIDUAL.search(self.name))

    @property
    def is_adapted(self) -> bool:
        """Whether LoRAs are made for it at all."""
        if self.is_text:
            return bool(re.search(r"_(self_attn|mlp)_", self.name))
        return self.is_residual or bool(_ATTENTION.search(self.name))


@dataclass(frozen=True)
class WeightFile:
    """One file of a model, and the layers in it by tensor."""

    path: Path
    slots: dict[str, tuple[Slot, ...]]


def weight_places(ref: str, keys_of: KeysOf) -> tuple[str, list[WeightFile]]:
    """The family of a model and its files that LoRAs act on. ``keys_of`` lists a file's tensors.

    Raises MissingFileError, or ModelFileError for what is no model of a known family.
    """
    info = inspect(ref)
    path = model_path(ref)
    if info.kind != "base":
        raise ModelFileError(
            "{name} is not a base model.", name=path.name, remedy="Choose a checkpoint or a folder."
        )
    family = FAMILIES[info.family]
    if path.is_file():
        slots = _in_single_file(keys_of(path), family)
        return family.id, [WeightFile(path, slots)]
    files = []
    parts: list[tuple[str, TextEncoder | None]] = [("unet", None)]
    parts += [(encoder.folder, encoder) for encoder in family.text_encoders]
    for folder, encoder in parts:
        layout = BlockLayout.of(read_json(path / "unet" / "config.json"))
        for file in weight_files(path / folder):
            found = _in_folder(keys_of(file), family, layout, encoder)
            files.append(WeightFile(file, dict(found)))
    return family.id, files


def _in_folder(
    keys: Iterable[str], family: Family, layout: BlockLayout, encoder: TextEncoder | None
) -> Iterator[tuple[str, tuple[Slot, ...]]]:
    for key in keys:
        path, _, kind = key.rpartition(".")
        if kind != "weight":
            continue
        if encoder is not None:
            slot = Slot(lora_keys.text_lora_name(path, encoder.lora_prefix))
        else:
            original = family.original_lora_names
            slot = Slot(lora_keys.unet_lora_name(path, layout, original=original))
        if slot.is_adapted:
            yield key, (slot,)


def _in_single_file(keys: Iterable[str], family: Family) -> dict[str, tuple[Slot, ...]]:
    found = {}
    for key in keys:
        slots = _of_unet(key, family) or _of_text(key, family)
        if slots and slots[0].is_adapted:
            found[key] = slots
    return found


def _of_unet(key: str, family: Family) -> tuple[Slot, ...]:
    if not key.startswith(checkpoint_keys.UNET) or not key.endswith(".weight"):
        return ()
    path = key.removeprefix(checkpoint_keys.UNET).removesuffix(".weight")
    if not family.original_lora_names:
        path = to_diffusers(path, _SD) or path
    return (Slot("lora_unet_" + path.replace(".", "_")),)


_SD = BlockLayout(2, (False, True, True, True))


def _of_text(key: str, family: Family) -> tuple[Slot, ...]:
    for encoder in family.text_encoders:
        start = f"{encoder.single_file}."
        if not key.startswith(start):
            continue
        path = key.removeprefix(start)
        if encoder.open_clip:
            return _of_open_clip(path, encoder)
        if path.endswith(".weight"):
            path = path.removesuffix(".weight")
            return (Slot(lora_keys.text_lora_name(path, encoder.lora_prefix)),)
    return ()


def _of_open_clip(path: str, encoder: TextEncoder) -> tuple[Slot, ...]:
    layer = _OPEN_CLIP_LAYER.fullmatch(path)
    names = _OPEN_CLIP_NAMES.get(layer[2], ()) if layer else ()
    start = f"{encoder.lora_prefix}_text_model_encoder_layers_{layer[1] if layer else ''}_"
    if len(names) == 3:
        return tuple(Slot(start + name, part) for part, name in enumerate(names))
    return tuple(Slot(start + name) for name in names)
