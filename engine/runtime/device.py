"""Device, dtype and memory.

torch is imported inside the functions, because the window reads this module too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.runtime import garbage

if TYPE_CHECKING:
    import torch

_release_hooks: list[Callable[[], None]] = []
_chosen_threads = 0


def on_release(hook: Callable[[], None]) -> None:
    """Register ``hook`` to be called when memory must be freed (for example: unload a model)."""
    _release_hooks.append(hook)


def set_waiting_policy() -> None:
    """Let OpenMP threads sleep instead of spin; must run before torch is imported.

    Spinning barriers cost a factor of 25 when any other process wants a core
    (libgomp reads OMP_WAIT_POLICY, LLVM and Intel OpenMP read KMP_BLOCKTIME).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")


def default_threads() -> int:
    """Torch threads: one physical core less than there are, for the window and other programs.

    A core that anything else wants costs more than it gives, because all threads wait for the
    slowest at every operator. Measured on two cores beside one busy process: 0.47 s a training
    step with one thread, 0.8 to 1.6 s with two, 1.5 to 4.5 s with two that spin. Processes that a
    launcher started together share what there is.
    """
    import psutil

    cores = (psutil.cpu_count(logical=False) or os.cpu_count() or 1) - 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def limit_threads(count: int) -> None:
    """Let the engine's work use ``count`` threads: torch now, other libraries when they start."""
    global _chosen_threads
    _chosen_threads = count
    torch = sys.modules.get("torch")  # a light handler does not bring it in
    if torch is not None and torch.get_num_threads() != count:
        torch.set_num_threads(count)


def engine_threads() -> int:
    """How many threads the engine's work uses, for libraries that have their own setting."""
    return _chosen_threads or default_threads()


def default_device() -> torch.device:
    """The best device of this computer: CUDA, Apple's GPU, else the CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def default_dtype(device: torch.device) -> torch.dtype:
    """The dtype of frozen weights on ``device``: bf16 or fp16 on a GPU, fp32 on the CPU."""
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device.type == "mps" else torch.float32


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory ran out, on the device or on the host."""
    if isinstance(error, MemoryError):
        return True
    if type(error).__name__ in ("OutOfMemoryError", "AcceleratorError") and "memory" in str(error):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text
    )


def free_memory(*, unload: bool = False) -> None:
    """Give cached memory back; with ``unload`` also drop every model the hooks know."""
    if unload:
        for hook in _release_hooks:
            hook()
    garbage.collect()
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def memory_in_use() -> tuple[int, int]:
    """(used, total) bytes: the GPU's where torch is loaded and has one, else this process's."""
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda") and torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        return total - free, total
    import psutil

    return psutil.Process().memory_info().rss, psutil.virtual_memory().total
