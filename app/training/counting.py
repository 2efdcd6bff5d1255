"""Counting what a run would read of the pictures: once for a shape of buckets, and never long."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.dataset.outlook import Outlook, outlook_of
from engine.runtime.errors import StylekilnError
from engine.training.runs import state_at

if TYPE_CHECKING:
    from app.session import Session
    from engine.dataset.buckets import BucketSpec
    from engine.dataset.library import Picture
    from engine.training.config import TrainRequest

FEW = 1000
"""So many pictures are counted at once; of more, the window hears when they are counted."""


_READ = (
    "train_batch_size", "validation_split", "validation_seed", "reg_data_dir", "caption_extension",
    "resume",
)  # fmt: skip
"""The settings that the answer depends on, beside those of the buckets."""


class Counted(NamedTuple):
    """What a run would read, and after which step it would go on."""

    outlook: Outlook
    done: int


class _Question(NamedTuple):
    pictures: list[Picture]
    spec: BucketSpec
    request: TrainRequest

    def same(self, other: _Question) -> bool:
        """Whether the answer is the same: lists of pictures are never changed, only replaced."""
        alike = all(getattr(self.request, n) == getattr(other.request, n) for n in _READ)
        return self.pictures is other.pictures and self.spec == other.spec and alike

    @property
    def is_quick(self) -> bool:
        """Whether it can be answered at once, without looking at any file."""
        request = self.request
        files = request.validation_split or request.reg_data_dir or request.resume
        return len(self.pictures) <= FEW and not files

    def answer(self) -> Counted:
        """Count. Raises StylekilnError for files that the run would refuse."""
        outlook = outlook_of(self.pictures, self.request, self.spec)
        resume = self.request.resume
        state = state_at(Path(resume)) if resume else None
        return Counted(outlook, state.step if state is not None else 0)


_Answer = tuple[_Question, Counted | StylekilnError]


class Counting(QObject):
    """Keeps the last answer. ``counted`` says that a question asked before can be answered now.
    What one ``beside`` it counts is not counted twice.
    """

    counted = Signal()

    def __init__(
        self, session: Session, parent: QObject, *, beside: Counting | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._beside = beside
        self._answered: _Answer | None = None
        self._asked: _Question | None = None

    def look(
        self, pictures: list[Picture], spec: BucketSpec, request: TrainRequest
    ) -> Counted | None:
        """What a run would read; of many pictures, and where files are looked at, the last that is
        known, until ``counted``. Raises StylekilnError for files that the run would refuse.
        """
        question = _Question(pictures, spec, request)
        if self._beside is not None and self._beside._counts(question):
            self._answered, self._asked = self._beside._answered_as(question), None
        elif self._answered is not None and self._answered[0].same(question):
            self._asked = None
        elif question.is_quick:
            self._asked = None
            self._answered = question, question.answer()
        else:
            self._ask(question)
        found = self._answered[1] if self._answered is not None else None
        if isinstance(found, StylekilnError):
            raise found
        return found

    def _counts(self, question: _Question) -> bool:
        """Whether the answer is known, or asked for."""
        known = self._answered_as(question) is not None
        return known or (self._asked is not None and self._asked.same(question))

    def _answered_as(self, question: _Question) -> _Answer | None:
        """The answer to ``question`` with it, None while it is asked for."""
        known = self._answered is not None and self._answered[0].same(question)
        return self._answered if known else None

    def forget(self) -> None:
        """The pictures are of another project."""
        self._answered = self._asked = None

    def _ask(self, question: _Question) -> None:
        waiting = self._asked is not None
        self._asked = question
        if not waiting:
            self._session.start(self._count())

    async def _count(self) -> None:
        """Answer the newest question; those between are dropped."""
        while (question := self._asked) is not None:
            found: Counted | StylekilnError
            try:
                found = await self._session.bridge.io(question.answer)
            except StylekilnError as error:
                found = error
            if self._asked is question:
                self._asked = None
                self._answered = question, found
                self.counted.emit()
