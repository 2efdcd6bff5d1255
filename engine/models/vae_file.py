"""A VAE from a file or folder of its own, in place of the one a base model brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL

from engine.models import checkpoint_keys, single_file, weights
from engine.models.headers import read_json
from engine.models.loading import LoadedModel
from engine.runtime.errors import ModelFileError
from engine.runtime.files import require_file


def load_vae(path: Path, model: LoadedModel) -> Any:
    """The VAE in ``path``, for ``model``: on its device, in the dtype of the VAE it has.

    ``path`` is a diffusers folder (of a VAE or of a whole model) or a file: a whole checkpoint, or
    the VAE alone in the original or the diffusers layout. MissingFileError, or ModelFileError
    when it is no VAE or makes other latents.
    """
    config = dict(model.vae.config)
    if path.is_dir():
        folder = path / "vae" if (path / "vae").is_dir() else path
        config = read_json(require_file(folder / "config.json"))
        state = weights.read_folder(folder)
    else:
        state = weights.read_tensors(require_file(path))
    with torch.device("meta"):
        vae = AutoencoderKL.from_config(config)
    _check_size(vae, model, path)
    return weights.fill(
        vae,
        _by_diffusers_names(state, vae),
        source=path.name,
        part="VAE",
        device=model.device,
        dtype=model.vae.dtype,
    )


def _by_diffusers_names(state: dict[str, torch.Tensor], vae: Any) -> dict[str, torch.Tensor]:
    keys = list(vae.state_dict())
    prefix = checkpoint_keys.VAE
    if keys[0] in state and "encoder.down.0.block.0.conv1.weight" not in state:
        return state
    if not any(key.startswith(prefix) for key in state):
        state = {prefix + key: tensor for key, tensor in state.items()}
    return single_file.vae_state(state, keys, len(vae.config.block_out_channels))


def _check_size(vae: Any, model: LoadedModel, path: Path) -> None:
    own = model.vae.config
    if vae.config.latent_channels == own.latent_channels and len(
        vae.config.block_out_channels
    ) == len(own.block_out_channels):
        return
    raise ModelFileError(
        "The VAE {name} makes other latents than {model} learns.",
        name=path.name,
        model=model.name,
        remedy="Choose a VAE for this family of models.",
    )
