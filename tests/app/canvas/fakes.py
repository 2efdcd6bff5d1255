"""A session without an engine: file work happens at once, submitted requests are only noted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from engine.project.settings import Settings
from engine.runtime.errors import StylekilnError
from engine.runtime.events import Event
from engine.runtime.job import JobHandle
from engine.runtime.thread import run_beside


class FakeBridge:
    def __init__(self):
        self.submitted = []

    @property
    def jobs(self):
        return self.submitted

    async def io(self, function, *args):
        return function(*args)

    async def behind(self, function, *args):
        return function(*args)

    def job(self, job_id):
        return next((one for one in self.submitted if one.id == job_id), None)

    def submit(self, request, *, interactive=False):
        handle = JobHandle(request, interactive=interactive)
        self.submitted.append(handle)
        return handle

    def submit_beside(self, request):
        handle = JobHandle(request, interactive=True)
        self.submitted.append(handle)
        run_beside(handle)
        return handle


class FakeSession(QObject):
    project_changed = Signal(object)
    pictures_changed = Signal(object)
    engine_event = Signal(object)
    job_added = Signal(object)
    job_changed = Signal(object)
    job_finished = Signal(object)
    undone = Signal()
    settings_changed = Signal(object)
    page_wanted = Signal(str)

    def __init__(self):
        super().__init__()
        self.bridge = FakeBridge()
        self.settings = Settings()
        self.project = None
        self.library = None
        self.notes = []
        self.offers = {}
        self.facts = {}
        self.errors = []
        self.gone = []
        self.at_end = []
        self._loop = asyncio.new_event_loop()
        self._waiting = []

    def start(self, coroutine):
        if self._loop.is_closed():  # a timer of a window that is going away
            coroutine.close()
            return None
        if self._loop.is_running():  # begun by what another one tells: after it
            self._waiting.append(coroutine)
            return None
        try:
            return self._loop.run_until_complete(coroutine)
        except StylekilnError as error:
            self.errors.append(error)
        finally:
            while self._waiting:
                self.start(self._waiting.pop(0))

    def notify(self, key, many="", *, on_action=None, **facts):
        self.notes.append(key)
        self.offers[key] = on_action
        self.facts[key] = facts

    def show_error(self, error):
        self.errors.append(error)

    def change_settings(self, **values):
        self.settings = replace(self.settings, **values)
        self.settings_changed.emit(self.settings)

    def go(self, workspace, **payload):
        self.gone.append((workspace, payload))

    def tell(self, handle, kind, **data):
        self.engine_event.emit(Event(handle.id, kind, data))

    def end(self, handle, result=None):
        if not handle.done():
            handle.set_result(result)
        self.job_finished.emit(handle)

    def close(self):
        self._loop.close()
