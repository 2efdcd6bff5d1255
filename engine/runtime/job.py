"""A unit of work: the frozen request that describes it, the job that runs it, the handle on it."""

from __future__ import annotations

import importlib
import threading
import uuid
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from engine.runtime.errors import BadInputError, JobCancelled
from engine.runtime.events import Event, Progress, ProgressMeter

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

# A stored record names a class to import; only these packages are trusted.
REQUEST_PACKAGES: tuple[str, ...] = ("engine.",)

JobState = Literal["queued", "running", "paused", "interrupted", "done", "failed", "cancelled"]


class Request(BaseModel):
    """A frozen, serialisable description of work. Everything that influences the result is in it.

    ``handler`` is ``"module:function"``; the engine imports it when the work starts, so that a
    request can be made without importing torch. It is called as ``handler(request, job)``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    handler: ClassVar[str]
    title_key: ClassVar[str] = "{name}"
    controls: ClassVar[tuple[str, ...]] = ()
    """What can be asked of the work while it goes on, by :meth:`JobHandle.ask`."""

    @property
    def subject(self) -> str:
        """What the work is about: a run's name, the start of a prompt."""
        return ""

    @property
    def title(self) -> str:
        """What the queue shows, in English; ``title_key`` is its translation key."""
        return self.title_key.replace("{name}", self.subject)

    def smaller(self) -> Request | None:
        """The same work in less memory, or None when nothing can be made smaller."""
        return None

    def again(self) -> Request:
        """What is to be done when this work was cut off: all of it, or what is left."""
        return self

    def to_record(self) -> dict[str, Any]:
        """A JSON-ready record that :func:`request_from_record` reads back."""
        kind = f"{type(self).__module__}:{type(self).__qualname__}"
        return {"type": kind, "values": self.model_dump(mode="json")}


def request_from_record(record: dict[str, Any]) -> Request:
    """Read back a stored request. Only request classes of the engine are accepted."""
    if not isinstance(record, dict):
        raise BadInputError("{type} is not a request of this application.", type=record)
    module, _, name = str(record.get("type", "")).partition(":")
    if not module.startswith(REQUEST_PACKAGES):
        raise BadInputError("{type} is not a request of this application.", type=module)
    found = getattr(importlib.import_module(module), name, None)
    if not (isinstance(found, type) and issubclass(found, Request)):
        raise BadInputError("{type} is not a request of this application.", type=record["type"])
    return found.model_validate(record.get("values"))


class JobHandle(Future[Any]):
    """What a caller holds: a future, plus progress, events, cancel and pause. Thread-safe.

    ``result()`` gives the handler's value or raises its StylekilnError. ``cancel()`` asks a running
    job to stop at its next step and always returns True unless the job has ended.
    """

    def __init__(self, request: Request, *, job_id: str = "", interactive: bool = False) -> None:
        super().__init__()
        self.id = job_id or uuid.uuid4().hex[:12]
        self.request = request
        self.interactive = interactive
        self.meter = ProgressMeter()
        self.state: JobState = "queued"
        self.function: Callable[[], Any] | None = None
        self._events: deque[Event] = deque()
        self._asked: deque[str] = deque()
        self._cancel = threading.Event()
        self._go = threading.Event()
        self._go.set()

    @property
    def progress(self) -> Progress:
        """The newest progress."""
        return self.meter.latest

    @property
    def cancel_asked(self) -> bool:
        """Whether the user asked to stop."""
        return self._cancel.is_set()

    def cancel(self) -> bool:
        """Ask the job to stop; a queued job ends at once, a running one within one step."""
        if self.done():
            return False
        self._cancel.set()
        self._go.set()
        if self.state == "queued" and super().cancel():
            self.state = "cancelled"
        return True

    def pause(self) -> None:
        """Hold the job at its next step."""
        self._go.clear()

    def resume(self) -> None:
        """Let a paused job go on."""
        self._go.set()

    @property
    def paused(self) -> bool:
        """Whether a pause was asked for."""
        return not self._go.is_set()

    def ask(self, control: str) -> bool:
        """Ask for one of the request's ``controls`` at the next step; a paused job takes that step
        and pauses again. False for what the request does not offer, and when the job has ended.
        """
        if self.done() or control not in self.request.controls:
            return False
        self._asked.append(control)
        return True

    def take_events(self) -> list[Event]:
        """All events since the last call, oldest first."""
        taken = []
        while self._events:
            taken.append(self._events.popleft())
        return taken


class Job:
    """What a handler sees: report progress, emit events, and breathe at every step."""

    def __init__(self, handle: JobHandle, between: Callable[[], None] | None = None) -> None:
        self._handle = handle
        self._between = between

    @classmethod
    def detached(cls, between: Callable[[], None] | None = None) -> Job:
        """A job outside any engine, for direct calls; its events are kept on the handle.
        ``between`` is called at every step.
        """
        return cls(JobHandle(Request()), between)

    @property
    def id(self) -> str:
        """The identifier of this job."""
        return self._handle.id

    @property
    def handle(self) -> JobHandle:
        """The caller's side of this job."""
        return self._handle

    def progress(
        self,
        step: int,
        total: int,
        text: str = "",
        *,
        share: float | None = None,
        to_come: float = 0.0,
        **facts: object,
    ) -> None:
        """Report that ``step`` of ``total`` steps are done; cheap enough for every step.

        ``text`` is what is being done: a translation key that ``facts`` fill. ``share`` (0 to 1) is
        the part of the work that is done, where that is not the part of the steps. ``to_come`` are
        the seconds of what is still to be done beside the steps.
        """
        self._handle.meter.update(step, total, text, facts, share, to_come)

    def say(self, text: str, **facts: object) -> None:
        """Tell what is being done at the step of the newest progress, by a translation key that
        ``facts`` fill.
        """
        self._handle.meter.say(text, facts)

    def aside(self) -> AbstractContextManager[None]:
        """What is done inside is no step: neither rate nor time left count it as one."""
        return self._handle.meter.aside()

    def emit(self, kind: str, **data: Any) -> None:
        """Send an event that must not be lost, such as a finished picture."""
        self._handle._events.append(Event(self.id, kind, data))

    def asked(self) -> list[str]:
        """The controls that were asked for since the last call, oldest first."""
        asked = self._handle._asked
        return [asked.popleft() for _ in range(len(asked))]

    def breathe(self) -> None:
        """Call at every step: raises JobCancelled, honours pause, lets one interactive job in.

        A pause does not hold work that was asked for a control: whoever offers controls takes them
        with :meth:`asked` at each step and breathes again.
        """
        self.go_on()
        if self._handle.paused and not self._handle._asked:
            with self.aside():
                self._hold()
        self._handle.state = "running"

    def _hold(self) -> None:
        while self._handle.paused and not self._handle._asked:
            self._handle.state = "paused"
            if self._between is not None:
                self._between()
            self._handle._go.wait(0.05)
            self.stop_if_asked()

    def go_on(self) -> None:
        """A breath inside of what a pause does not cut in half: it holds at the next full one."""
        self.stop_if_asked()
        if self._between is not None:
            with self.aside():
                self._between()

    def stop_if_asked(self) -> None:
        """Raise JobCancelled when the user asked to stop. Unlike a breath it never waits, so that
        it is right inside of what others wait for.
        """
        if self._handle.cancel_asked:
            raise JobCancelled()
