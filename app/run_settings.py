"""Settings of the next training run that more than one page shows, and keeps the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.session import Session
    from engine.training.config import TrainRequest


PATIENCE = 1.0
"""Seconds that are left to a project to show its pictures, before its runs are read."""


class RunSettings(QObject):
    """``values`` were set by hand since the project was opened; ``word`` is the trigger word of the
    newest run that had one; ``sound`` are the last settings that agreed, with their request.
    ``changed`` carries who changed them, so that nobody answers to itself.
    """

    changed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.values: dict[str, Any] = {}
        self.word = ""
        self._draft: dict[str, Any] | None = None
        self._side: int | None = None
        self.sound: tuple[dict[str, Any], TrainRequest] | None = None
        session.project_changed.connect(self._project_changed)

    def next_values(self) -> dict[str, Any]:
        """All settings that the next run would be started with: as Train has them, and as it would
        begin before it was ever opened; empty without a project.
        """
        if self._draft is not None:
            return self._draft
        project = self._session.project
        if project is None:
            return {}
        from app.training import draft  # what the start page shows needs none of it

        file = project.file
        name = draft.next_name([], file.name)
        word = file.trigger_word or self.word
        first = draft.first_values(project.root, name, word, draft.starter)
        return first | draft.project_values(file, draft.starter) | self.values

    @property
    def side(self) -> int:
        """The picture size of the base model in pixels, for a run that names none."""
        from app.training import draft

        return self._side or draft.starter.size

    def put(self, by: object, **values: Any) -> None:
        """Set ``values`` and tell everybody else."""
        self.values |= values
        if self._draft is not None:
            self._draft = self._draft | values
        self.changed.emit(by)

    def follow(self, by: object, values: Mapping[str, Any], side: int) -> None:
        """Take over the next run as ``by`` would start it on a model of ``side`` pixels; what
        changes nothing about pictures and captions is not told.
        """
        before = _read(self.next_values()), self.side
        self._draft, self._side = dict(values), side
        if (_read(self._draft), side) != before:
            self.changed.emit(by)

    def _project_changed(self, project: object) -> None:
        self.values, self.word, self._draft, self._side = {}, "", None, None
        self.sound = None
        if project is not None:
            self._session.start(self._read_word())

    async def _read_word(self) -> None:
        project = self._session.project
        if project is None:
            return
        await self._session.calm.rest(PATIENCE)
        found = await self._session.bridge.behind(_newest_word, project.runs)
        if self._session.project is project and found:
            self.word = found
            self.changed.emit(self)


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that say what a run reads of pictures and captions, and when."""
    found = {name: values[name] for name in _reading() if name in values}
    if not values.get("token_warmup_step"):
        found.pop("max_train_epochs", None)  # only that asks how long a run is
        found.pop("max_train_steps", None)
    return found


@cache
def _reading() -> tuple[str, ...]:
    from engine.training.settings.buckets import BucketSettings
    from engine.training.settings.captions import CaptionSettings
    from engine.training.settings.data import DataSettings
    from engine.training.settings.length import LengthSettings
    from engine.training.settings.pictures import PictureSettings
    from engine.training.settings.validation import ValidationSettings

    groups = (
        BucketSettings, CaptionSettings, DataSettings, LengthSettings, PictureSettings,
        ValidationSettings,
    )  # fmt: skip
    return tuple(dict.fromkeys(name for group in groups for name in group.model_fields))


def _newest_word(folder: Path) -> str:
    """The trigger word of the newest run in ``folder`` that had one and learned something."""
    from app.training.past_runs import learned
    from app.training.story import read
    from engine.runtime.errors import StylekilnError
    from engine.training.runs import list_runs

    for run in list_runs(folder):
        try:
            word = run.request().trigger_word
            if word and learned(read(run.folder)):
                return word
        except (StylekilnError, ValueError):
            continue  # a run of another version; the page of the runs says what is wrong with it
    return ""
