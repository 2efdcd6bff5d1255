"""Reading tensors from disk, and putting them into models that were built without weights."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from engine.models import pickles
from engine.models.headers import read_header, read_json
from engine.runtime.errors import MissingFileError, ModelFileError

M = TypeVar("M", bound=torch.nn.Module)
_AGAIN = "Download or copy it again."


class _LightningCallback:
    """Stands in for a class that old checkpoints name as a key among their training records."""


_HARMLESS: list[Any] = [
    (_LightningCallback, "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint")
]


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a .safetensors file, or of a pickle through torch's restricted unpickler.

    A pickle's nested ``state_dict`` is unwrapped. ModelFileError when the file is empty,
    truncated, or asks for anything but tensors and plain values.
    """
    if path.suffix.lower() == ".safetensors":
        return _read_safetensors(path)
    pickles.read_names(path)
    try:
        with torch.serialization.safe_globals(_HARMLESS):
            loaded = torch.load(
                path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
            )
    except pickle.UnpicklingError as error:
        raise pickles.hostile(path, "code") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise _unreadable(path) from error
    loaded = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else {}
    tensors = {k: v for k, v in loaded.items() if isinstance(v, torch.Tensor)}
    if not tensors:
        raise ModelFileError(
            "{name} holds no tensors.", name=path.name, remedy="Choose a checkpoint of a model."
        )
    return tensors


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    read_header(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> ModelFileError:
    return ModelFileError(
        "{name} is not a readable checkpoint; it may end early.", name=path.name, remedy=_AGAIN
    )


_STEMS = ("diffusion_pytorch_model", "model", "pytorch_model")


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the weights of one part of a diffusers folder.

    Full precision comes before the fp16 variant, safetensors before pickles; a list of shards is
    followed. MissingFileError when there is none.
    """
    for suffix in ("safetensors", "bin"):
        for variant in ("", ".fp16"):
            for stem in _STEMS:
                single = folder / f"{stem}{variant}.{suffix}"
                if single.is_file():
                    return [single]
                index = folder / f"{stem}.{suffix}.index{variant}.json"
                if index.is_file():
                    return _shards(index)
    raise MissingFileError(
        "{folder} holds no weights.", folder=folder, remedy="Download or copy the model again."
    )


def _shards(index: Path) -> list[Path]:
    names = sorted(set(read_json(index)["weight_map"].values()))
    return [index.parent / Path(name).name for name in names]


def read_folder(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of one part of a diffusers folder."""
    tensors: dict[str, torch.Tensor] = {}
    for path in weight_files(folder):
        tensors |= read_tensors(path)
    return tensors


def fill(
    model: M,
    state: Mapping[str, torch.Tensor],
    *,
    source: str,
    part: str,
    device: torch.device,
    dtype: torch.dtype,
) -> M:
    """Give ``model``, built on the meta device, the weights ``state``; frozen, in eval mode.

    Tensors are copied, so that the file can be replaced while the model lives. ModelFileError
    when a weight is missing or has another shape.
    """
    wanted = model.state_dict()
    missing = [key for key in wanted if key not in state]
    if missing:
        raise ModelFileError(
            "{name} is not complete: {count} of {total} weights of its {part} are missing, "
            "first {first}.",
            name=source, count=len(missing), total=len(wanted), part=part, first=missing[0],
            remedy="Choose a checkpoint that holds the whole model.",
        )  # fmt: skip
    for key, place in wanted.items():
        if state[key].shape != place.shape:
            raise ModelFileError(
                "{name} holds another kind of model: {key} is {actual}, expected {expected}.",
                name=source, key=key, actual=tuple(state[key].shape),
                expected=tuple(place.shape), remedy="Inpainting and other variants are not read.",
            )  # fmt: skip
    ready = {key: state[key].to(device, dtype, copy=True).contiguous() for key in wanted}
    model.load_state_dict(ready, assign=True)
    _fill_positions(model, device)
    return model.requires_grad_(False).eval()


def _fill_positions(model: torch.nn.Module, device: torch.device) -> None:
    """Position numbers are computed, not stored, so they are still on the meta device."""
    for module in model.modules():
        ids = dict(module.named_buffers(recurse=False)).get("position_ids")
        if ids is not None and ids.is_meta:
            module.position_ids = torch.arange(ids.shape[-1], device=device).expand(ids.shape)
