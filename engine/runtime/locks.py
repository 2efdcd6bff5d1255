"""A file that a process holds while it lives: the system lets go of it, however the process ends.

Unlike a process number with its start time, this survives a clock that jumps and numbers that are
given out again.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


class Lock:
    """A lock on the file ``path``, held from :meth:`take` to :meth:`release`."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Hold the lock; False when another holder has it. Where locks are unknown to the file
        system, or nothing can be written, nothing is held and nothing is known.
        """
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return True
        try:
            _take(descriptor)
        except OSError as error:
            os.close(descriptor)
            return error.errno not in _HELD
        self._descriptor = descriptor
        return True

    def __del__(self) -> None:
        self.release()

    def release(self) -> None:
        """Let go of it; the file stays."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock on ``path``; False where there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _take(descriptor)
    except OSError as error:
        return error.errno in _HELD
    finally:
        os.close(descriptor)
    return False
