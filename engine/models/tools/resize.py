"""A LoRA of smaller rank that changes a model as nearly alike as that rank can."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine.models.adapter_kinds import AdapterModule
from engine.models.tools.factors import halves, kernel_of, spectrum_of_product
from engine.models.tools.files import keep_lora_apart, read_plain, write
from engine.models.tools.origins import of_resized
from engine.models.tools.requests import ResizeRequest, ToolResult
from engine.runtime.job import Job


def run(request: ResizeRequest, job: Job) -> ToolResult:
    """Write the smaller LoRA; notes say how much of its layers' change is kept, from 0 to 1, and
    which modules are not understood and so not in it.
    """
    source, out = Path(request.file), Path(request.out)
    keep_lora_apart(out, [source])
    file = read_plain(source)
    modules: dict[str, AdapterModule] = {}
    kept = 0.0
    for number, (name, module) in enumerate(file.modules.items()):
        job.breathe()
        job.progress(number, len(file.modules), "Resizing layers")
        modules[name], share = _resized(request, module)
        kept += share / len(file.modules)
    note = f"resized to rank {request.rank} ({request.measure})"
    write(out, modules, of_resized(file, note), request.precision)
    ranks = [module.rank for module in modules.values()]
    notes = {"modules": len(modules), "kept": kept, "lowest_rank": min(ranks),
             "highest_rank": max(ranks), "left_out": file.left_out}  # fmt: skip
    return ToolResult(str(out), notes)


def _resized(request: ResizeRequest, module: AdapterModule) -> tuple[AdapterModule, float]:
    kernel = kernel_of(module)
    spectrum = spectrum_of_product(*halves(module), kernel)
    wide = kernel not in ((), (1, 1))
    cap = request.conv_rank if wide and request.conv_rank else request.rank
    rank = rank_for(spectrum.values, request.measure, request.amount, cap, request.kohya_counting)
    whole = float(spectrum.values.norm())
    share = float(spectrum.values[:rank].norm()) / whole if whole else 1.0  # nothing to lose
    # alpha / rank stays, so that strengths mean the same.
    return spectrum.module(rank, module.scale * rank, module.scale), share


def rank_for(values: Tensor, measure: str, amount: float, cap: int, as_kohya: bool = False) -> int:
    """How many of the singular ``values`` (largest first) the ``measure`` keeps, from 1 to ``cap``:
    those above the largest / amount, or the fewest whose sum (or root of squares) is the share
    ``amount`` of all. kohya's script counts one more.
    """
    if measure == "fixed":
        return max(1, min(cap, len(values)))
    if values[0] <= 1e-6:
        return 1
    if measure == "sv_ratio":
        count = int((values > values[0] / amount).sum())
    else:
        power, share = (1, amount) if measure == "sv_cumulative" else (2, amount**2)
        sums = values.double().pow(power).cumsum(0)
        count = int(torch.searchsorted(sums / sums[-1], share - 1e-12)) + 1
    if as_kohya:
        count = max(1, min(count, len(values) - 1)) + 1
    return max(1, min(count, cap, len(values)))
