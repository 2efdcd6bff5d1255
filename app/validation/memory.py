"""What a project remembers of this page, in JSON files written half a second after a change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, SignalInstance

from engine.project import links
from engine.runtime.errors import BadInputError, StorageError
from engine.runtime.files import storage_errors, write_json
from engine.runtime.parsing import load_kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session

PAUSE_MS = 500
"""Without a change, before it is written."""
_LARGEST = 1 << 20
"""Bytes; what is written here is a few thousand."""


class Memory(QObject):
    """Writes what ``record`` gives after ``changed``, and hands it to ``recall`` when a project is
    opened. An empty record needs no file. A project that cannot be written is told once.
    """

    def __init__(
        self,
        session: Session,
        parent: QObject,
        changed: SignalInstance,
        record: Callable[[], dict[str, Any]],
        recall: Callable[[dict[str, Any]], object],
    ) -> None:
        super().__init__(parent)
        self._session, self._record, self._recall = session, record, recall
        self._path: tuple[Path, str] | None = None
        self._known: dict[str, Any] = {}
        self._refused = False
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(lambda: session.start(self.flush()))
        last = self.flush
        session.at_end.append(last)
        # A page that is gone before its session has nothing left to write.
        self.destroyed.connect(lambda: session.at_end.remove(last))
        changed.connect(self._changed)

    async def open(self, root: Path, name: str) -> None:
        """Recall what the project in ``root`` keeps in its file ``name``."""
        self._path, self._refused = None, False
        record = await self._session.bridge.io(read, root, name)
        if record:
            self._recall(record)
        self._path, self._known = (root, name), self._record()

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be written."""
        return self._record() == self._known

    def settle(self) -> None:
        """What is there now needs not be written: it was not changed by the user."""
        self._known = self._record()

    async def close(self) -> None:
        """Write what still waits, and remember nothing more."""
        await self.flush()
        self._path = None

    async def flush(self) -> None:
        """Write at once what still waits."""
        self._pause.stop()
        if self._path is None or self._refused:
            return
        record = self._record()
        if record == self._known:
            return
        self._known = record
        try:
            await self._session.bridge.io(write, *self._path, record)
        except StorageError as error:
            self._refused = True
            self._session.show_error(error)

    def _changed(self) -> None:
        if self._path is not None:
            self._pause.start()


def read(root: Path, name: str) -> dict[str, Any]:
    """What was kept; nothing where the file is not there or damaged."""
    try:
        record = links.absolute(load_kept(root / name, largest=_LARGEST), root)
    except (BadInputError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def write(root: Path, name: str, record: dict[str, Any]) -> None:
    """Keep it; a project that is gone meanwhile is not made again. Raises StorageError."""
    if not root.is_dir():
        return
    if record:
        write_json(root / name, links.portable(record, root))
        return
    with storage_errors(root / name):
        (root / name).unlink(missing_ok=True)
