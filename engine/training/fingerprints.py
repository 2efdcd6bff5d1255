"""What tells one model from another by content, for the names of cached files."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch

# How PEFT names what it adds to a layer, and the layer in its wrapper.
_ADDED = (".lora_", ".hada_", ".lokr_")
_WRAPPED = ".base_layer."


def of_weights(module: torch.nn.Module) -> str:
    """SHA-256 of all tensors of ``module`` with their names and dtypes; adapters do not count."""
    digest = hashlib.sha256()
    for name, tensor in sorted(_plain(module).items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _plain(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {
        name.replace(_WRAPPED, "."): tensor
        for name, tensor in module.state_dict().items()
        if not any(part in name for part in _ADDED)
    }


def of_tokenizer(tokenizer: Any) -> str:
    """SHA-256 of vocabulary, merges and special tokens."""
    whole = json.loads(tokenizer.backend_tokenizer.to_str())
    # What is asked for at a call, such as the length, is left behind in it.
    model = {key: whole.get(key) for key in ("model", "normalizer", "pre_tokenizer")}
    special = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    text = json.dumps([model, special], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
