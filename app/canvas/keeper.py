"""The open document and its file: open, create, save, rename, export, and the safety copy.

Every document has a file from the start. While it differs from that file, a copy is written beside
it every few seconds; opening the document takes the copy when there is one. So neither a crash nor
closing the window loses more than seconds, and nothing has to ask. ``files.py`` knows the files.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer, Signal

from app.canvas.files import free_name, latest, move, read, remove, safety_copy
from app.canvas.kept_candidates import to_kept
from app.canvas.spoken import in_words
from engine.canvas import shelf, storage
from engine.canvas.document import Document
from engine.canvas.export import export_document
from engine.canvas.incoming import FOREIGN_SUFFIXES, as_group, load_foreign
from engine.canvas.layer import Layer
from engine.imaging.decode import load_rgba
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.notes import Note

log = logging.getLogger(__name__)

SAFETY_DELAY_MS = 2000


class Keeper(QObject):
    """Reads and writes the canvas document off the UI thread."""

    saved = Signal()

    def __init__(self, session: Session, state: CanvasState) -> None:
        super().__init__(state)
        self._session = session
        self._state = state
        self.saved_time = 0.0  # when the file was written, 0 when there is none yet
        self._kept: tuple[Document | None, int] = (None, 0)  # what the safety copy holds
        self._shelved: tuple[Path | None, int] = (None, 0)  # which candidates the shelf holds
        self._writing = asyncio.Lock()
        self._timer = QTimer(self, interval=SAFETY_DELAY_MS, singleShot=True)
        self._timer.timeout.connect(lambda: session.start(self.write_safety_copy()))
        # Not restarted by later changes: while the artist paints on, copies keep being written.
        state.layers_changed.connect(self._changed)
        state.candidates.changed.connect(self._changed)
        state.candidates.reset.connect(self._changed)

    @property
    def folder(self) -> Path:
        """Where new documents go: the project's canvas folder, or the user's own data."""
        project = self._session.project
        return project.canvas if project is not None else data_dir() / "canvas"

    def _changed(self, _: object = None) -> None:
        if (self._unkept or self._unshelved) and not self._timer.isActive():
            self._timer.start()

    # Opening

    async def open_latest(self) -> None:
        """Open the document that was worked on last in this project; none closes the canvas."""
        path = await self._session.bridge.io(latest, self.folder)
        if path is not None:
            try:
                await self.open(path)
            except StylekilnError:
                self._state.close()  # not the document of another project
                raise
            return
        await self.flush()
        self._state.close()

    async def open(self, path: Path, *, tell: bool = True) -> None:
        """Open a canvas file with the changes that were not saved, or a picture as a document.

        ``tell`` whether there were such changes: not on the way back to them.
        """
        await self.flush()
        opened = await self._session.bridge.io(read, path)
        document, recovered, saved, aside, candidates, notes = opened
        name = path.name
        if path.suffix.lower() != storage.SUFFIX:
            path = await self._session.bridge.io(free_name, self.folder, path.stem)
        # The canvas was not locked while the file was read.
        await self.flush()
        self.saved_time = saved
        self._shelved = (path, -1)
        self._state.open(document, path, modified=recovered)
        self._state.restore_candidates(candidates)
        self._shelved = (path, self._state.candidates.revision)
        if aside is not None:
            self._session.notify(aside.key, name=path.stem, file=aside.path.name)
        if notes:
            self._tell_of("Opened {name}. {notes}", name, notes)
        if tell and recovered and safety_copy(path).is_file():
            self._session.notify("Unsaved changes of {name} were recovered.", name=path.stem)

    async def create(
        self,
        width: int,
        height: int,
        background: tuple[int, int, int] | None,
        layer_name: str,
        name: str = "canvas",
    ) -> None:
        """Start an empty document called ``name``, with a number where that is taken.

        Its first layer has ``background`` RGB or is transparent.
        """
        await self.flush()  # also takes the name of the present document
        path = await self._session.bridge.io(free_name, self.folder, name)
        await self.flush()
        layer = Layer(name=layer_name)
        document = Document(width, height, [layer])
        if background is not None:
            layer.tiles.fill(document.bounds, (*background, 255))
        self.saved_time = 0.0
        self._state.open(document, path, modified=True)
        self._changed()

    async def add_picture(self, path: Path, center: QPoint | None) -> None:
        """Put a picture on a layer of its own, or a document with layers into a group.

        Its middle comes to ``center``, to that of the canvas where there is none.
        """
        if self._state.document is None:
            await self.open(path)
            return
        middle = center or QPoint(self._state.size.width() // 2, self._state.size.height() // 2)
        if path.suffix.lower() in FOREIGN_SUFFIXES:
            await self._add_document(path, middle)
            return
        pixels = await self._session.bridge.io(load_rgba, path)
        width, height = pixels.shape[1], pixels.shape[0]
        self._state.add_layer(
            path.stem,
            pixels,
            QPoint(middle.x() - width // 2, middle.y() - height // 2),
            path.name,
        )

    async def _add_document(self, path: Path, middle: QPoint) -> None:
        document, notes = await self._session.bridge.io(load_foreign, path)
        self._state.add_group(as_group(document, path.stem, (middle.x(), middle.y())))
        if notes:
            self._tell_of("Placed {name}. {notes}", path.name, notes)

    def _tell_of(self, key: str, name: str, notes: Sequence[Note]) -> None:
        """What was done to the file ``name``, and all that is different in it, in one message."""
        self._session.notify(key, warns=True, name=name, notes=lambda: in_words(notes))

    # Writing

    async def save(self, path: Path | None = None) -> None:
        """Write the document to its file, or to ``path``, which is its file from then on."""
        state = self._state
        target = path or state.path
        if state.document is None or target is None:
            return
        state.end_stroke()
        async with self._writing:
            document, edits, before = state.document, state.edits, state.path
            await self._session.bridge.io(storage.save, document.frozen(), target)
            if state.document is document:
                state.path = target
                self.saved_time = time.time()
                state.mark_saved(edits)
            for written in (before, target):
                if written is not None:
                    await self._session.bridge.io(remove, safety_copy(written))
        await self.write_shelf()
        self.saved.emit()

    async def rename(self, name: str) -> None:
        """Call the present document ``name``; its files move along. Raises BadInputError."""
        state = self._state
        if state.path is None or name == state.path.stem:
            return
        await self.flush()
        async with self._writing:
            target = state.path.with_name(f"{name}{storage.SUFFIX}")
            await self._session.bridge.io(move, state.path, target)
            state.path = target
            self._shelved = (target, self._shelved[1])
        state.modified_changed.emit()

    async def write_safety_copy(self) -> None:
        """Write the copy that a crash leaves behind."""
        state = self._state
        async with self._writing:
            state.end_stroke()
            document, path, edits = state.document, state.path, state.edits
            if document is not None and path is not None and self._unkept:
                await self._session.bridge.io(storage.save, document.frozen(), safety_copy(path))
                self._kept = (document, edits)
        await self.write_shelf()

    async def write_shelf(self) -> None:
        """Keep the candidates that are not decided on beside the file."""
        async with self._writing:
            state = self._state
            if not self._unshelved or state.path is None:
                return
            path, revision = state.path, state.candidates.revision
            await self._session.bridge.io(shelf.save, to_kept(state.candidates.items), path)
            self._shelved = (path, revision)

    def leave_shelf(self) -> None:
        """Someone else has written the present document's candidates anew."""
        self._shelved = (self._state.path, self._state.candidates.revision)

    async def flush(self) -> None:
        """Write what is not on disk yet, before another document is opened or this one closed."""
        self._state.end_stroke()
        while self._unkept or self._unshelved:
            await self.write_safety_copy()
        self._timer.stop()

    @property
    def _unkept(self) -> bool:
        """Whether changes are neither in the file nor in the copy beside it."""
        state = self._state
        opened = state.document is not None and state.path is not None
        return opened and state.modified and self._kept != (state.document, state.edits)

    @property
    def _unshelved(self) -> bool:
        """Whether the candidates differ from those kept beside the file."""
        state = self._state
        now = state.path, state.candidates.revision
        return state.path is not None and not state.candidates.borrowed and self._shelved != now

    async def export(self, path: Path) -> None:
        """Write the document as what the suffix of ``path`` says; say what is different there."""
        if self._state.document is None:
            return
        self._state.end_stroke()
        frozen = self._state.document.frozen()
        notes = await self._session.bridge.io(export_document, frozen, path)
        if notes:
            self._tell_of("Exported {name}. {notes}", path.name, notes)
        else:
            self._session.notify("Exported {name}.", name=path.name)

    def close_now(self) -> None:
        """The window closes: write the safety copy here, so that nothing is lost.

        Raises StorageError when it cannot be written.
        """
        self._timer.stop()
        state = self._state
        state.end_stroke()
        if state.document is not None and state.path is not None and self._unkept:
            storage.save(state.document.frozen(), safety_copy(state.path))
            self._kept = (state.document, state.edits)
        if self._unshelved and state.path is not None:
            shelf.save(to_kept(state.candidates.items), state.path)
            self.leave_shelf()

    def close_at_last(self) -> None:
        """The application ends, whether the copy can be written or not."""
        try:
            self.close_now()
        except StylekilnError as error:
            log.error("%s", error)
