"""The only door to the engine: submit requests, await results, hear events on the UI thread."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.calm import Calm

# A bridge exists before the window is painted; its engine and the event loop come after.
if TYPE_CHECKING:
    from engine.runtime.job import JobHandle, Request
    from engine.runtime.queue_store import StoredJob
    from engine.runtime.thread import Engine

T = TypeVar("T")
POLL_MS = 50


class _Lent(NamedTuple):
    """What a worker may still hold. Were its hold the last, a QObject among it would be destroyed
    in the worker's thread, while Qt may be handing it an event.
    """

    work: weakref.ref[Callable[[], Any]]  # the worker alone keeps it
    call: Callable[[], Any]
    future: Future[Any]


class Bridge(QObject):
    """Carries requests to the engine thread and its events back, at most 20 times a second.

    Progress is a latest-wins slot on each handle and is polled; events are queued and delivered
    in order. Nothing here blocks: results are awaited inside the Qt event loop (qasync).
    ``make_engine`` is called once, by the first to want the engine: a file worker in ``start``.
    """

    # not "event": that name is QObject's own virtual method
    engine_event = Signal(object)
    job_added = Signal(object)
    job_changed = Signal(object)
    job_finished = Signal(object)
    queue_read = Signal()
    ready = Signal()

    def __init__(self, make_engine: Callable[[], Engine], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.calm = Calm()
        self._make_engine = make_engine
        self._engine: Engine | None = None
        self._making = threading.Lock()
        self.jobs: list[JobHandle] = []
        self._live: dict[str, JobHandle] = {}
        self._seen: dict[str, object] = {}
        # Light file work: a scan, the measures of new pictures or their comparison may take long,
        # and a caption that is saved or a filter that is typed waits for none of them.
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="io")
        self._lent: list[_Lent] = []
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def engine(self) -> Engine:
        """The engine; the first call makes it."""
        with self._making:
            if self._engine is None:
                self._engine = self._make_engine()
            return self._engine

    async def start(self) -> None:
        """Make the engine off the UI thread and start it; it imports the models' code first.

        Emits ``queue_read`` when what the last session left is known, ``ready`` when the engine is
        warm. Raises sqlite3.Error when the queue file cannot be opened.
        """
        engine = await self.io(lambda: self.engine)
        for handle in engine.waiting():
            if handle.id not in self._live:  # what a click has queued meanwhile is there already
                self._follow(handle)
        self.queue_read.emit()
        from engine.runtime.warmup import warm_up

        warming = engine.call(warm_up)
        warming.add_done_callback(lambda _: self.ready.emit())
        engine.start()

    def submit(self, request: Request, *, interactive: bool = False) -> JobHandle:
        """Queue ``request`` and return its handle; an interactive one may go between two steps."""
        handle = self.engine.submit(request, interactive=interactive)
        self._follow(handle)
        return handle

    async def run(self, request: Request, *, interactive: bool = False) -> Any:
        """Submit ``request`` and await its result; raises its StylekilnError."""
        import asyncio

        handle = self.submit(request, interactive=interactive)
        return await asyncio.wrap_future(handle)

    def submit_beside(self, request: Request) -> JobHandle:
        """Do the torch-free work of ``request`` in a file worker, whatever the engine does
        meanwhile: with progress, pause and cancel as a job has them, but not kept for a restart.
        """
        from engine.runtime.job import JobHandle
        from engine.runtime.thread import run_beside

        handle = JobHandle(request, interactive=True)
        self._follow(handle)
        self._pool.submit(run_beside, handle)
        return handle

    async def io(self, function: Callable[..., T], *args: Any) -> T:
        """Run a light, torch-free function off the UI thread and await its value: the user waits
        for it, so that work :meth:`behind` stands still meanwhile.
        """
        with self.calm.working():
            return await self.behind(function, *args)

    async def behind(self, function: Callable[..., T], *args: Any) -> T:
        """The same for what nobody waits for: it may step aside with ``calm.wait``."""
        import asyncio

        future = self._lend(functools.partial(function, *args))
        # Not the running loop: Qt may turn the window's loop while nobody waits inside it.
        return await asyncio.wrap_future(future, loop=asyncio.get_event_loop())

    def job(self, job_id: str) -> JobHandle | None:
        """The job of this session with that identifier."""
        return next((handle for handle in self.jobs if handle.id == job_id), None)

    def interrupted(self) -> list[StoredJob]:
        """Jobs that were cut off when the application last ended."""
        return self.engine.interrupted()

    def restart(self, stored: StoredJob) -> JobHandle:
        """Queue an interrupted job again."""
        handle = self.engine.restart(stored)
        self._follow(handle)
        return handle

    def forget(self, stored: StoredJob) -> None:
        """Drop an interrupted job."""
        self.engine.forget(stored)

    def close(self) -> None:
        """Stop the engine after its current step, and the file workers."""
        self._timer.stop()
        for handle in self._live.values():
            if handle.interactive:
                handle.cancel()  # nobody is left who waits for it
        with self._making:
            if self._engine is not None:
                self._engine.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _lend(self, call: Callable[[], T]) -> Future[T]:
        """Have ``call`` made by a worker. What it holds, gives and raises is kept here until the
        worker has let go of it: a task may be cancelled meanwhile, and its view closed.
        """
        work = functools.partial(call)  # has no frame, which an error would keep
        future = self._pool.submit(work)
        self._lent.append(_Lent(weakref.ref(work), call, future))
        self._look()
        return future

    def _follow(self, handle: JobHandle) -> None:
        self._live[handle.id] = handle
        self.jobs.append(handle)
        self.job_added.emit(handle)
        self._look()

    def _look(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _poll(self) -> None:
        for handle in list(self._live.values()):
            ended = handle.done()  # read before the events: none can come after it
            for event in handle.take_events():
                self.engine_event.emit(event)
            mark = (handle.state, handle.progress)
            if self._seen.get(handle.id) != mark:
                self._seen[handle.id] = mark
                self.job_changed.emit(handle)
            if ended:
                self._live.pop(handle.id)
                self._seen.pop(handle.id, None)
                self.job_finished.emit(handle)
        self._lent = [one for one in self._lent if one.work() is not None]
        if not self._live and not self._lent:
            self._timer.stop()
