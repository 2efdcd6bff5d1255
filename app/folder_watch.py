"""Watches folders of the open project: what other programs change there appears by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app.folder_listener import listener, new_number

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from app.session import Session
    from engine.project.project import Project

PAUSE = 700
"""Milliseconds of quiet before the folders are read again: a copy of many files is one change."""
PATIENCE = 1.0
"""Seconds that are left to a project to show its pictures, before its folders are looked for."""


class FolderWatch(QObject):
    """Listens to folders, not to files, and reads again when the window comes back to the front:
    a file that is written in place does not change its folder.

    ``folders`` finds the folders of a project off the UI thread, ``read`` reads them again once
    ``is_busy`` is false. ``watched`` are those that are listened to.
    """

    def __init__(
        self,
        session: Session,
        folders: Callable[[Project], Sequence[str]],
        read: Callable[[], Coroutine[Any, Any, None]],
        is_busy: Callable[[], bool] = bool,
    ) -> None:
        super().__init__()
        self.session = session
        self._folders, self._read_them, self._is_busy = folders, read, is_busy
        self.watched: set[str] = set()
        self._number = number = new_number()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PAUSE)
        self._soon.timeout.connect(self._read)
        listener().heard.connect(self._hear)
        self.destroyed.connect(lambda: listener().listen(number, set()))
        session.project_changed.connect(self._project_changed)
        session.pictures_changed.connect(self._pictures_changed)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._state_changed)
        self._follow()

    def _project_changed(self, _: object) -> None:
        self._follow()

    def _follow(self) -> None:
        self._soon.stop()
        self._listen(set())
        if self.session.project is not None:
            self.session.start(self._watch())

    def _listen(self, folders: set[str]) -> None:
        """Ask also for those that are listened to: one that was replaced is heard no more."""
        self.watched = folders
        listener().listen(self._number, folders)

    def _pictures_changed(self, ids: object) -> None:
        if ids is None and self.session.project is not None:  # a drive may be back
            self.session.start(self._watch())

    def _hear(self, folder: str) -> None:
        if folder in self.watched:
            self._soon.start()

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive and self.session.project is not None:
            self._soon.start()

    def _read(self) -> None:
        if self._is_busy():
            self._soon.start()
        elif self.session.project is not None:
            self.session.start(self._read_again())

    async def _read_again(self) -> None:
        await self._read_them()
        await self._watch()

    async def _watch(self) -> None:
        project = self.session.project
        if project is None:
            return
        await self.session.calm.rest(PATIENCE)  # the reading of the same folders comes first
        found = await self.session.bridge.behind(self._folders, project)
        if self.session.project is project:
            self._listen(set(found))
