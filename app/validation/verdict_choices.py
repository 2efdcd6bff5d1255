"""What a team decides about verdicts, kept with the project: limits, and flags set aside.

Changes are undone one by one; what is typed or dragged at one limit is one step.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.validation.history import History
from app.validation.keeping import Keeping
from engine.validation import dismissed as dismissed_file
from engine.validation import limits as limits_file
from engine.validation.dismissed import Dismissal, dismissal_of
from engine.validation.limits import Limits

if TYPE_CHECKING:
    from app.session import Session
    from engine.validation.overfit_rules import Flag
    from engine.validation.sentences import Sentence


class Chosen(NamedTuple):
    """The limits, and the flags that were set aside."""

    limits: Limits = Limits()
    dismissed: tuple[Dismissal, ...] = ()


class VerdictChoices(QObject):
    """Those of the project that is open."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._folder: Path | None = None
        self.now = Chosen()
        self.history = History(lambda: self.now, self._restore)
        self._gesture = ""
        self._stored: dict[Path, Chosen] = {}
        self._keeping: Keeping[Chosen] = Keeping(session, self._write)

    async def follow(self) -> None:
        """Another project is open: read what is kept with it."""
        project = self._session.project
        folder = self._folder = project.root if project is not None else None
        self.now = Chosen()
        self._gesture = ""
        self.history.clear()
        waiting = self._keeping.waiting(folder)
        if waiting is not None:
            self.now = waiting
        elif folder is not None:
            found, wrong = await self._session.bridge.io(_read, folder)
            if folder != self._folder:
                return  # another project is open by now
            self.now = self._stored[folder] = found
            for sentence in wrong:
                name = sentence.facts["name"]
                self._session.notify(sentence.template, warns=True, name=name)
        self.changed.emit()

    # Limits

    @property
    def limits(self) -> Limits:
        """Those that hold."""
        return self.now.limits

    def set_limit(self, name: str, value: float) -> None:
        """Move a limit; until :meth:`finish` moving it on is the same step."""
        if getattr(self.limits, name) == value:
            return
        moved = Limits.model_validate(self.limits.model_dump() | {name: value})
        if self._gesture == name:
            self._take(self.now._replace(limits=moved))
        else:
            self._gesture = name
            self._step("Move a limit", self.now._replace(limits=moved))

    def finish(self) -> None:
        """What comes next is another step, though it may move the same limit."""
        self._gesture = ""

    def reset(self) -> None:
        """Back to the usual limits."""
        self.finish()
        if self.limits != Limits():
            self._step("Reset the limits", self.now._replace(limits=Limits()))

    # Flags

    def dismissal(self, flag: Flag) -> Dismissal | None:
        """Why ``flag`` was set aside, or None."""
        return dismissal_of(flag, self.now.dismissed)

    def dismiss(self, flag: Flag, reason: str) -> None:
        """Set ``flag`` aside."""
        self.finish()
        made = Dismissal(flag.kind, flag.checkpoint, flag.weight, reason, time.time())
        kept = tuple(one for one in self.now.dismissed if not one.is_of(flag))
        self._step("Dismiss a flag", self.now._replace(dismissed=(*kept, made)))

    def restore(self, flag: Flag) -> None:
        """Count ``flag`` again."""
        self.finish()
        kept = tuple(one for one in self.now.dismissed if not one.is_of(flag))
        self._step("Restore a flag", self.now._replace(dismissed=kept))

    def _step(self, words: str, chosen: Chosen) -> None:
        self.history.record(words)
        self._take(chosen)

    def _restore(self, chosen: Chosen) -> None:
        self.finish()
        self._take(chosen)

    def _take(self, chosen: Chosen) -> None:
        self.now = chosen
        self.changed.emit()
        self._keeping.keep(self._folder, chosen)

    async def _write(self, folder: Path, chosen: Chosen) -> None:
        before = self._stored.get(folder, Chosen())
        await self._session.bridge.io(_write, folder, before, chosen)
        self._stored[folder] = chosen


def _read(folder: Path) -> tuple[Chosen, tuple[Sentence, ...]]:
    limits, wrong_limits = limits_file.load(folder)
    dismissed, wrong_flags = dismissed_file.load(folder)
    wrong = tuple(one for one in (wrong_limits, wrong_flags) if one is not None)
    return Chosen(limits, dismissed), wrong


def _write(folder: Path, before: Chosen, chosen: Chosen) -> None:
    if chosen.limits != before.limits:
        limits_file.save(folder, chosen.limits)
    if chosen.dismissed != before.dismissed:
        dismissed_file.save(folder, chosen.dismissed)
