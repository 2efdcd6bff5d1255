"""A checkpoint in which LoRAs act for good, in the layout of the one it is made from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from engine.models.adapter_file import AdapterFile, read_adapter
from engine.models.adapter_kinds import AdapterModule
from engine.models.loading import model_path
from engine.models.tools.files import (
    all_numbers,
    no_numbers,
    require_numbers,
    same_family,
    too_large,
)
from engine.models.tools.origins import of_baked
from engine.models.tools.places import Slot, WeightFile, weight_places
from engine.models.tools.requests import BakeRequest, ToolResult
from engine.models.tools.streams import keys_of, open_tensors, rewrite
from engine.runtime.errors import BadInputError, ModelFileError
from engine.runtime.files import exists, storage_errors
from engine.runtime.job import Job
from engine.runtime.sources import keep_sources


def run(request: BakeRequest, job: Job) -> ToolResult:
    """Write the checkpoint, one tensor in memory at a time; notes say how many layers changed and
    which modules of the LoRAs the model has no layer for.

    ModelFileError when a LoRA is for another family or size of model.
    """
    source, out = model_path(request.model), Path(request.out)
    if exists(source) and source.is_dir() and exists(out):
        raise BadInputError("{path} exists already.", path=out, remedy="Choose a new folder.")
    keep_sources(out, [source, *(path for path, _ in request.weighted)])
    weighted = [(read_adapter(path), ratio) for path, ratio in request.weighted]
    for file, _ in weighted:
        require_numbers(file)
    family, files = weight_places(request.model, keys_of)
    if same_family([file for file, _ in weighted]) != family:
        raise ModelFileError(
            "{name} is for another kind of model than {model}.", name=weighted[0][0].path.name,
            model=source.name, remedy="Choose a LoRA and a base model of the same family.",
        )  # fmt: skip
    baker = _Baker(weighted, job, (source, out), sum(len(file.slots) for file in files))
    if source.is_file():
        _bake_file(files[0], out, baker)
    else:
        _bake_folder(source, files, out, baker)
    return ToolResult(str(out), {"layers": baker.changed, "left_out": baker.left_out()})


class _Baker:
    """Adds the LoRAs to one weight after the other."""

    def __init__(
        self,
        weighted: list[tuple[AdapterFile, float]],
        job: Job,
        paths: tuple[Path, Path],
        total: int,
    ) -> None:
        self._weighted = weighted
        self._job = job
        self._source, self._out = paths
        self._total = total
        self._seen: set[str] = set()
        self.done = self.changed = 0

    def left_out(self) -> list[str]:
        """Modules that no layer was found for, and those that are not understood."""
        names = {name for file, _ in self._weighted for name in (*file.modules, *file.left_out)}
        return sorted(names - self._seen)

    def header(self, metadata: Mapping[str, str]) -> dict[str, str]:
        """What a new file says of itself, by the ``metadata`` of the one before."""
        return of_baked(metadata, self._source.name, self._weighted)

    def bake(self, slots: tuple[Slot, ...], tensor: Tensor) -> Tensor:
        """``tensor`` with what the LoRAs add to its layers."""
        self._job.breathe()
        self._job.progress(self.done, self._total, "Baking layers")
        self.done += 1
        parts = list(tensor.chunk(3)) if slots[0].part is not None else [tensor]
        changed = [self._changed(slot, part) for slot, part in zip(slots, parts, strict=True)]
        return torch.cat(changed) if len(changed) > 1 else changed[0]

    def _changed(self, slot: Slot, weight: Tensor) -> Tensor:
        acting = [(file, file.modules[slot.name], ratio) for file, ratio in self._weighted
                  if slot.name in file.modules]  # fmt: skip
        if not acting:
            return weight
        self._seen.add(slot.name)
        self.changed += 1
        whole = weight.float()
        for file, module, ratio in acting:
            whole = whole + ratio * _change(file, slot.name, module, weight)
        if not all_numbers(weight):
            raise no_numbers(self._source, slot.name)
        if not all_numbers(whole.to(weight.dtype)):
            raise too_large(self._out, slot.name)
        return whole


def _change(file: AdapterFile, name: str, module: AdapterModule, weight: Tensor) -> Tensor:
    if module.size != (weight.shape[0], weight[0].numel()):
        raise ModelFileError(
            "{name} was made for a model of another size than {model}.",
            name=file.path.name, model=name, remedy="Choose a LoRA made for this model.",
        )  # fmt: skip
    return module.change(weight)


def _bake_file(file: WeightFile, out: Path, baker: _Baker) -> None:
    if out.suffix.lower() != ".safetensors":
        raise BadInputError(
            "Checkpoints are written as .safetensors.", remedy="Name the new file so."
        )
    _rewritten(file, out, baker)


def _rewritten(file: WeightFile, out: Path, baker: _Baker) -> None:
    def change(key: str, tensor: Tensor) -> Tensor:
        return baker.bake(file.slots[key], tensor) if key in file.slots else tensor

    with open_tensors(file.path) as stream:
        rewrite(stream, out, change, baker.header(stream.metadata))


def _bake_folder(source: Path, files: list[WeightFile], out: Path, baker: _Baker) -> None:
    if any(file.path.suffix.lower() != ".safetensors" for file in files):
        raise BadInputError(
            "Only folders of .safetensors files can be baked into.",
            remedy="Use a single file, or a folder with safetensors.",
        )
    parts = {str(file.path.parent) for file in files}
    with storage_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        # Whoever looks sees no folder, or a whole one.
        with tempfile.TemporaryDirectory(dir=out.parent) as room:
            made = Path(room) / out.name
            shutil.copytree(source, made, ignore=lambda folder, names: [
                name for name in names if folder in parts and not name.endswith(".json")
            ])  # fmt: skip
            for file in files:
                _rewritten(file, made / file.path.relative_to(source), baker)
            made.rename(out)
