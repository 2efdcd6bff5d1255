"""Adapter files of every kind: LoRA, LoCon, LoHa, LoKr, each with or without a DoRA magnitude.

Tucker forms (a kernel of its own between down and up) are multiplied out when they are read: the
change is the same, and so there is one form of each kind.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.models import lora_keys
from engine.models.adapter_kinds import (
    DOWN,
    MAGNITUDE,
    AdapterModule,
    Kind,
    belong_together,
    kind_of,
    rank_of,
)
from engine.models.family import FAMILIES
from engine.models.headers import read_header
from engine.models.inspect import unknown_family
from engine.models.weights import read_tensors
from engine.runtime.errors import ModelFileError

KIND_LABELS = {"lora": "LoRA", "loha": "LoHa", "lokr": "LoKr"}
_STARTS = {"lora": "lora_", "loha": "hada_", "lokr": "lokr_"}


@dataclass(frozen=True)
class AdapterFile:
    """An adapter in memory: modules by kohya's names. ``unknown`` are keys not understood."""

    path: Path
    family: str
    modules: dict[str, AdapterModule]
    metadata: dict[str, str]
    unknown: tuple[str, ...]

    @property
    def left_out(self) -> list[str]:
        """The modules that :attr:`unknown` keys are of; a key itself that is of a module which is
        understood otherwise, or of none.
        """
        named = []
        sdxl = FAMILIES[self.family].original_lora_names
        for key in self.unknown:
            module = (lora_keys.split_adapter_key(key) or (key,))[0]
            parsed = lora_keys.parse_module(module)
            taken = parsed and lora_keys.kohya_name(parsed, sdxl=sdxl) in self.modules
            named.append(key if taken else module)
        return list(dict.fromkeys(named))

    @property
    def rank(self) -> int:
        """The most common rank."""
        return Counter(module.rank for module in self.modules.values()).most_common(1)[0][0]

    @property
    def alpha(self) -> float:
        """The most common alpha."""
        return Counter(module.alpha for module in self.modules.values()).most_common(1)[0][0]

    @property
    def kind(self) -> str:
        """What users call it: LoRA, LoHa, LoKr, and DoRA when it has magnitudes."""
        kind = Counter(module.kind for module in self.modules.values()).most_common(1)[0][0]
        stretched = any(MAGNITUDE in module.tensors for module in self.modules.values())
        return f"{KIND_LABELS[kind]}, DoRA" if stretched else KIND_LABELS[kind]

    @property
    def trigger_word(self) -> str:
        """The word that calls the style, as the file says, else ""."""
        return self.metadata.get("modelspec.trigger_phrase", "")


def read_adapter(path: str | Path) -> AdapterFile:
    """Read an adapter for SD 1.x, SD 2.x or SDXL, with LyCORIS's, kohya's, diffusers', PEFT's or
    ComfyUI's names.

    ModelFileError when the file is damaged, no adapter, or of an unknown family.
    """
    path = Path(path)
    tensors = read_tensors(path)
    metadata = read_header(path).metadata if path.suffix.lower() == ".safetensors" else {}
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    family = lora_keys.family_of(shapes, metadata)
    if not family:
        raise unknown_family(path, shapes)
    grouped, unknown = _grouped(tensors)
    sdxl = FAMILIES[family].original_lora_names
    said = _AlphasOfPeft(metadata)
    modules = {}
    for name, keys in grouped.items():
        parsed = lora_keys.parse_module(name)
        parts = plain({ending: tensors[key] for ending, key in keys.items()})
        module = _module(parts, said(name, rank_of(parts)))
        kohya = lora_keys.kohya_name(parsed, sdxl=sdxl) if parsed is not None else ""
        if module is None or not kohya or kohya in modules:
            unknown.extend(keys.values())
            continue
        if not belong_together(module.kind, module.tensors):
            raise ModelFileError(
                "The parts of {module} in {name} do not belong together.",
                name=path.name, module=name, remedy="Download or copy it again.",
            )  # fmt: skip
        unknown.extend(key for ending, key in keys.items() if not _belongs(ending, module))
        modules[kohya] = module
    if not modules:
        raise unknown_family(path, shapes)
    return AdapterFile(path, family, modules, metadata, tuple(unknown))


