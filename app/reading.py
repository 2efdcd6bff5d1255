"""Reading the folders of a project in a worker, and telling the window in steps what came."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from app.calm import REST, Calm
from engine.runtime.allocation import give_back
from engine.runtime.errors import MissingFileError
from engine.runtime.job import Job
from engine.runtime.warmup import open_library

if TYPE_CHECKING:
    from app.session import Session
    from engine.dataset.library import Changes, Library, Picture
    from engine.project.project import Project

NAMES_PAUSE, MEASURES_PAUSE = 0.25, 2.0
"""Seconds between the first two tellings; each pause is twice the one before, up to
:data:`LONGEST` times, for every view looks at all pictures again.
"""
LONGEST = 8
FIRST_ASIDE, STEP_ASIDE, STAY_ASIDE = 0.15, 0.05, 1.0
"""Seconds that the names after the first chunk, a later chunk, or a measure waits while the user is
at work: the first pictures are seen before further names are read.
"""
UNTIL_SEEN = 2.0
"""Seconds that the first reading waits at most for the pictures known from before to be seen."""


class Telling:
    """Called with changes by a worker; calls ``tell`` with their ids in the window's thread, and
    only at rest where ``calm`` is given: every view looks at its pictures again.
    """

    def __init__(
        self, tell: Callable[[set[int]], object], pause: float, calm: Calm | None = None
    ) -> None:
        self._tell, self._pause, self._most = tell, pause, LONGEST * pause
        self._calm = calm
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._ids: set[int] = set()
        self._waiting = False
        self._told = 0.0

    @property
    def is_due(self) -> bool:
        """Whether there is something that is not told yet."""
        return self._waiting

    def __call__(self, changes: Changes) -> None:
        with self._lock:
            self._ids |= changes.ids
            if self._waiting:
                return
            self._waiting = True
        with contextlib.suppress(RuntimeError):  # the window has closed its loop
            self._loop.call_soon_threadsafe(self._soon)

    def _soon(self) -> None:
        self._loop.call_later(max(0.0, self._told + self._pause - time.monotonic()), self._at_rest)

    def _at_rest(self) -> None:
        if self._calm is None or self._calm.is_rest:
            self.flush()
        else:
            self._loop.call_later(REST, self._at_rest)

    def flush(self) -> None:
        """Tell what is not told yet."""
        with self._lock:
            ids, self._ids, self._waiting = self._ids, set(), False
        self._told = time.monotonic()
        if ids:
            self._tell(ids)
            self._pause = min(2 * self._pause, self._most)


class Reader:
    """Reads the folders of a project, one reading at a time. ``phase`` says what goes on."""

    def __init__(self, session: Session, library: Library, project: Project) -> None:
        self.session, self.library, self.project = session, library, project
        self.phase: Literal["", "names", "measures"] = ""
        self.seconds = 0.0
        self._again = False
        self._has_read = False
        self._said: set[str] = set()

    async def read(self, *, quietly: bool = False) -> None:
        """First names, sizes and captions, then the measures. ``quietly``: a folder whose absence
        was told before is not told again, and only what changed is told. While another reading
        goes on, that one begins again.
        """
        if self.phase:
            self._again = True
            return
        began = time.monotonic()
        self._again = True
        while self._again and self.session.library is self.library:
            self._again = False
            await self._names(quietly)
            await self._measures()
        self.seconds = time.monotonic() - began

    async def _names(self, quietly: bool) -> None:
        self.phase = "names"
        if not quietly:
            self.session.pictures_changed.emit(None)  # what is known from before is there at once
        waited = contextlib.ExitStack()  # for the first names, unless nobody waits for them
        if not quietly:
            waited.enter_context(self.session.calm.working())

        def tell(ids: set[int]) -> None:
            waited.close()
            self.session.pictures_changed.emit(ids)

        telling = Telling(tell, NAMES_PAUSE)
        pauses = itertools.chain([FIRST_ASIDE], itertools.repeat(STEP_ASIDE))

        def aside() -> None:
            if not telling.is_due:  # there are no new names
                waited.close()
            self.session.calm.wait(next(pauses))

        missing: tuple[str, ...] = ()
        aside_before = self.library.set_aside
        try:
            await self._until_seen()
            changes = await self.session.bridge.behind(
                self.library.scan, self.project.file.folders, Job.detached(aside), telling
            )
            missing = changes.missing_folders
        except MissingFileError:
            if not quietly:
                raise
            missing = tuple(folder.path for folder in self.project.file.folders)
        finally:
            waited.close()
            self.phase = ""
            telling.flush()
            if not quietly:
                # The end is told too: who said "still reading" can say now that there is nothing.
                replaced = self.library.set_aside != aside_before  # with other numbers for all
                self.session.pictures_changed.emit(None if replaced else set())
        self._tell_missing(missing, quietly)

    async def _until_seen(self) -> None:
        """Let the views that heard of known pictures show them before the folders are read: 40,000
        names keep the interpreter, and the window waits for it at every call.
        """
        first, self._has_read = not self._has_read, True
        known: list[Picture] = []
        if first:
            known = await self.session.bridge.io(self.library.first, 1)
        if known:
            await self.session.calm.stillness(UNTIL_SEEN)
        else:
            await asyncio.sleep(0)  # they begin to read before the folders are

    async def _measures(self) -> None:
        self.phase = "measures"
        calm = self.session.calm
        telling = Telling(self.session.pictures_changed.emit, MEASURES_PAUSE, calm)
        try:
            await self.session.bridge.behind(open_library, "cv2")
            job = Job.detached(lambda: calm.wait(STAY_ASIDE))
            await self.session.bridge.behind(self.library.measure, job, telling)
            await self.session.bridge.behind(give_back)
        finally:
            self.phase = ""
            telling.flush()

    def _tell_missing(self, missing: tuple[str, ...], quietly: bool) -> None:
        from engine.dataset.problem import missing_folder

        new = [folder for folder in missing if not (quietly and folder in self._said)]
        if new:  # one is enough to say: every picture that is away is marked
            self.session.show_error(missing_folder(new[0]))
        self._said = set(missing)
