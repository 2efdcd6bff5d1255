"""What the workspaces of one window share: project, library, settings, bridge, notifications."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge import Bridge
from app.run_settings import RunSettings
from engine.project.settings import Settings, data_dir
from engine.runtime.errors import JobCancelled, StylekilnError
from engine.runtime.files import system_error

# asyncio, pydantic and numpy are imported once the window is painted (see ``begin``).
if TYPE_CHECKING:
    import asyncio

    from app.reading import Reader
    from engine.dataset.library import Library
    from engine.project.project import Project
    from engine.runtime.events import Event

log = logging.getLogger(__name__)

LOOK_MS = 5000
"""How often it is looked whether the folders of the project are there."""


class Session(QObject):
    """The state of one window. Views react to its signals and never know each other."""

    project_changed = Signal(object)
    pictures_changed = Signal(object)
    # not "event": that name is QObject's own virtual method
    engine_event = Signal(object)
    job_added = Signal(object)
    job_changed = Signal(object)
    job_finished = Signal(object)
    notified = Signal(object)
    navigated = Signal(str, object)
    settings_changed = Signal(object)
    # A page is to be made, without being shown, for what it can tell.
    page_wanted = Signal(str)
    # The last change was taken back: what offers to undo it has nothing left to offer.
    undone = Signal()

    def __init__(self, bridge: Bridge, settings: Settings) -> None:
        super().__init__()
        self.bridge = bridge
        self.settings = settings
        self.project: Project | None = None
        self.library: Library | None = None
        self.run_settings = RunSettings(self)
        self.calm = bridge.calm
        self._reader: Reader | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.at_end: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._missing: tuple[str, ...] = ()
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(lambda: self.start(self.look_for_folders()))
        self._ending = False
        self._held: list[Callable[[], object]] | None = None
        bridge.engine_event.connect(self.engine_event)
        bridge.engine_event.connect(self._hear)
        bridge.job_added.connect(self.job_added)
        bridge.job_changed.connect(self.job_changed)
        bridge.job_finished.connect(self.job_finished)

    def hold(self) -> None:
        """Keep what is given to ``after_first_paint`` until ``begin``: nothing is painted yet."""
        self._held = []

    def after_first_paint(self, work: Callable[[], object]) -> None:
        """Call ``work`` once the window is seen and its event loop runs; now, if it does."""
        if self._held is None:
            work()
        else:
            self._held.append(work)

    def begin(self) -> None:
        """The window is seen and its event loop is there: do all that was held until now."""
        held, self._held = self._held or [], None
        for work in held:
            work()

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run ``coroutine`` in the window's event loop; an error becomes a toast that stays."""
        import asyncio

        task = asyncio.get_event_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        if self._ending:
            task.cancel()  # before its first step
        return task

    def notify(
        self,
        key: str,
        many: str = "",
        *,
        action: str = "",
        on_action: Callable[[], None] | None = None,
        error: bool = False,
        warns: bool = False,
        **facts: object,
    ) -> None:
        """Show a toast: a sentence, at most one action, and an error stays until closed. ``many``
        is its plural, as :func:`app.i18n.tr` takes it. What ``warns`` has no tick beside it.
        """
        note = {"key": many or key, "one": key, "facts": facts, "error": error, "warns": warns}
        self.notified.emit({**note, "action": action, "on_action": on_action})

    def show_error(
        self,
        error: BaseException,
        *,
        action: str = "",
        on_action: Callable[[], None] | None = None,
    ) -> None:
        """Show ``error`` as a toast that stays; ``action`` is the key of a way out of it."""
        if isinstance(error, OSError):
            error = system_error(error)
        if isinstance(error, StylekilnError):
            facts = error.facts
            self.notified.emit(
                {
                    "key": error.sentence,
                    "remedy": error.remedy,
                    "facts": facts,
                    "facts_in": error.facts_in,
                    "action": action,
                    "on_action": on_action,
                    "error": True,
                }
            )
            return
        log.error("unexpected error", exc_info=error)
        self.notify("Something unexpected went wrong: {reason}.", error=True, reason=error)

    def go(self, workspace: str, **payload: object) -> None:
        """Show ``workspace`` and hand it ``payload``."""
        self.navigated.emit(workspace, payload)

    def open_folder(self, path: Path) -> asyncio.Task[Any]:
        """Open a project folder, or make a project for a folder of art beside the user's others."""
        return self.start(self._open(Path(path)))

    def open_sample(self) -> asyncio.Task[Any]:
        """Open the sample project, making it on first use."""
        return self.start(self._open_sample())

    def change_settings(self, **values: Any) -> None:
        """Change and store settings; the file is written off the UI thread."""
        self.settings = replace(self.settings, **values)
        self.settings_changed.emit(self.settings)
        self.start(self.bridge.io(self.settings.save))

    async def close_project(self) -> None:
        """Leave the project; running jobs go on."""
        self._looking.stop()
        library, self.library, self.project = self.library, None, None
        self.project_changed.emit(None)
        if library is not None:
            await self.bridge.io(library.close)

    async def end(self) -> None:
        """The window has closed: do what was left for ``at_end``, end what still runs in its event
        loop, and let nothing begin.
        """
        for flush in (self.run_settings.flush, *self.at_end):
            await flush()
        self._ending = True
        self._looking.stop()
        while self._tasks:
            ending = list(self._tasks)
            for task in ending:
                task.cancel()
            import asyncio

            await asyncio.gather(*ending, return_exceptions=True)

    async def _open(self, path: Path) -> None:
        project = await self.bridge.io(_project_for, path)
        await self._use(project)

    async def _open_sample(self) -> None:
        from engine.tour.plan import sample_project

        await self._use(await self.bridge.io(sample_project, data_dir() / "projects"))

    async def _use(self, project: Project) -> None:
        # First: one that cannot be opened leaves the project that is open.
        library = await self.bridge.io(_library_of, project)
        if self.project is not None:
            await self.close_project()
        self.library, self.project = library, project
        self._remember(project)
        self.calm.stir()  # its pictures come first
        self.project_changed.emit(project)
        self.go("dataset")  # from whatever page it was opened: here are its pictures
        await self.rescan()

    @property
    def is_listing(self) -> bool:
        """Whether names, sizes and captions of the folders are being read."""
        return self._reader is not None and self._reader.phase == "names"

    @property
    def is_reading(self) -> bool:
        """Whether anything of the folders is being read."""
        return self._reader is not None and bool(self._reader.phase)

    async def rescan(self, *, quietly: bool = False) -> None:
        """Read the folders again: first names and captions, then the measures. ``quietly`` tells
        only what changed.
        """
        from app.reading import Reader

        library, project = self.library, self.project
        if library is None or project is None:
            return
        missing = await self.bridge.io(_missing_of, project)
        if self.library is not library:
            return  # it was closed meanwhile
        self._missing = missing
        self._looking.start()
        if self._reader is None or self._reader.library is not library:
            self._reader = Reader(self, library, project)
        await self._reader.read(quietly=quietly)

    async def look_for_folders(self) -> None:
        """Read the folders again when one of them is gone, or is back: a drive was plugged."""
        project = self.project
        if project is None:
            self._looking.stop()
        elif await self.bridge.io(_missing_of, project) != self._missing:
            await self.rescan(quietly=True)
            self.pictures_changed.emit(None)  # those that are away are marked, or no longer

    def _hear(self, event: Event) -> None:
        """A job changed the library behind the window's back (the guided tour does)."""
        if event.kind == "dataset.changed":
            self.pictures_changed.emit(None)

    def _remember(self, project: Project) -> None:
        root = str(project.root)
        recent = (root, *(item for item in self.settings.recent_projects if item != root))[:8]
        self.change_settings(recent_projects=recent)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, JobCancelled):
            self.show_error(error)


def _missing_of(project: Project) -> tuple[str, ...]:
    return tuple(source.path for source in project.file.folders if not os.path.isdir(source.path))


def _project_for(path: Path) -> Project:
    from engine.project.project import project_for

    return project_for(path, data_dir() / "projects")


def _library_of(project: Project) -> Library:
    from engine.dataset.library import Library

    return Library(project.database, project)
