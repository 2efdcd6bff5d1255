"""Import the heavy libraries in the engine thread without stalling the window.

Measured on two cores beside a 16 ms timer: plain imports in a thread stop the timer for 740 ms once
and for 80 to 225 ms five more times. Nearly all of it is the cyclic garbage collector walking the
million objects that the imports make, the rest is ``dlopen`` under the interpreter lock. With the
collector off during the imports, and the libraries opened through ctypes (which gives the lock up),
the longest stop is about 50 ms.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# torch._dynamo is imported by the first optimizer; the engine's own modules bring in the rest.
HEAVY = (
    "torch",
    "torch._dynamo",
    "engine.models.host",
    "engine.sampling.generate",
    "engine.training.loop",
    "engine.validation.grid",
)
_LIBRARIES = ("c10", "torch_cpu", "torch", "torch_python")


def warm_up(modules: Sequence[str] = HEAVY) -> None:
    """Import ``modules`` in the calling thread. Safe to call more than once."""
    if all(name in sys.modules for name in modules):
        return
    _open_torch_libraries()
    was_on = gc.isenabled()
    gc.disable()
    try:
        for name in modules:
            importlib.import_module(name)
    finally:
        # What was imported lives as long as the process: take it out of every later collection.
        gc.freeze()
        if was_on:
            gc.enable()


def open_library(package: str) -> None:
    """Open the extension modules of ``package`` without the interpreter lock, so that importing it
    does not stop the window while the system links them. Does nothing where that cannot be done.
    """
    found = importlib.util.find_spec(package)
    if os.name != "posix" or found is None or found.origin is None or package in sys.modules:
        return
    for library in Path(found.origin).parent.glob(f"{package}*.so"):
        _process().dlopen(os.fsencode(library), os.RTLD_NOW)


def _open_torch_libraries() -> None:
    """dlopen torch's libraries without the interpreter lock; ``import torch`` then finds them open.

    Only where dlopen exists; on Windows torch opens its libraries itself, with its own search path.
    """
    found = importlib.util.find_spec("torch")
    if os.name != "posix" or found is None or found.origin is None:
        return
    process = _process()
    suffix = "dylib" if sys.platform == "darwin" else "so"
    folder = Path(found.origin).parent / "lib"
    for name in _LIBRARIES:
        library = folder / f"lib{name}.{suffix}"
        if library.exists():
            process.dlopen(os.fsencode(library), os.RTLD_NOW | os.RTLD_GLOBAL)


def _process() -> ctypes.CDLL:
    process = ctypes.CDLL(None)
    process.dlopen.restype = ctypes.c_void_p
    process.dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
    return process
