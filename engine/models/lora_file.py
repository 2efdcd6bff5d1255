"""Adapter files as they are written: kohya's names, with the hashes tools expect."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save, save_file

from engine.runtime.files import write_by_name


def write_lora(
    path: str | Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]
) -> None:
    """Write kohya-named ``tensors`` atomically; adds ``sshs_model_hash`` and ``sshs_legacy_hash``.

    Both hashes are computed as kohya's scripts do: over the data section, and over 64 KiB at
    offset 1 MiB of the file as it would be with only its ``ss_`` metadata. StorageError when the
    file cannot be written.
    """
    path = Path(path)
    plain = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    header = {key: str(value) for key, value in metadata.items()}
    header |= _hashes(plain, {k: v for k, v in header.items() if k.startswith("ss_")})
    header["format"] = "pt"
    write_by_name(path, lambda name: save_file(plain, name, metadata=header))


def _hashes(tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> dict[str, str]:
    data = save(tensors, metadata)
    start = 8 + int.from_bytes(data[:8], "little")
    return {
        "sshs_model_hash": hashlib.sha256(memoryview(data)[start:]).hexdigest(),
        "sshs_legacy_hash": hashlib.sha256(data[0x100000:0x110000]).hexdigest()[:8],
    }
