"""What is decided on the page, on its way to the disk: each folder gets its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from engine.runtime.errors import BadInputError, StylekilnError

if TYPE_CHECKING:
    from app.session import Session

T = TypeVar("T")


class Keeping(Generic[T]):
    """Writes one value at a time with ``write(folder, value)``; meanwhile newer ones of a folder
    wait as one. By folder, because another grid or project may be shown before all are written.

    What the disk had no room for waits for the next write; what may not be written is dropped.
    """

    def __init__(self, session: Session, write: Callable[[Path, T], Awaitable[None]]) -> None:
        self._session, self._write = session, write
        self._waiting: dict[Path, T] = {}
        self._writing = False

    def waiting(self, folder: Path | None) -> T | None:
        """What is newer than the file in ``folder``."""
        return None if folder is None else self._waiting.get(folder)

    def keep(self, folder: Path | None, value: T) -> None:
        """Write ``value`` into ``folder``; None is nowhere."""
        if folder is None:
            return
        self._waiting[folder] = value
        if not self._writing:
            self._writing = True  # at once: the work itself begins when the event loop comes to it
            self._session.start(self._work())

    async def _work(self) -> None:
        failed: set[Path] = set()
        try:
            while left := [folder for folder in self._waiting if folder not in failed]:
                if not await self._written(left[0]):
                    failed.add(left[0])
        finally:
            self._writing = False

    async def _written(self, folder: Path) -> bool:
        value = self._waiting[folder]
        try:
            await self._write(folder, value)
        except BadInputError as error:
            self._session.show_error(error)
        except StylekilnError as error:
            self._session.show_error(error)
            return False
        if self._waiting[folder] is value:
            del self._waiting[folder]
        return True
