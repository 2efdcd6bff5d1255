"""Watches the project's folders: what other programs add, change or remove appears by itself."""

from __future__ import annotations

import atexit
import functools
import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.session import Session

PAUSE = 700
"""Milliseconds of quiet before the folders are read again: a copy of many files is one change."""
MOST_FOLDERS = 1000
PATIENCE = 1.0
"""Seconds that are left to a project to show its pictures, before its folders are looked for."""


class FolderWatch(QObject):
    """Listens to folders, not to files, and reads again when the window comes back to the front:
    a file that is written in place does not change its folder.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.folders: set[str] = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE)
        self._soon.timeout.connect(self._read)
        _listener().heard.connect(self._hear)
        session.project_changed.connect(lambda _: self._follow())
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._state_changed)
        self._follow()

    def _follow(self) -> None:
        self._soon.stop()
        self._listen(set())
        if self.session.project is not None:
            self.session.start(self._watch())

    def _listen(self, folders: set[str]) -> None:
        if folders != self.folders:
            self.folders = folders
            _listener().asked.emit(sorted(folders))

    def _hear(self, folder: str) -> None:
        if folder in self.folders:
            self._soon.start()

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive and self.session.project is not None:
            self._soon.start()

    def _read(self) -> None:
        if self.session.is_reading:
            self._soon.start()
        elif self.session.project is not None:
            self.session.start(self._read_again())

    async def _read_again(self) -> None:
        await self.session.rescan(quietly=True)
        await self._watch()

    async def _watch(self) -> None:
        project = self.session.project
        if project is None:
            return
        roots = [folder.path for folder in project.file.folders]
        await self.session.calm.rest(PATIENCE)  # the reading of the same folders comes first
        found = await self.session.bridge.behind(folders_below, roots)
        if self.session.project is project:
            self._listen(set(found))


class _Listener(QObject):
    """Hears of changed folders in a thread of its own, for all windows: where the system cannot
    tell (some network drives, too many who listen) Qt lists every folder each second, which takes
    50 ms of 40,000 files.
    """

    asked = Signal(list)
    heard = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._watcher: QFileSystemWatcher | None = None
        self.asked.connect(self._follow)

    @Slot(list)
    def _follow(self, folders: list[str]) -> None:
        if self._watcher is None:  # made in the thread that it works in
            self._watcher = QFileSystemWatcher(self)
            self._watcher.directoryChanged.connect(self.heard)
        known, wanted = set(self._watcher.directories()), set(folders)
        if known - wanted:
            self._watcher.removePaths(sorted(known - wanted))
        if wanted - known:
            self._watcher.addPaths(sorted(wanted - known))


@functools.cache
def _listener() -> _Listener:
    thread, listener = QThread(), _Listener()
    listener.moveToThread(thread)
    thread.start(QThread.Priority.LowPriority)

    def end() -> None:
        thread.quit()
        thread.wait()

    atexit.register(end)
    return listener


def folders_below(roots: Sequence[str]) -> list[str]:
    """``roots`` and the folders in them that are there, at most :data:`MOST_FOLDERS`; links are
    not followed.
    """
    found: list[str] = []
    for root in roots:
        for folder, inner, _ in os.walk(root):
            inner[:] = [name for name in inner if not name.startswith(".")]
            found.append(folder)
            if len(found) >= MOST_FOLDERS:
                return found
    return found
