"""Runs that were cut off: offered when their project is opened, and let go on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.i18n.format import number

if TYPE_CHECKING:
    from pathlib import Path

    from app.bridge import Bridge
    from app.session import Session
    from engine.runtime.queue_store import StoredJob
    from engine.training.config import TrainRequest
    from engine.training.runs import Resumable


class ResumeOffer(QObject):
    """Tells of the newest run that a crash ended, once a project is opened. A run that the queue
    offers to start again is not told twice.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        session.project_changed.connect(self._project_changed)

    def _project_changed(self, project: object) -> None:
        if project is not None:
            self._session.start(self._look())

    async def _look(self) -> None:
        session, project = self._session, self._session.project
        if project is None:
            return
        found = await session.bridge.io(_cut_off, project.runs, session.bridge)
        if found is not None and session.project is project:
            session.notify(
                "{name} was cut off at step {step}.",
                action="Resume",
                on_action=partial(self._resume, found),
                warns=True,
                name=found.run.name,
                step=number(found.state.step),
            )

    def _resume(self, item: Resumable) -> None:
        self._session.start(go_on(self._session, item))
        self._session.go("train")


async def go_on(session: Session, item: Resumable) -> None:
    """Queue the rest of a run, and drop the offer of the queue to start it again. Raises
    MissingFileError for a run that was removed, TrainingError for one that is trained elsewhere.
    """
    request = await session.bridge.io(_rest, item)
    session.bridge.submit(request)
    for stored in await session.bridge.io(_stored, session.bridge, item):
        session.bridge.forget(stored)


def _rest(item: Resumable) -> TrainRequest:
    item.run.free(item.run.folder)
    return item.request()


def _cut_off(runs: Path, bridge: Bridge) -> Resumable | None:
    from engine.training.runs import resumable

    cut = (item for item in resumable(runs) if item.run.status == "interrupted")
    newest = next(cut, None)
    return None if newest is None or _stored(bridge, newest) else newest


def _stored(bridge: Bridge, item: Resumable) -> list[StoredJob]:
    """The jobs of an earlier time that are this run."""
    run = {"output_name": item.run.name, "project": str(item.run.folder.parents[1])}
    return [one for one in bridge.interrupted() if _says(one.record, run)]


def _says(record: Any, values: dict[str, str]) -> bool:
    said = record.get("values") if isinstance(record, dict) else None
    return isinstance(said, dict) and all(said.get(name) == v for name, v in values.items())
