"""Settings of the next training run that more than one page shows, and keeps the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session


PATIENCE = 1.0
"""Seconds that are left to a project to show its pictures, before its runs are read."""


class RunSettings(QObject):
    """``values`` were set by hand since the project was opened; ``last`` are those of its newest
    run. ``changed`` carries who changed them, so that nobody answers to itself.
    """

    changed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.values: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        session.project_changed.connect(self._project_changed)

    def put(self, by: object, **values: Any) -> None:
        """Set ``values`` and tell everybody else."""
        self.values |= values
        self.changed.emit(by)

    def _project_changed(self, project: object) -> None:
        self.values, self.last = {}, {}
        if project is not None:
            self._session.start(self._read_last())

    async def _read_last(self) -> None:
        project = self._session.project
        if project is None:
            return
        await self._session.calm.rest(PATIENCE)
        found = await self._session.bridge.behind(_newest, project.runs)
        if self._session.project is project and found:
            self.last = found
            self.changed.emit(self)


def _newest(folder: Path) -> dict[str, Any]:
    """The settings of the newest run in ``folder`` that says them, empty without one."""
    from engine.runtime.errors import StylekilnError
    from engine.training.runs import list_runs

    for run in list_runs(folder):
        try:
            return run.request().model_dump()
        except (StylekilnError, ValueError):
            continue  # a run of another version; the page of the runs says what is wrong with it
    return {}
