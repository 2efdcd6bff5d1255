"""Counting what a run would read of the pictures: once for a shape of buckets, and never long."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.dataset.outlook import Outlook, look_ahead

if TYPE_CHECKING:
    from app.session import Session
    from engine.dataset.buckets import BucketSpec
    from engine.dataset.library import Picture

FEW = 1000
"""So many pictures are counted at once; of more, the window hears when they are counted."""


class _Question(NamedTuple):
    pictures: list[Picture]
    spec: BucketSpec
    batch: int

    def same(self, other: _Question) -> bool:
        """Whether the answer is the same: lists of pictures are never changed, only replaced."""
        return self.pictures is other.pictures and self[1:] == other[1:]


class Counting(QObject):
    """Keeps the last answer. ``counted`` says that a question asked before can be answered now."""

    counted = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._answered: tuple[_Question, Outlook] | None = None
        self._asked: _Question | None = None

    def outlook(self, pictures: list[Picture], spec: BucketSpec, batch: int) -> Outlook | None:
        """What a run would read; of many pictures the last that is known, until ``counted``."""
        question = _Question(pictures, spec, batch)
        if self._answered is not None and self._answered[0].same(question):
            self._asked = None
        elif len(pictures) <= FEW:
            self._asked = None
            self._answered = question, look_ahead(*question)
        else:
            self._ask(question)
        return self._answered[1] if self._answered is not None else None

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
            outlook = await self._session.bridge.io(look_ahead, *question)
            if self._asked is question:
                self._asked = None
                self._answered = question, outlook
                self.counted.emit()
