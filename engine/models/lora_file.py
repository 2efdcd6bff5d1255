"""LoRA files: read in every naming that is met, written in kohya's, with the hashes tools expect.

A module of a LoRA adds ``alpha / rank * up(down(x))`` to what a layer gives.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save, save_file

from engine.models import lora_keys
from engine.models.adapter_file import adapter_of
from engine.models.adapter_kinds import DOWN, UP
from engine.models.headers import read_header
from engine.models.weights import read_tensors
from engine.runtime.errors import ModelFileError
from engine.runtime.files import write_by_name


@dataclass(frozen=True)
class LoraModule:
    """One module: ``down`` [rank, in(, k, k)], ``up`` [out, rank(, 1, 1)], and its alpha."""

    down: torch.Tensor
    up: torch.Tensor
    alpha: float

    @property
    def rank(self) -> int:
        """The inner width."""
        return int(self.down.shape[0])


@dataclass(frozen=True)
class LoraFile:
    """A LoRA in memory: modules by kohya's names. ``unknown`` are keys that were not understood."""

    path: Path
    family: str
    modules: dict[str, LoraModule]
    metadata: dict[str, str]
    unknown: tuple[str, ...]

    @property
    def rank(self) -> int:
        """The most common rank."""
        return Counter(module.rank for module in self.modules.values()).most_common(1)[0][0]

    @property
    def alpha(self) -> float:
        """The most common alpha."""
        return Counter(module.alpha for module in self.modules.values()).most_common(1)[0][0]

    @property
    def trigger_word(self) -> str:
        """The word that calls the style, as the file says, else ""."""
        return self.metadata.get("modelspec.trigger_phrase", "")

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """The file as kohya writes it."""
        return to_tensors(self.modules)


def to_tensors(modules: Mapping[str, LoraModule]) -> dict[str, torch.Tensor]:
    """``modules`` as kohya's tensors: lora_down.weight, lora_up.weight and a 0-d alpha of each."""
    tensors = {}
    for name, module in modules.items():
        tensors[f"{name}.lora_down.weight"] = module.down
        tensors[f"{name}.lora_up.weight"] = module.up
        tensors[f"{name}.alpha"] = torch.tensor(module.alpha, dtype=module.down.dtype)
    return tensors


def read_lora(path: str | Path) -> LoraFile:
    """Read a LoRA for SD 1.x, SD 2.x or SDXL in kohya's, diffusers', PEFT's or ComfyUI's naming.

    ModelFileError when the file is damaged, is no LoRA, is of an unknown family, or is an adapter
    of another kind (LoHa, LoKr, DoRA …), which :func:`engine.models.adapter_file.read_adapter`
    reads.
    """
    path = Path(path)
    tensors = read_tensors(path)
    metadata = read_header(path).metadata if path.suffix.lower() == ".safetensors" else {}
    kind = lora_keys.other_kind(tensors)
    if kind:
        raise ModelFileError(
            "{name} is a {kind} adapter, not a plain LoRA.",
            name=path.name,
            kind=kind,
            remedy="Use a LoRA (LoCon included).",
        )
    file = adapter_of(path, tensors, metadata)
    modules = {
        name: LoraModule(module.tensors[DOWN], module.tensors[UP], module.alpha)
        for name, module in file.modules.items()
    }
    return LoraFile(path, file.family, modules, metadata, file.unknown)


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
