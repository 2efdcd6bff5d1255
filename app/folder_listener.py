"""Hears of changed folders in a thread of its own, for all who listen.

Where the system cannot tell (some network drives, too many who listen) Qt lists every folder each
second, which takes 50 ms of 40,000 files: on the window's thread it would stand still for that.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os

from PySide6.QtCore import QFileSystemWatcher, QObject, QThread, QTimer, Signal, Slot

REST_MS = 200
"""Milliseconds for which a changed folder is not listened to before it is told: thousands of files
that are replaced would be told one by one.
"""
PATIENCE_MS = 2000
"""How long the end of the process waits for the thread."""
_numbers = itertools.count()


class FolderListener(QObject):
    """Ask with :meth:`listen`; ``heard`` carries the path of a folder in which a name came, went
    or was changed.
    """

    heard = Signal(str)
    _asked = Signal(int, list)

    def __init__(self) -> None:
        super().__init__()
        self._watcher: QFileSystemWatcher | None = None
        self._rest: QTimer | None = None
        self._changed: set[str] = set()
        self._wanted: dict[int, set[str]] = {}
        self._known: dict[str, tuple[int, int] | None] = {}
        self._asked.connect(self._follow)

    def listen(self, number: int, folders: set[str]) -> None:
        """From now on listen to ``folders`` for the listener of that ``number``, and to no others
        for it. Can be called in any thread.
        """
        with contextlib.suppress(RuntimeError):  # the process ends, and this went before who asks
            self._asked.emit(number, sorted(folders))

    @Slot(int, list)
    def _follow(self, number: int, folders: list[str]) -> None:
        if self._watcher is None:  # made in the thread that it works in
            self._watcher = QFileSystemWatcher(self)
            self._watcher.directoryChanged.connect(self._hear)
            self._rest = QTimer(self)
            self._rest.setSingleShot(True)
            self._rest.setInterval(REST_MS)
            self._rest.timeout.connect(self._tell)
        self._wanted[number] = set(folders)
        wanted = {path: _identity(path) for path in set().union(*self._wanted.values())}
        heard = set(self._watcher.directories())
        # A folder that took the place of another of its name is heard only when it is added anew.
        stay = {path for path in heard if wanted.get(path, ()) == self._known.get(path)}
        if heard - stay:
            self._watcher.removePaths(sorted(heard - stay))
        if wanted.keys() - stay:
            self._watcher.addPaths(sorted(wanted.keys() - stay))
        self._known = wanted

    @Slot(str)
    def _hear(self, folder: str) -> None:
        assert self._watcher is not None
        assert self._rest is not None
        self._watcher.removePath(folder)
        self._changed.add(folder)
        if not self._rest.isActive():
            self._rest.start()

    @Slot()
    def _tell(self) -> None:
        """Listen again first: what changes from now on is told after this."""
        assert self._watcher is not None
        changed, self._changed = self._changed, set()
        if again := changed & self._known.keys():
            self._watcher.addPaths(sorted(again))
        for folder in sorted(changed):
            self.heard.emit(folder)


def _identity(folder: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(folder)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def new_number() -> int:
    """A number for :meth:`FolderListener.listen` that nobody has."""
    return next(_numbers)


@functools.cache
def listener() -> FolderListener:
    """The one of this process; its thread ends with it."""
    thread, made = QThread(), FolderListener()
    made.moveToThread(thread)
    thread.start(QThread.Priority.LowPriority)

    def end() -> None:
        thread.quit()
        if not thread.wait(PATIENCE_MS):
            thread.terminate()  # it waits for a drive that does not answer
            thread.wait(PATIENCE_MS)

    atexit.register(end)
    return made
