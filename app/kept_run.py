"""What was set by hand for the next run, kept with the project: a window that goes loses nothing.

A file ``next-run.json`` in the project's folder. It is written half a second after the last
change, and what cannot be read of it is left out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from app.session import Session
    from engine.runtime.refusals import Refusal

FILE_NAME = "next-run.json"
PAUSE = 0.5
"""Seconds without a change before it is written."""
_OF_THE_START = ("project", "output_dir", "resume")
"""Settings that only a start or a project decides."""


@dataclass(frozen=True)
class Kept:
    """``values`` by name of setting; ``missing`` says which base model an import waits for."""

    values: dict[str, Any] = field(default_factory=dict)
    missing: Refusal | None = None


class KeptRun:
    """Writes what is kept beside the window; a project that cannot be written is told once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: tuple[Path, Kept] | None = None
        self._refused: Path | None = None
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, folder: Path, kept: Kept) -> None:
        """Write ``kept`` for the project in ``folder`` when nothing has changed for a moment."""
        import asyncio  # the first painting needs none of it

        if self._waiting is not None and self._waiting[0] != folder:
            self._session.start(self._write(*self._waiting))
        self._waiting = folder, kept
        self._rest()
        self._timer = asyncio.get_event_loop().call_later(PAUSE, self._begin)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _begin(self) -> None:
        self._session.start(self.flush())

    async def flush(self) -> None:
        """Write at once what still waits."""
        self._rest()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            await self._write(*waiting)

    async def _write(self, folder: Path, kept: Kept) -> None:
        from engine.runtime.errors import StorageError

        if folder == self._refused:
            return
        try:
            await self._session.bridge.io(write, folder, kept)
        except StorageError as error:
            self._refused = folder
            self._session.show_error(error)


def write(folder: Path, kept: Kept) -> None:
    """Keep it in the project's ``folder``; nothing to keep removes the file. Raises StorageError.

    A project that is gone meanwhile is not made again.
    """
    from engine.project import links
    from engine.runtime.files import storage_errors, write_json

    path = folder / FILE_NAME
    if not folder.is_dir():
        return
    if not kept.values and kept.missing is None:
        with storage_errors(path):
            path.unlink(missing_ok=True)
        return
    values = {name: value for name, value in kept.values.items() if name not in _OF_THE_START}
    record = {"settings": values, "missing_model": kept.missing and asdict(kept.missing)}
    write_json(path, links.portable(record, folder))


def read(folder: Path) -> Kept:
    """What was kept in ``folder``; of a file that is damaged, or of another version, what fits."""
    import json

    from engine.project import links
    from engine.runtime.refusals import Refusal
    from engine.training.config import TrainRequest

    try:
        record = links.absolute(json.loads((folder / FILE_NAME).read_text("utf-8")), folder)
        found = dict(record["settings"])
        said = record.get("missing_model")
        missing = Refusal(**said) if said else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Kept()
    usual = TrainRequest.model_construct().model_dump()
    values = {n: _like(usual[n], v) for n, v in found.items() if n in usual}
    return Kept({n: v for n, v in values.items() if v is not None}, missing)


def _like(usual: object, value: object) -> object:
    """``value`` as the form holds a setting that usually is ``usual``; None for another kind."""
    if isinstance(usual, tuple):
        if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
            return tuple(value)
        return None
    if isinstance(usual, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value if type(value) is type(usual) else None
