"""Watches the project's folders: what other programs add, change or remove appears by itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer
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
        self.watcher = QFileSystemWatcher(self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE)
        self._soon.timeout.connect(self._read)
        self.watcher.directoryChanged.connect(lambda _: self._soon.start())
        session.project_changed.connect(lambda _: self._follow())
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._state_changed)
        self._follow()

    def _follow(self) -> None:
        self._soon.stop()
        if self.watcher.directories():
            self.watcher.removePaths(self.watcher.directories())
        if self.session.project is not None:
            self.session.start(self._watch())

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
            known = set(self.watcher.directories())
            if fresh := [path for path in found if path not in known]:
                self.watcher.addPaths(fresh)


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
