"""What a tuned checkpoint has learned beyond its base, as a LoRA."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor

from engine.models.adapter_kinds import DOWN, UP, AdapterModule
from engine.models.family import FAMILIES
from engine.models.loading import model_path
from engine.models.tools.factors import spectrum_of
from engine.models.tools.files import all_numbers, keep_lora_apart, no_numbers, write
from engine.models.tools.places import Slot, WeightFile, weight_places
from engine.models.tools.requests import ExtractRequest, ToolResult
from engine.models.tools.streams import TensorStream, keys_of, open_tensors
from engine.runtime.errors import ModelFileError
from engine.runtime.job import Job


def run(request: ExtractRequest, job: Job) -> ToolResult:
    """Write the LoRA; notes say how many layers it has, and which text encoders did not change.

    ModelFileError when the two are of different families or sizes.
    """
    paths = [model_path(request.base), model_path(request.tuned)]
    out = Path(request.out)
    keep_lora_apart(out, paths)
    family, base_files = weight_places(request.base, keys_of)
    other, tuned_files = weight_places(request.tuned, keys_of)
    if family != other:
        raise ModelFileError(
            "{name} and {other} are models of different families.", name=paths[0].name,
            other=paths[1].name, remedy="Choose a model and what it was tuned from.",
        )  # fmt: skip
    total = sum(map(len, (slot for file in base_files for slot in file.slots.values())))
    modules: dict[str, AdapterModule] = {}
    largest: dict[str, float] = {}
    with ExitStack() as stack:
        base, tuned = _Layers(base_files, stack), _Layers(tuned_files, stack)
        for number, slot in enumerate(base.wanted(request.conv_rank > 0)):
            job.breathe()
            job.progress(number, total, "Extracting layers")
            change = _difference(base.weight(slot), tuned.weight(slot), paths, slot.name)
            moved = float(change.abs().max())
            largest[slot.encoder] = max(moved, largest.get(slot.encoder, 0.0))
            modules[slot.name] = _lora(request, slot, change)
    still = sorted(encoder for encoder, moved in largest.items()
                   if encoder and moved <= request.min_difference)  # fmt: skip
    kept = {name: module for name, module in modules.items()
            if not name.startswith(tuple(f"{encoder}_" for encoder in still))}  # fmt: skip
    version = FAMILIES[family].versions[0].lora_version
    write(out, kept, {"ss_base_model_version": version, "ss_v2": str(family == "sd2")},
          request.precision)  # fmt: skip
    return ToolResult(str(out), {"modules": len(kept), "unchanged": still})


class _Layers:
    """The layers of one model by their LoRA names."""

    def __init__(self, files: list[WeightFile], stack: ExitStack) -> None:
        self._at: dict[str, tuple[TensorStream, str, int | None]] = {}
        self._slots: list[Slot] = []
        for file in files:
            stream = stack.enter_context(open_tensors(file.path))
            for key, slots in file.slots.items():
                if len(stream.outline(key)[1]) < 2:
                    continue  # norms
                for slot in slots:
                    self._at[slot.name] = stream, key, slot.part
                    self._slots.append(slot)

    def wanted(self, residual: bool) -> Iterator[Slot]:
        """The layers that the LoRA is made for."""
        return (slot for slot in self._slots if residual or not slot.is_residual)

    def weight(self, slot: Slot) -> Tensor | None:
        """The weight of a layer in float32; None when this model has no such layer."""
        if slot.name not in self._at:
            return None
        stream, key, part = self._at[slot.name]
        tensor = stream.read(key)
        return (tensor if part is None else tensor.chunk(3)[part]).float()


def _difference(base: Tensor | None, tuned: Tensor | None, paths: list[Path], name: str) -> Tensor:
    if base is None or tuned is None or base.shape != tuned.shape:
        raise ModelFileError(
            "{name} has other layers than its base.", name=paths[1].name,
            remedy="Choose a model and what it was tuned from.",
        )  # fmt: skip
    for weight, path in zip((base, tuned), paths, strict=True):
        if not all_numbers(weight):
            raise no_numbers(path, name)
    return tuned - base


def _lora(request: ExtractRequest, slot: Slot, change: Tensor) -> AdapterModule:
    spectrum = spectrum_of(change)
    wide = change.ndim == 4 and change.shape[2:] != (1, 1)
    rank = min(request.conv_rank if wide else request.rank, len(spectrum.values))
    module = spectrum.module(rank, float(rank))
    if request.clamp_quantile == 1:
        return module
    up, down = module.tensors[UP], module.tensors[DOWN]
    values = torch.cat([up.flatten(), down.flatten()])
    limit = float(values.abs().sort().values[int((len(values) - 1) * request.clamp_quantile)])
    tensors = {UP: up.clamp(-limit, limit), DOWN: down.clamp(-limit, limit)}
    return AdapterModule("lora", tensors, module.alpha)
