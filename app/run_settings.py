"""Settings of the next training run that more than one page shows, and keeps the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.kept_run import Kept, KeptRun, read

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from app.session import Session
    from engine.runtime.refusals import Refusal
    from engine.training.config import TrainRequest


PATIENCE = 1.0
"""Seconds that are left to a project to show its pictures, before its runs are read."""


class RunSettings(QObject):
    """``values`` were set since the project was opened, or kept from before; those in ``by_hand``
    are suggested no more. ``missing`` says which base model an import waits for; ``word`` is the
    trigger word of the newest run that had one; ``sound`` are the last settings that agreed, with
    their request. ``changed`` carries who changed them, so that nobody answers to itself.
    """

    changed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.values: dict[str, Any] = {}
        self.by_hand: set[str] = set()
        self.missing: Refusal | None = None
        self.word = ""
        self._draft: dict[str, Any] | None = None
        self._side: int | None = None
        self.sound: tuple[dict[str, Any], TrainRequest] | None = None
        self._file = KeptRun(session)
        self._kept: Kept | None = None
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
        """Set ``values`` by hand and tell everybody else."""
        self.by_hand |= values.keys()
        self.share(by, values)
        if self._draft is None:
            self._keep(self.by_hand)

    def share(self, by: object, values: Mapping[str, Any]) -> None:
        """Tell everybody else of ``values`` that ``by`` has set."""
        self.values |= values
        if self._draft is not None:
            self._draft = {**self._draft, **values}
        self.changed.emit(by)

    def follow(
        self, by: object, values: Mapping[str, Any], side: int, kept: Collection[str] = ()
    ) -> None:
        """Take over the next run as ``by`` would start it on a model of ``side`` pixels; what
        changes nothing about pictures and captions is not told. ``kept`` names what stays with the
        project.
        """
        before = _read(self.next_values()), self.side
        self._draft, self._side = dict(values), side
        if (_read(self._draft), side) != before:
            self.changed.emit(by)
        self._keep(kept)

    async def flush(self) -> None:
        """Write at once what was set: the window goes."""
        await self._file.flush()

    def _project_changed(self, project: object) -> None:
        self.values, self.word, self._draft, self._side = {}, "", None, None
        self.by_hand, self.missing, self.sound, self._kept = set(), None, None, None
        if project is not None:
            self._session.start(self._read_kept())
            self._session.start(self._read_word())

    async def _read_kept(self) -> None:
        """What is set meanwhile counts more than what was kept."""
        project = self._session.project
        if project is None:
            return
        found = await self._session.bridge.io(read, project.root)
        if self._session.project is not project:
            return
        self._kept = found
        values = {n: v for n, v in found.values.items() if n not in self.by_hand}
        if not values and found.missing is None:
            return
        self.missing = found.missing
        self.by_hand |= values.keys()
        self.share(self, values)

    def _keep(self, names: Collection[str]) -> None:
        project, known = self._session.project, self._draft or self.values
        kept = Kept({n: known[n] for n in sorted(names) if n in known}, self.missing)
        if project is None or self._kept is None or kept == self._kept:
            return  # what is there has not been read yet, or is this
        self._kept = kept
        self._file.keep(project.root, kept)

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
