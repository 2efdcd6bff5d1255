"""Stars, rejections and pins of cells: changed at once, undone, written off the UI thread."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.runtime.errors import BadInputError
from engine.validation.marks import Marks, read_marks, write_marks

if TYPE_CHECKING:
    from app.session import Session

_Step = tuple[str, Marks, float]  # what it is called, what was before, and when
_LABELS = {
    ("starred", True): "Star a cell",
    ("starred", False): "Take a star away",
    ("rejected", True): "Reject a cell",
    ("rejected", False): "Take back a rejected cell",
    ("pinned", True): "Pin a cell",
    ("pinned", False): "Unpin a cell",
}


class GridMarks(QObject):
    """The marks of the grid that is shown. While they are written, later ones wait as one."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._folder: Path | None = None
        self.now = Marks()
        self._back: list[_Step] = []
        self._again: list[_Step] = []
        self._known = self._changed = self._writing = False

    def follow(self, folder: Path | None, *, same: bool = False) -> None:
        """Another grid is shown. Where it shows the ``same`` pictures, their marks come along."""
        if folder == self._folder:
            return
        carried = self.now if same else Marks()
        self._folder, self.now = folder, carried
        self._back, self._again, self._known = [], [], False
        self.changed.emit()
        if folder is not None:
            self._session.start(self._read(folder, carried))

    async def _read(self, folder: Path, carried: Marks) -> None:
        found = Marks()
        try:
            found = await self._session.bridge.io(read_marks, folder)
        except BadInputError as error:
            self._session.show_error(error)
        if folder != self._folder:
            return  # another grid is shown by now
        self._known = True
        if found != Marks():
            self.now = found
            self.changed.emit()
        elif carried != Marks():
            self._keep()

    def has(self, kind: str, cell: str) -> bool:
        """Whether ``cell`` has a mark."""
        return bool(cell) and self.now.has(kind, cell)

    def toggle(self, kind: str, cell: str) -> None:
        """Give a mark, or take it away; one step of undo. Nothing until marks are read."""
        if not cell or not self._known:
            return
        on = not self.has(kind, cell)
        self._back.append((_LABELS[kind, on], self.now, time.monotonic()))
        self._again.clear()
        self._take(self.now.marked(kind, cell, on))

    def undo(self) -> None:
        """Take the last change back."""
        self._step(self._back, self._again)

    def redo(self) -> None:
        """Do it again."""
        self._step(self._again, self._back)

    @property
    def newest(self) -> float:
        """When the change was made that undo would take back, in seconds; 0 without one."""
        return self._back[-1][2] if self._back else 0.0

    def about_undo(self) -> str:
        """What undo would take back."""
        return self._back[-1][0] if self._back else ""

    def about_redo(self) -> str:
        """What redo would do again."""
        return self._again[-1][0] if self._again else ""

    def _step(self, source: list[_Step], other: list[_Step]) -> None:
        if source:
            words, marks, when = source.pop()
            other.append((words, self.now, when))
            self._take(marks)

    def _take(self, marks: Marks) -> None:
        self.now = marks
        self.changed.emit()
        self._keep()

    def _keep(self) -> None:
        self._changed = True
        if not self._writing:
            self._session.start(self._write())

    async def _write(self) -> None:
        self._writing = True
        try:
            while self._changed and self._folder is not None:
                self._changed = False
                await self._session.bridge.io(write_marks, self._folder, self.now)
        finally:
            self._writing = False
