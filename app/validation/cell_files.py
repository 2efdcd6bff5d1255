"""The picture of a cell outside the grid: named by its recipe, dragged, copied; its infotext."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QImage, QPixmap

from app.validation.labels import file_words
from engine.runtime.files import write_cached
from engine.sampling.picture_text import read_infotext

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.validation.model import GridState
    from engine.validation.resolve import Position

_LONGEST = 180  # bytes of a file's name, so that it fits wherever it is dropped
_OLD = 24 * 3600  # seconds after which a copy was dropped long ago
_DRAGGED = 96  # pixels of the picture under the pointer


class CellFiles(QObject):
    """What leaves the grid. Files are copied off the UI thread."""

    def __init__(self, session: Session, state: GridState, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._state = session, state

    @property
    def folder(self) -> Path:
        """Where named copies are made."""
        project = self._session.project
        return project.cache / "cells" if project else Path(tempfile.gettempdir()) / "stylekiln"

    def _path(self, key: Position) -> str:
        cell = self._state.cell(key)
        return cell.path if cell is not None else ""

    async def named_copy(self, key: Position) -> Path | None:
        """A copy of the picture of ``key``, called by its recipe; None when there is none."""
        path = self._path(key)
        if not path:
            return None
        target = self.folder / f"{file_name(file_words(self._state, key))}{Path(path).suffix}"
        await self._session.bridge.io(_copy, Path(path), target)
        return target

    async def data_of(self, key: Position) -> QMimeData | None:
        """The picture of ``key`` as a file to drop elsewhere."""
        copy = await self.named_copy(key)
        if copy is None:
            return None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(copy))])
        return data

    async def drag(self, key: Position, source: QWidget, pixmap: QPixmap | None) -> None:
        """Drag the picture of ``key`` out as a file."""
        data = await self.data_of(key)
        if data is None or not _button_held():
            return
        drag = QDrag(source)
        drag.setMimeData(data)
        if pixmap is not None:
            ratio = Qt.AspectRatioMode.KeepAspectRatio
            drag.setPixmap(pixmap.scaled(_DRAGGED, _DRAGGED, ratio))
        drag.exec(Qt.DropAction.CopyAction)

    async def copy_infotext(self, key: Position) -> None:
        """Put the text that other tools read a recipe from on the clipboard."""
        text = await self.infotext(key)
        if text:
            QGuiApplication.clipboard().setText(text)
            self._session.notify("The infotext is copied.")

    async def infotext(self, key: Position) -> str:
        """How the picture was made, as it stands in its file; empty where it does not."""
        path = self._path(key)
        found = await self._session.bridge.io(read_infotext, Path(path)) if path else None
        return found.to_text() if found is not None else ""

    async def copy_picture(self, key: Position) -> None:
        """Put picture and file on the clipboard."""
        data = await self.data_of(key)
        if data is None:
            return
        data.setImageData(await self._session.bridge.io(QImage, data.urls()[0].toLocalFile()))
        QGuiApplication.clipboard().setMimeData(data)
        self._session.notify("The picture is copied.")


def _button_held() -> bool:
    return bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)


def file_name(words: str) -> str:
    """``words`` as a name that every file system takes."""
    plain = re.sub(r'[<>:"/\\|?*\x00-\x1f]+', " ", words)
    short = " ".join(plain.split()).encode("utf-8")[:_LONGEST].decode("utf-8", "ignore")
    return short.rstrip(" .,") or "cell"


def _copy(source: Path, target: Path) -> None:
    write_cached(target, source.read_bytes())
    for old in target.parent.iterdir():
        if time.time() - old.stat().st_mtime > _OLD:
            old.unlink(missing_ok=True)
