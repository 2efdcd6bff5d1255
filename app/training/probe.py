"""Measuring the next run: one step of it is made for true, on demand, and told while it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.training.pace import between_steps
from engine.runtime.errors import StylekilnError
from engine.training.probing import ProbeRequest, ProbeResult

if TYPE_CHECKING:
    from app.training.draft import Plan
    from app.training.next_run import NextRun
    from engine.runtime.job import JobHandle
    from engine.training.config import TrainRequest

WITHOUT_COST = (
    "output_", "metadata_", "save_", "sample_", "log_", "logging_", "validat", "max_validation",
    "max_train_", "early_stop", "lr_", "seed", "training_comment", "no_metadata", "resume",
    "trigger_word",
)  # fmt: skip
"""How the settings begin that change neither the memory nor the time of a step."""


@dataclass(frozen=True)
class Measured:
    """What a step cost, and what the run was that it belongs to."""

    result: ProbeResult
    work: tuple[object, ...]
    steps: int

    def seconds(self, plan: Plan, request: TrainRequest) -> float:
        """How long the run of ``plan`` takes, with all that ``request`` asks for between steps."""
        steps = self.result.seconds * plan.left / self.steps
        return steps + between_steps(plan, request, self.result.between)


class Probe(QObject):
    """One measurement at a time; the last one counts as long as the next run does the same work."""

    changed = Signal()

    def __init__(self, state: NextRun) -> None:
        super().__init__(state)
        self._state = state
        self._session = state.session
        self.handle: JobHandle | None = None
        self.error: StylekilnError | None = None
        self._last: Measured | None = None
        self._asked: tuple[tuple[object, ...], int] = ((), 1)
        state.session.job_changed.connect(self._heard)
        state.session.job_finished.connect(self._finished)
        state.session.project_changed.connect(self._project_changed)

    def _project_changed(self, _: object) -> None:
        self._forget()

    @property
    def measuring(self) -> bool:
        """Whether a measurement waits or goes on."""
        return self.handle is not None

    @property
    def measured(self) -> Measured | None:
        """What was measured, None when the next run would do other work."""
        last = self._last
        return last if last is not None and last.work == self._work() else None

    @property
    def is_stale(self) -> bool:
        """Whether something was measured, with other settings or pictures."""
        return self._last is not None and self.measured is None

    def measure(self) -> None:
        """Queue a measurement of the next run."""
        if self.measuring or self._state.plan is None or not self._state.can_start:
            return
        self._asked = self._work(), self._state.plan.steps
        self.error = None
        self.handle = self._session.bridge.submit(ProbeRequest(train=self._state.request()))
        self.changed.emit()

    def cancel(self) -> None:
        """Stop measuring."""
        if self.handle is not None:
            self.handle.cancel()

    def _work(self) -> tuple[object, ...]:
        """What decides about the cost of a step: settings, and the shapes of the pictures."""
        plan = self._state.plan
        shapes = frozenset(size for size, _ in plan.outlook.buckets) if plan is not None else None
        return shapes, *(
            (n, v) for n, v in sorted(self._state.values.items()) if not n.startswith(WITHOUT_COST)
        )

    def _heard(self, handle: object) -> None:
        if handle is self.handle:
            self.changed.emit()

    def _finished(self, handle: JobHandle) -> None:
        if handle is not self.handle:
            return
        self.handle = None
        if handle.state == "done":
            result: Any = handle.result()
            self._last = Measured(result, *self._asked)
        elif handle.state == "failed":
            error = handle.exception()
            self.error = error if isinstance(error, StylekilnError) else None
            if self.error is None and error is not None:
                self._session.show_error(error)
        self.changed.emit()

    def _forget(self) -> None:
        self.cancel()
        self.handle, self.error, self._last = None, None, None
        self.changed.emit()
