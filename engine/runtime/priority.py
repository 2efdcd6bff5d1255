"""Letting a thread go after the others."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading

_NICER = 5
_BELOW_NORMAL = -1  # THREAD_PRIORITY_BELOW_NORMAL of Windows


def give_way() -> None:
    """Let the calling thread run when the others of the process do not want to: where there are
    two cores, workers that decode pictures take both, and the window waits for one.

    Does nothing on macOS, which has no such priorities of threads, and where it is not allowed.
    """
    if sys.platform == "linux":
        own = threading.get_native_id()
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + _NICER)
    elif sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.SetThreadPriority(kernel.GetCurrentThread(), _BELOW_NORMAL)
