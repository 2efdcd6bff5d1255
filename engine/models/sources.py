"""Where the parts of a base model come from: a diffusers folder, or one file and our configs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import safe_open

from engine.models import checkpoint_keys, single_file, weights
from engine.models.block_names import BlockLayout
from engine.models.family import CLIP_VOCABULARY, STARTER_FOLDER, Family, TextEncoder
from engine.models.headers import read_json
from engine.models.inspect import prediction_type

Config = dict[str, Any]
State = Mapping[str, torch.Tensor]
TOKENIZER = STARTER_FOLDER / "tokenizer"


class Source(Protocol):
    """The parts of one model. ``keys`` are the tensor names that a part needs."""

    def config(self, part: str) -> Config: ...
    def unet(self, keys: Sequence[str], config: Config) -> State: ...
    def vae(self, keys: Sequence[str], config: Config) -> State: ...
    def text(self, keys: Sequence[str], encoder: TextEncoder) -> State: ...
    def tokenizer_folder(self, encoder: TextEncoder, vocabulary: int) -> Path: ...
    def scheduler(self, family: Family, predicts: str | None) -> Config: ...
    def native_size(self, family: Family, predicts: str, unet: Any, vae: Any) -> int: ...


class Folder:
    """A diffusers folder: everything is beside the weights."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def config(self, part: str) -> Config:
        """The config of ``part``."""
        return read_json(self._path / part / "config.json")

    def unet(self, keys: Sequence[str], config: Config) -> State:
        """The UNet's tensors."""
        return weights.read_folder(self._path / "unet")

    def vae(self, keys: Sequence[str], config: Config) -> State:
        """The VAE's tensors; folders made before 2023 name its attention layers otherwise."""
        state = weights.read_folder(self._path / "vae")
        return {_today(key): tensor for key, tensor in state.items()}

    def text(self, keys: Sequence[str], encoder: TextEncoder) -> State:
        """A text encoder's tensors, with ``text_model.`` where this transformers has it."""
        state = weights.read_folder(self._path / encoder.folder)
        plain = {key.removeprefix("text_model."): tensor for key, tensor in state.items()}
        found = {key: plain.get(key.removeprefix("text_model.")) for key in keys}
        return {key: tensor for key, tensor in found.items() if tensor is not None}

    def tokenizer_folder(self, encoder: TextEncoder, vocabulary: int) -> Path:
        """The folder's own tokenizer where its vocabulary is not CLIP's."""
        return TOKENIZER if vocabulary == CLIP_VOCABULARY else self._path / encoder.tokenizer

    def scheduler(self, family: Family, predicts: str | None) -> Config:
        """The noise schedule; epsilon when the config does not say what the UNet predicts."""
        config = read_json(self._path / "scheduler" / "scheduler_config.json")
        return config | {"prediction_type": predicts or config.get("prediction_type", "epsilon")}

    def native_size(self, family: Family, predicts: str, unet: Any, vae: Any) -> int:
        """Pixels along the side of the pictures it was trained on."""
        return int(unet.config.sample_size * 2 ** (len(vae.config.block_out_channels) - 1))


_OLD_ATTENTION = {
    ".query.": ".to_q.",
    ".key.": ".to_k.",
    ".value.": ".to_v.",
    ".proj_attn.": ".to_out.0.",
}


def _today(key: str) -> str:
    for old, new in _OLD_ATTENTION.items():
        key = key.replace(old, new)
    return key


class SingleFile:
    """A single-file checkpoint; configs of its family come from ``configs``."""

    def __init__(self, path: Path, configs: Path) -> None:
        self._path = path
        self._configs = configs

    @functools.cached_property
    def _state(self) -> dict[str, torch.Tensor]:
        return weights.read_tensors(self._path)

    def config(self, part: str) -> Config:
        """The family's config of ``part``."""
        return read_json(self._configs / part / "config.json")

    def unet(self, keys: Sequence[str], config: Config) -> State:
        """The UNet's tensors by diffusers' names."""
        return single_file.unet_state(self._state, keys, BlockLayout.of(config))

    def vae(self, keys: Sequence[str], config: Config) -> State:
        """The VAE's tensors by diffusers' names."""
        return single_file.vae_state(self._state, keys, len(config["block_out_channels"]))

    def text(self, keys: Sequence[str], encoder: TextEncoder) -> State:
        """A text encoder's tensors by transformers' names."""
        return single_file.text_state(self._state, keys, encoder)

    def tokenizer_folder(self, encoder: TextEncoder, vocabulary: int) -> Path:
        """CLIP's vocabulary, which all families share."""
        return TOKENIZER

    def scheduler(self, family: Family, predicts: str | None) -> Config:
        """The family's noise schedule with what the file says of itself."""
        config = read_json(self._configs / "scheduler" / "scheduler_config.json")
        config["prediction_type"] = predicts or self._recognised(family)
        config["rescale_betas_zero_snr"] = checkpoint_keys.ZERO_SNR_MARKER in self._state
        return config

    def _recognised(self, family: Family) -> str:
        tensor = self._state.get(checkpoint_keys.SD2_V_TENSOR)
        # A file without this tensor has been refused by now; 0.0 only satisfies the type.
        spread = 0.0 if tensor is None else float(tensor.float().std(correction=0))
        return prediction_type(family.id, self._state, self._metadata(), spread)

    def _metadata(self) -> dict[str, str]:
        if self._path.suffix.lower() != ".safetensors":
            return {}
        with safe_open(self._path, "pt") as file:
            return file.metadata() or {}

    def native_size(self, family: Family, predicts: str, unet: Any, vae: Any) -> int:
        """Pixels along the side of the pictures this variant of the family was trained on."""
        return family.version(predicts).native_size
