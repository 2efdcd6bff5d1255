"""Stars, rejections and pins of cells: changed at once, undone, written off the UI thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.validation.history import History
from app.validation.keeping import Keeping
from engine.runtime.errors import BadInputError
from engine.validation.marks import Marks, read_marks, write_marks

if TYPE_CHECKING:
    from app.session import Session

_LABELS = {
    ("starred", True): "Star a cell",
    ("starred", False): "Take a star away",
    ("rejected", True): "Reject a cell",
    ("rejected", False): "Take back a rejected cell",
    ("pinned", True): "Pin a cell",
    ("pinned", False): "Unpin a cell",
}


class GridMarks(QObject):
    """The marks of the grid that is shown."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._folder: Path | None = None
        self.now = Marks()
        self.history = History(lambda: self.now, self._take)
        self._known = False
        self._keeping: Keeping[Marks] = Keeping(session, self._write)

    def follow(self, folder: Path | None, *, same: bool = False) -> None:
        """Another grid is shown. Where it shows the ``same`` pictures, their marks come along."""
        if folder == self._folder:
            return
        carried = self.now if same else Marks()
        self._folder, self.now = folder, carried
        self._known = False
        self.history.clear()
        self.changed.emit()
        if folder is not None:
            self._session.start(self._read(folder, carried))

    async def _read(self, folder: Path, carried: Marks) -> None:
        found = self._keeping.waiting(folder) or Marks()
        try:
            if found == Marks():
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
            self._keeping.keep(folder, carried)

    def has(self, kind: str, cell: str) -> bool:
        """Whether ``cell`` has a mark."""
        return bool(cell) and self.now.has(kind, cell)

    def toggle(self, kind: str, cell: str) -> None:
        """Give a mark, or take it away; one step of undo. Nothing until marks are read."""
        if not cell or not self._known:
            return
        on = not self.has(kind, cell)
        self.history.record(_LABELS[kind, on])
        self._take(self.now.marked(kind, cell, on))

    def _take(self, marks: Marks) -> None:
        self.now = marks
        self.changed.emit()
        self._keeping.keep(self._folder, marks)

    async def _write(self, folder: Path, marks: Marks) -> None:
        await self._session.bridge.io(write_marks, folder, marks)
