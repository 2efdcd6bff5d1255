"""Tensors of single-file checkpoints (the original latent-diffusion layout) for diffusers models.

The tensors are found by name and checked by the model they go into, so that nothing here depends
on the widths of a particular release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.models import checkpoint_keys
from engine.models.block_names import BlockLayout

if TYPE_CHECKING:
    import torch

    from engine.models.family import TextEncoder

State = Mapping[str, "torch.Tensor"]


def unet_state(state: State, keys: Iterable[str], layout: BlockLayout) -> dict[str, torch.Tensor]:
    """The UNet's tensors, by their diffusers names ``keys``; what is missing is left out."""
    sources = {key: checkpoint_keys.unet_source(key, layout) for key in keys}
    return {key: state[source] for key, source in sources.items() if source in state}


def vae_state(state: State, keys: Iterable[str], stages: int) -> dict[str, torch.Tensor]:
    """The VAE's tensors, by their diffusers names; attention weights become [out, in]."""
    found = {}
    for key in keys:
        tensor = state.get(checkpoint_keys.vae_source(key, stages))
        if tensor is not None:
            linear = checkpoint_keys.is_vae_attention(key) and tensor.ndim == 4
            found[key] = tensor[:, :, 0, 0] if linear else tensor
    return found


def text_state(state: State, keys: Iterable[str], encoder: TextEncoder) -> dict[str, torch.Tensor]:
    """A text encoder's tensors, by their transformers names.

    Layers that the file has beyond the model's are dropped: SD 2.x conditions on the last but one.
    """
    found = {}
    for key in keys:
        plain = key.removeprefix("text_model.")
        source = checkpoint_keys.text_source(plain, encoder)
        # Some merges of SD 1.x lost this step of the path.
        tensor = state.get(source, state.get(source.replace(".text_model.", ".")))
        if tensor is not None:
            found[key] = _open_clip_part(plain, tensor) if encoder.open_clip else tensor
    return found


def _open_clip_part(key: str, tensor: torch.Tensor) -> torch.Tensor:
    """Query, key or value of the joint tensor; the projection matrix transposed to [out, in]."""
    for index, name in enumerate(("q_proj", "k_proj", "v_proj")):
        if f".{name}." in key and tensor.shape[0] % 3 == 0:
            return tensor.chunk(3)[index]
    return tensor.T if key == "text_projection.weight" else tensor
