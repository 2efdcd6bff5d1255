"""One run on several processes, as ``accelerate launch`` or ``torchrun`` starts them.

Every process does everything, from the same seed, but computes the losses of its share of every
batch only; gradients are added up before they are used. So the weights are the same everywhere,
and a run of two processes is the run of one with twice the batch. The first process leads: the
files of the others are thrown away.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import Parameter

from engine.runtime.device import is_out_of_memory
from engine.runtime.errors import OutOfMemoryError

T = TypeVar("T")
# The others wait this long for a process that encodes pictures that they do not.
_PATIENCE = timedelta(hours=4)


@dataclass(frozen=True)
class Crew:
    """The processes of a run. ``rank`` counts from 0."""

    size: int = 1
    rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes the run's files and speaks to the user."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """Every ``size``-th item; of a short batch some processes have none."""
        return items[self.rank :: self.size]

    def rows(self, draw: T) -> T:
        """A dataclass of tensors [B,…] with this process's share of the rows."""
        drawn: Any = draw
        changed = {
            field.name: value[self.rank :: self.size]
            for field in fields(drawn)
            if isinstance(value := getattr(drawn, field.name), Tensor) and value.ndim
        }
        return replace(drawn, **changed)

    @torch.no_grad()
    def add_gradients(self, parameters: Sequence[Parameter]) -> None:
        """Give all processes the sum of their gradients. What got none anywhere stays without."""
        if self.size == 1:
            return
        device = parameters[0].device
        had = torch.tensor([p.grad is not None for p in parameters], dtype=torch.int32)
        had = had.to(device)
        dist.all_reduce(had, op=dist.ReduceOp.MAX)
        used = [p for p, some in zip(parameters, had.tolist(), strict=True) if some]
        if not used:
            return
        rows = [torch.zeros_like(p) if p.grad is None else p.grad for p in used]
        joint = torch.cat([row.flatten().float() for row in rows])
        dist.all_reduce(joint)
        for parameter, part in zip(used, joint.split([p.numel() for p in used]), strict=True):
            parameter.grad = part.view_as(parameter).to(parameter.dtype)

    def total(self, value: Tensor) -> Tensor:
        """The sum of ``value`` over all processes; float64 on the CPU."""
        summed = value.detach().to("cpu", torch.float64)
        if self.size == 1:
            return summed
        if dist.get_backend() == "nccl":  # it has no tensors on the CPU
            summed = summed.cuda()
        dist.all_reduce(summed)
        return summed.cpu()

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            dist.barrier()

    @contextmanager
    def folder(self, folder: Path) -> Iterator[Path]:
        """``folder`` for the process that leads, for the others one that is thrown away."""
        if self.leads:
            yield folder
            return
        with tempfile.TemporaryDirectory(prefix="stylekiln-") as name:
            yield Path(name)


@contextmanager
def crew() -> Iterator[Crew]:
    """Join the processes that were launched together; alone, a crew of one."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Crew()
        return
    graphics = torch.cuda.is_available()
    if graphics:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if graphics else "gloo", timeout=_PATIENCE)
    try:
        yield Crew(dist.get_world_size(), dist.get_rank())
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        # Not tried again with less, as one process would: the others do not know of it.
        raise OutOfMemoryError(
            "Out of memory in process {rank}.",
            rank=dist.get_rank(),
            remedy="Use a smaller batch or size, or close other programs.",
        ) from error
    finally:
        dist.destroy_process_group()
