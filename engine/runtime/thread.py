"""The engine thread: one thread owns torch, runs one job at a time, and never dies of an error."""

from __future__ import annotations

import importlib
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from engine.runtime import device
from engine.runtime.errors import (
    BadInputError,
    JobCancelled,
    JobInterrupted,
    OutOfMemoryError,
    StylekilnError,
)
from engine.runtime.files import system_error
from engine.runtime.job import Job, JobHandle, JobState, Request, request_from_record
from engine.runtime.queue_store import QueueStore, StoredJob

log = logging.getLogger(__name__)


class Engine:
    """A queue and the thread that works through it. ``submit`` may be called from any thread.

    With a ``store``, jobs that were waiting when the application last ended are in the queue again.
    """

    def __init__(self, store: QueueStore | None = None, *, threads: int | None = None) -> None:
        self._store = store
        self._threads = threads
        self._waiting: deque[JobHandle] = deque()
        self._interactive: deque[JobHandle] = deque()
        self._current: JobHandle | None = None
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        if store is not None:
            for stored in store.jobs("queued"):
                self._restore(stored)

    def start(self) -> Engine:
        """Start the thread."""
        self._thread.start()
        return self

    def submit(self, request: Request, *, interactive: bool = False) -> JobHandle:
        """Queue ``request``. An interactive one runs at the next breath of the running job."""
        handle = JobHandle(request, interactive=interactive)
        self._enqueue(handle)
        return handle

    def call(self, function: Callable[[], Any]) -> JobHandle:
        """Run a plain function in the engine thread ahead of the queue (the warm-up imports)."""
        handle = JobHandle(Request(), interactive=True)
        handle.function = function
        self._enqueue(handle)
        return handle

    def interrupted(self) -> list[StoredJob]:
        """Jobs that were running when the application last ended."""
        return self._store.jobs("interrupted") if self._store is not None else []

    def restart(self, stored: StoredJob) -> JobHandle:
        """Queue an interrupted job again, or what is left of it, under its old identifier."""
        handle = JobHandle(request_from_record(stored.record).again(), job_id=stored.id)
        self._enqueue(handle)
        return handle

    def forget(self, stored: StoredJob) -> None:
        """Drop an interrupted job that the user does not want again."""
        if self._store is not None:
            self._store.forget(stored.id)

    def waiting(self) -> list[JobHandle]:
        """Jobs in the queue that have not started, in their order."""
        with self._wake:
            return list(self._waiting)

    @property
    def current(self) -> JobHandle | None:
        """The job that is running, if any."""
        return self._current

    def close(self, timeout: float = 10.0) -> None:
        """Stop after the current step; the running job is stored as interrupted, others stay."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    # The rest runs in the engine thread.

    def _work(self) -> None:
        while (handle := self._next()) is not None:
            self._run(handle, nested=False)

    def _next(self) -> JobHandle | None:
        with self._wake:
            while True:
                if self._closing:
                    return None
                if self._interactive:
                    return self._interactive.popleft()
                if self._waiting:
                    return self._waiting.popleft()
                self._wake.wait()

    def _one_interactive(self, running: JobHandle) -> None:
        """Between two steps of a long job: run at most one short request, without nesting.

        Requests that are interactive themselves do not let in others of their kind, so that those
        come in the order in which they were asked for.
        """
        kind = type(running.request) if running.interactive else None
        with self._wake:
            handle = next((one for one in self._interactive if type(one.request) is not kind), None)
            if handle is not None:
                self._interactive.remove(handle)
        if handle is not None:
            self._run(handle, nested=True)

    def _between(self, handle: JobHandle, nested: bool) -> None:
        """What happens at every breath: leave when closing, let one interactive job in."""
        if self._closing:
            raise JobInterrupted
        if not nested:
            self._one_interactive(handle)

    def _run(self, handle: JobHandle, nested: bool) -> None:
        if not handle.set_running_or_notify_cancel():
            self._changed(handle, "cancelled")
            return
        outer, self._current = self._current, handle
        self._changed(handle, "running")
        try:
            result = self._attempt(handle, lambda: self._between(handle, nested))
        except BaseException as error:
            # Also what is no Exception, such as SystemExit: it ends the job of its handler, never
            # this thread, or all others would wait for ever.
            self._fail(handle, error)
        else:
            self._changed(handle, "done")
            handle.set_result(result)
        finally:
            self._current = outer

    def _fail(self, handle: JobHandle, error: BaseException) -> None:
        """End a job with ``error``; a library's error becomes one sentence."""
        if isinstance(error, JobCancelled):
            cut_off = isinstance(error, JobInterrupted)
            self._changed(handle, "interrupted" if cut_off else "cancelled")
            handle.set_exception(error)
            return
        failure = error if isinstance(error, StylekilnError) else _translate(error)
        if failure is not error:
            log.error("job %s failed", handle.id, exc_info=error)
            failure.__cause__ = error
        self._changed(handle, "failed", str(failure))
        handle.set_exception(failure)

    def _attempt(self, handle: JobHandle, between: Callable[[], None]) -> Any:
        """Run the handler; when memory runs out, free it first and then retry smaller."""
        request: Request | None = handle.request
        while request is not None:
            try:
                return self._handle_once(request, handle, between)
            except (MemoryError, RuntimeError) as error:
                if not device.is_out_of_memory(error):
                    raise
                failure = _translate(error)
            # Only here, with the exception and its frames gone, can their tensors be freed.
            device.free_memory(unload=True)
            request = request.smaller()
            if request is not None:
                Job(handle).emit("job.smaller", title=request.title)
        raise failure

    def _handle_once(self, request: Request, handle: JobHandle, between: Callable[[], None]) -> Any:
        if handle.function is not None:
            return handle.function()
        module, _, name = request.handler.partition(":")
        handler = getattr(importlib.import_module(module), name)
        before = device.engine_threads()
        device.limit_threads(self._threads or device.default_threads())
        try:
            return handler(request, Job(handle, between))
        finally:
            device.limit_threads(before)  # of the job that let this one in

    def _enqueue(self, handle: JobHandle) -> None:
        with self._wake:
            if self._closing:
                raise BadInputError("The application is closing; nothing new can start.")
            (self._interactive if handle.interactive else self._waiting).append(handle)
            self._changed(handle, "queued")
            self._wake.notify_all()

    def _restore(self, stored: StoredJob) -> None:
        try:
            handle = JobHandle(request_from_record(stored.record), job_id=stored.id)
        except (StylekilnError, ValueError, ImportError) as error:
            log.warning("A waiting job could not be read back: %s", error)
            return
        self._waiting.append(handle)

    def _changed(self, handle: JobHandle, state: JobState, message: str = "") -> None:
        handle.state = state
        if self._store is None or handle.interactive:
            return
        try:
            self._store.save(handle, state, message)
        except sqlite3.Error as error:
            # A full disk must not stop the work: only a restart would miss this entry.
            log.warning("The queue could not be written: %s", error)


