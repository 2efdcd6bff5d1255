"""The prompts of a project, kept beside its grids in ``grids/prompts.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from engine.runtime.errors import StorageError
from engine.runtime.files import write_json

if TYPE_CHECKING:
    from app.session import Session
    from app.validation.prompt_list import PromptList

NAME = "prompts.json"
PAUSE_MS = 500
"""Without a change, before it is written."""


class PromptMemory(QObject):
    """Writes what was ticked, typed and removed; a project that cannot be written is told once."""

    def __init__(self, session: Session, prompts: PromptList) -> None:
        super().__init__(prompts)
        self._session, self._prompts = session, prompts
        self._folder: Path | None = None
        self._known: dict[str, Any] = {}
        self._refused = False
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(lambda: session.start(self.flush()))
        prompts.changed.connect(self._changed)

    async def open(self, grids: Path) -> None:
        """Recall the prompts of the project whose grids are in ``grids``."""
        self._folder, self._refused = None, False
        record = await self._session.bridge.io(read, grids)
        if record:
            self._prompts.recall(record)
        self._folder, self._known = grids, self._prompts.record()

    async def close(self) -> None:
        """Write what still waits, and remember nothing more."""
        await self.flush()
        self._folder = None

    async def flush(self) -> None:
        """Write at once what still waits."""
        self._pause.stop()
        record = self._prompts.record()
        if self._folder is None or self._refused or record == self._known:
            return
        self._known = record
        try:
            await self._session.bridge.io(write, self._folder, record)
        except StorageError as error:
            self._refused = True
            self._session.show_error(error)

    def _changed(self) -> None:
        if self._folder is not None:
            self._pause.start()


def read(grids: Path) -> dict[str, Any]:
    """What was kept; nothing where the file is not there or damaged."""
    try:
        record = json.loads((grids / NAME).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def write(grids: Path, record: dict[str, Any]) -> None:
    """Keep it; a project that is gone meanwhile is not made again. Raises StorageError."""
    if grids.parent.is_dir():
        write_json(grids / NAME, record)
