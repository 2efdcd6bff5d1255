"""What tells one model from another by content, for the names of cached files."""

from __future__ import annotations

import hashlib
from typing import Any

import torch

from engine.models.adapter_layers import adapted_layers

# Of engine.models.adapter_modules: what a wrapper adds to a layer, and the layer in it.
_ADDED, _WRAPPED = ".held.", ".host."


def of_weights(module: torch.nn.Module) -> str:
    """SHA-256 of all tensors of ``module`` with their names and dtypes, and of the adapters that
    act on it; others do not count.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(_plain(module).items()):
        _count(digest, name, tensor)
    for path, layer in adapted_layers(module):
        for adapter, weight in layer.acting:
            digest.update(f"{adapter.kind} {adapter.scale} {weight}".encode())
            for ending, tensor in adapter.tensors.items():
                _count(digest, f"{path}.{ending}", tensor)
    return digest.hexdigest()


def _count(digest: hashlib._Hash, name: str, tensor: torch.Tensor) -> None:
    digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    digest.update(flat.view(torch.uint8).numpy().tobytes())


def _plain(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {
        name.replace(_WRAPPED, "."): tensor
        for name, tensor in module.state_dict().items()
        if _ADDED not in name
    }


def of_tokenizer(tokenizer: Any) -> str:
    """SHA-256 of vocabulary, merges and special tokens."""
    # What stands before them in it was asked for at a call, such as the length.
    _, _, lasting = tokenizer.backend_tokenizer.to_str().partition('"added_tokens"')
    special = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    return hashlib.sha256(f"{special} {lasting}".encode()).hexdigest()
