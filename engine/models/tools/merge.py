"""Several LoRAs as one, with strengths that act as they say."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.models.adapter_kinds import DOWN, UP, AdapterModule
from engine.models.tools.factors import Spectrum, kernel_of, spectrum_of_product, stacked
from engine.models.tools.files import keep_lora_apart, read_plain, same_family, same_sizes, write
from engine.models.tools.origins import of_merged
from engine.models.tools.requests import MergeRequest, ToolResult
from engine.runtime.errors import BadInputError
from engine.runtime.job import Job

Weighted = list[tuple[AdapterModule, float]]


def run(request: MergeRequest, job: Job) -> ToolResult:
    """Write the merged LoRA; notes say how many layers it has, and which modules of the files are
    not understood and so not in it. Raises ModelFileError for files that cannot be added up, and
    BadInputError for ranks that kohya's way cannot add.
    """
    out = Path(request.out)
    keep_lora_apart(out, [path for path, _ in request.weighted])
    files = [(read_plain(path), ratio) for path, ratio in request.weighted]
    same_family([file for file, _ in files])
    same_sizes([file for file, _ in files])
    names = list(dict.fromkeys(name for file, _ in files for name in file.modules))
    modules = {}
    for number, name in enumerate(names):
        job.breathe()
        job.progress(number, len(names), "Merging layers")
        weighted = [(f.modules[name], ratio) for f, ratio in files if name in f.modules]
        modules[name] = _merged(request, weighted)
    write(out, modules, of_merged(files), request.precision)
    left_out = dict.fromkeys(name for file, _ in files for name in file.left_out)
    return ToolResult(str(out), {"modules": len(modules), "left_out": list(left_out)})


def _merged(request: MergeRequest, weighted: Weighted) -> AdapterModule:
    if request.method == "kohya":
        return _as_kohya(weighted)
    up, down = stacked(weighted)
    kernel = kernel_of(weighted[0][0])
    if request.method == "concat":
        return _whole(up, down, kernel)
    wide = kernel not in ((), (1, 1))
    rank = request.conv_rank if wide and request.conv_rank else request.rank
    spectrum = spectrum_of_product(up, down, kernel)
    rank = min(rank, len(spectrum.values))
    return spectrum.module(rank, float(rank))


def _whole(up: torch.Tensor, down: torch.Tensor, kernel: tuple[int, ...]) -> AdapterModule:
    """A LoRA of these halves at strength 1."""
    rank = down.shape[0]
    ones = torch.ones(rank)
    return Spectrum(up, ones, down, kernel).module(rank, float(rank))


def _as_kohya(weighted: Weighted) -> AdapterModule:
    """Halves are scaled and summed each for itself, as kohya's merge script does."""
    first = weighted[0][0]
    if any(module.rank != first.rank for module, _ in weighted):
        raise BadInputError(
            "kohya's way adds only LoRAs of the same rank.", remedy="Use concat or svd."
        )
    if any(module.alpha / first.alpha < 0 for module, _ in weighted):
        raise BadInputError(
            "kohya's way cannot add LoRAs whose alphas have different signs.",
            remedy="Use concat or svd.",
        )
    halves: dict[str, torch.Tensor] = {}
    for module, ratio in weighted:
        scale = (module.alpha / first.alpha) ** 0.5
        for ending, factor in ((DOWN, ratio * scale), (UP, abs(ratio) * scale)):
            part = module.tensors[ending].float() * factor
            halves[ending] = halves[ending] + part if ending in halves else part
    return AdapterModule("lora", halves, first.alpha)
