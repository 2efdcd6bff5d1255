"""What a run does before its first step, told without moving its progress."""

from __future__ import annotations

from typing import Any

from engine.runtime.job import Job


class GettingReady(Job):
    """The training job as reading and encoding see it: their words are told, and the bar stays at
    ``done``, the part of the run that was learned before. So it never falls when the steps begin.
    """

    def __init__(self, outer: Job) -> None:
        super().__init__(outer.handle)
        self._outer = outer
        self.done = 0.0
        self.run = ""
        """The folder of the run, once there is one."""

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
        """Tell the words of a phase; they count what is done."""
        self._outer.progress(0, 0, text, share=self.done, to_come=to_come, **facts)

    def emit(self, kind: str, **data: Any) -> None:
        """An event of the run, which is known by its folder."""
        self._outer.emit(kind, **({"run": self.run} if self.run else {}), **data)

    def breathe(self) -> None:
        """As the training breathes."""
        self._outer.breathe()
