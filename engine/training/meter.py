"""How much memory a piece of work takes at once, measured and not guessed."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.models.loading import LoadedModel


@dataclass
class Usage:
    """Bytes that the device held at most, the model included, and bytes that it has for them.
    Known when :func:`measuring` ends.
    """

    peak: int = 0
    room: int = 0


@contextmanager
def measuring(model: LoadedModel) -> Iterator[Usage]:
    """Measure the work inside the block: by the allocator of a CUDA card, elsewhere by counting."""
    usage = Usage()
    if model.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(model.device)
        yield usage
        usage.peak = torch.cuda.max_memory_reserved(model.device)
        usage.room = room_of(model)
        return
    before = _bytes_of(model)
    with LiveBytes() as live:
        yield usage
    usage.peak = before + live.peak
    usage.room = room_of(model)


def finish(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def room_of(model: LoadedModel) -> int:
    """Bytes that ``model`` and the work on it may take: what they have, and what nobody has."""
    if model.device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(model.device)
        return free + torch.cuda.memory_reserved(model.device)
    return _bytes_of(model) + psutil.virtual_memory().available


def _bytes_of(model: LoadedModel) -> int:
    """Weights, adapters included; shared ones once."""
    tensors = {
        tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes()
        for module in (model.unet, model.vae, *model.text_encoders)
        for tensor in [*module.parameters(), *module.buffers()]
    }
    return sum(tensors.values())


class LiveBytes(TorchDispatchMode):
    """Inside the block, ``now`` is the bytes of the tensors made in it that are still alive, and
    ``peak`` the most there ever were. What an operator needs only for itself is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.peak = 0
        self._alive: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Carry out ``func`` and note what it made."""
        given = {one.untyped_storage()._cdata for one in tree_leaves(args) if _is_real(one)}
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if _is_real(tensor) and tensor.untyped_storage()._cdata not in given:
                self._note(tensor.untyped_storage())
        return made

    def _note(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._alive:
            return
        self._alive[key] = weakref.ref(storage, lambda _: self._freed(key, size))
        self.now += size
        self.peak = max(self.peak, self.now)

    def _freed(self, key: int, size: int) -> None:
        del self._alive[key]
        self.now -= size


def _is_real(value: Any) -> bool:
    return isinstance(value, Tensor) and value.device.type != "meta" and not value.is_sparse
