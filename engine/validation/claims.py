"""Who draws which cell, where several processes fill one folder: the window and a command, say.

Each has a file that it locks while it draws, and another with the cells it has taken. What the
owner of a lock has taken is left to it; when it ends, however it ends, its cells are free again.
Where the file system knows no locks nobody is seen, and a cell may be drawn twice; none is lost.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType

from engine.runtime.locks import Lock, is_held

FOLDER = ".claims"
_TURN, _LOCK, _CELLS = "turn", ".lock", ".cells"
_PATIENCE_S = 10.0
"""Nobody needs a turn for longer than a blink, unless it was stopped in the middle of it."""


class Claims:
    """The claims of one process on cells in ``folder``. Used as a context; none outlives it."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder) / FOLDER
        self._name = uuid.uuid4().hex
        self._lock = Lock(self._folder / f"{self._name}{_LOCK}")

    def __enter__(self) -> Claims:
        with contextlib.suppress(OSError):  # where nothing can be written the first cell tells it
            self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._turn():
            self._lock.release()
            self._forget(self._name)

    def take(self, cells: Collection[str]) -> frozenset[str]:
        """Claim those of ``cells`` that nobody else has, in place of what was claimed before."""
        with self._turn():
            self._lock.take()
            taken = frozenset(cells) - self._of_others()
            with contextlib.suppress(OSError):
                self._file(self._name, _CELLS).write_text("\n".join(taken), "utf-8")
        return taken

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time looks at what is taken and takes."""
        turn = Lock(self._folder / _TURN)
        until = time.monotonic() + _PATIENCE_S
        while not turn.take() and time.monotonic() < until:
            time.sleep(0.002)
        try:
            yield
        finally:
            turn.release()

    def _of_others(self) -> set[str]:
        found: set[str] = set()
        for name in self._others():
            if not is_held(self._file(name, _LOCK)):
                self._forget(name)  # its owner was killed
                continue
            with contextlib.suppress(OSError, ValueError):
                found.update(self._file(name, _CELLS).read_text("utf-8").split())
        return found

    def _others(self) -> list[str]:
        with contextlib.suppress(OSError):
            names = (os.path.splitext(name) for name in os.listdir(self._folder))
            return [name for name, kind in names if kind == _LOCK and name != self._name]
        return []

    def _forget(self, name: str) -> None:
        for kind in (_CELLS, _LOCK):
            with contextlib.suppress(OSError):
                self._file(name, kind).unlink()

    def _file(self, name: str, kind: str) -> Path:
        return self._folder / f"{name}{kind}"