def to_tensors(modules: Mapping[str, AdapterModule]) -> dict[str, Tensor]:
    """``modules`` as a file holds them: their tensors and a 0-d alpha of each."""
    tensors: dict[str, Tensor] = {}
    for name, module in modules.items():
        tensors |= {f"{name}.{ending}": tensor for ending, tensor in module.tensors.items()}
        dtype = next(iter(module.tensors.values())).dtype
        tensors[f"{name}.alpha"] = torch.tensor(module.alpha, dtype=dtype)
    return tensors


def from_tensors(tensors: Mapping[str, Tensor]) -> dict[str, AdapterModule]:
    """The modules of tensors that have kohya's names; a missing alpha is the rank."""
    found = {}
    for name, keys in _grouped(tensors)[0].items():
        module = _module(plain({ending: tensors[key] for ending, key in keys.items()}), None)
        if module is not None:
            found[name] = module
    return found


def _grouped(tensors: Mapping[str, Tensor]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Keys by module and ending, and the keys that are none of an adapter's."""
    grouped: dict[str, dict[str, str]] = {}
    unknown = []
    for key in tensors:
        found = lora_keys.split_adapter_key(key)
        if found is None:
            unknown.append(key)
        else:
            grouped.setdefault(found[0], {})[found[1]] = key
    return grouped, unknown


def _belongs(ending: str, module: AdapterModule) -> bool:
    return ending in ("alpha", MAGNITUDE) or ending.startswith(_STARTS[module.kind])


def _module(parts: dict[str, Tensor], said: float | None) -> AdapterModule | None:
    kind = kind_of(parts)
    if kind is None:
        return None
    tensors = own_parts(kind, parts)
    rank = float(rank_of(tensors))
    given = parts.get("alpha")
    alpha = float(given.reshape(-1)[0]) if given is not None and given.numel() else said or rank
    return AdapterModule(kind, tensors, alpha or rank or 1.0)


def own_parts(kind: Kind, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of ``parts`` by their endings that a module of ``kind`` is made of."""
    own = (_STARTS[kind], MAGNITUDE)
    return {ending: tensor for ending, tensor in parts.items() if ending.startswith(own)}


def plain(parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``parts`` of one module with their kernels multiplied in; a kernel that does not belong to
    its halves takes their place, so that they do not belong together either.
    """
    parts = dict(parts)
    kernel = parts.pop("lora_mid.weight", None)
    if kernel is not None and DOWN in parts:
        parts[DOWN] = _multiplied(kernel, parts[DOWN])
    for name in ("hada_t1", "hada_t2", "lokr_t2"):
        kernel = parts.pop(name, None)
        whole = name.replace("_t", "_w")
        left, right = f"{whole}_a", f"{whole}_b"
        if kernel is not None and {left, right} <= parts.keys():
            parts[right] = _multiplied(kernel, parts[right]).flatten(1)
            parts[left] = parts[left].T.contiguous()
    return parts


def _multiplied(kernel: Tensor, half: Tensor) -> Tensor:
    """A half [s, i] seen through a kernel [r, s, k, k]: [r, i, k, k]; nothing where they cannot be
    multiplied.
    """
    if kernel.ndim != 4 or half.ndim < 2 or kernel.shape[1] != half.shape[0]:
        return kernel.new_empty(0, 0)
    return torch.einsum("rskl,si->rikl", kernel, half.flatten(1))


class _AlphasOfPeft:
    """Alphas that diffusers keeps in the header: JSON of PEFT's config for each component."""

    def __init__(self, metadata: Mapping[str, str]) -> None:
        try:
            loaded = json.loads(metadata.get("lora_adapter_metadata", "{}"))
        except ValueError:
            loaded = {}
        self._said: dict[str, Any] = loaded if isinstance(loaded, dict) else {}

    def __call__(self, module: str, rank: int) -> float | None:
        """The alpha of ``module``, or None when nothing is said."""
        component, _, path = module.partition(".")
        alpha = self._said.get(f"{component}.lora_alpha")
        pattern = self._said.get(f"{component}.alpha_pattern") or {}
        alpha = pattern.get(path, alpha)
        if alpha is None:
            return None
        # Rank-stabilized LoRA divides by the root of the rank.
        stabilized = bool(self._said.get(f"{component}.use_rslora"))
        return float(alpha) * (math.sqrt(rank) if stabilized else 1.0)