def run_beside(handle: JobHandle) -> None:
    """Do the work of ``handle`` in the calling thread: what needs no model need not wait for the
    engine. Errors end it as they end a job of the engine; it is not stored.
    """
    if not handle.set_running_or_notify_cancel():
        handle.state = "cancelled"
        return
    handle.state = "running"
    module, _, name = handle.request.handler.partition(":")
    try:
        result = getattr(importlib.import_module(module), name)(handle.request, Job(handle))
    except BaseException as error:
        # Whatever it is: without an end of the handle its caller would wait for ever.
        failure = error if isinstance(error, StylekilnError) else _translate(error)
        if failure is not error:
            log.error("job %s failed", handle.id, exc_info=error)
            failure.__cause__ = error
        handle.state = "cancelled" if isinstance(error, JobCancelled) else "failed"
        handle.set_exception(failure)
    else:
        handle.state = "done"
        handle.set_result(result)


def _translate(error: BaseException) -> StylekilnError:
    """The taxonomy's word for an error of a library or the operating system."""
    if device.is_out_of_memory(error):
        return OutOfMemoryError(
            "Out of memory.", remedy="Use a smaller batch or size, or close other programs."
        )
    if isinstance(error, OSError):
        return system_error(error)
    return StylekilnError(
        "Something unexpected went wrong: {kind}: {reason}.",
        kind=type(error).__name__,
        reason=str(error).strip().rstrip("."),
        remedy="Finished work is kept. The log has the details.",
    )
