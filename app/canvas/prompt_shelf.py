"""What a project keeps of prompts: those that were painted with, styles, and wildcards.

All of it is read and written by a worker; the lists here are what it found.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from engine.project.settings import data_dir
from engine.prompt.history import FILE_NAME as PROMPTS
from engine.prompt.history import MOST, Spoken, read_history, remember
from engine.prompt.wildcards import list_wildcards
from engine.runtime.errors import StylekilnError
from engine.runtime.files import storage_errors
from engine.sampling import styles
from engine.sampling.styles import Style, load_styles, read_csv, save_styles, with_style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.session import Session

WILDCARDS = "wildcards"


class PromptShelf(QObject):
    """``changed`` whenever one of the lists is another."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.history: Sequence[Spoken] = ()
        self.styles: Sequence[Style] = ()
        self.wildcards: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        """Where the lists are kept: the project, or the user's own data."""
        project = self._session.project
        return project.root if project is not None else data_dir()

    @property
    def wildcard_folder(self) -> Path:
        """Where the text files of wildcards lie."""
        return self.folder / WILDCARDS

    @property
    def _styles_file(self) -> Path:
        return self.folder / styles.FILE_NAME

    async def load(self) -> None:
        """Read all lists of the project. Styles that cannot be read are told, and left alone."""
        io = self._session.bridge.io
        self.history = await io(read_history, self.folder / PROMPTS)
        await self.look_for_wildcards()
        self.styles = ()
        try:
            self.styles = await io(load_styles, self._styles_file)
        except StylekilnError as error:
            self._session.show_error(error)
        self.changed.emit()

    async def look_for_wildcards(self) -> None:
        """Read which wildcards there are: other programs may have written new ones."""
        self.wildcards = await self._session.bridge.io(list_wildcards, self.wildcard_folder)

    def open_wildcards(self) -> None:
        """Show the folder of wildcards, made where it is missing, in the system's file manager."""
        self._session.start(self._open_wildcards())

    async def _open_wildcards(self) -> None:
        await self._session.bridge.io(_make, self.wildcard_folder)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.wildcard_folder)))

    def remember(self, prompt: str, negative: str) -> None:
        """A prompt was painted with."""
        if not prompt.strip():
            return
        spoken = Spoken(prompt, negative, time.time())
        others = [one for one in self.history if one.words != spoken.words]
        self.history = [spoken, *others][:MOST]
        self.changed.emit()
        self._session.start(self._session.bridge.io(remember, self.folder / PROMPTS, spoken))

    async def keep_style(self, style: Style) -> None:
        """Keep ``style``, in the place of one of its name. Raises BadInputError, StorageError."""
        await self._change(lambda known: with_style(known, style))

    async def rename_style(self, old: str, new: str) -> None:
        """Call the style ``old`` by another name; one that has it already is replaced."""

        def renamed(known: Sequence[Style]) -> list[Style]:
            others = [one for one in known if one.name != new or one.name == old]
            return [
                one.model_copy(update={"name": new}) if one.name == old else one for one in others
            ]

        await self._change(renamed)

    async def drop_style(self, name: str) -> None:
        """Remove the style ``name``."""
        await self._change(lambda known: [one for one in known if one.name != name])

    async def put_back(self, kept: Sequence[Style]) -> None:
        """Keep exactly ``kept``: undo of what changed them."""
        await self._change(lambda _: list(kept))

    async def import_csv(self, path: Path) -> int:
        """Add the styles of an A1111 file; how many those are. Raises BadInputError."""
        found = await self._session.bridge.io(read_csv, path)

        def joined(known: Sequence[Style]) -> list[Style]:
            for style in found:
                known = with_style(known, style)
            return list(known)

        await self._change(joined)
        return len(found)

    async def _change(self, change: Callable[[Sequence[Style]], list[Style]]) -> None:
        """Change the file as it is now: another window may have changed it."""
        self.styles = await self._session.bridge.io(_changed, self._styles_file, change)
        self.changed.emit()


def _make(folder: Path) -> None:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _changed(path: Path, change: Callable[[Sequence[Style]], list[Style]]) -> list[Style]:
    made = change(load_styles(path))
    save_styles(path, made)
    return made
