"""Layers dragged out of the list as picture files, for Photoshop, a chat or the game."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QUrl

from engine.canvas.document import Document
from engine.canvas.layer import shared_copy
from engine.canvas.lending import file_stem
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError
from engine.sampling.picture_text import save_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.canvas.model import CanvasState
    from app.session import Session
    from engine.canvas.layer import Node

URLS = "text/uri-list"
# How long who takes the drop may wait for files of large layers.
PATIENCE_S = 20.0
OLDEST_S = 24 * 3600


class LayerFiles(QMimeData):
    """Knows the names of its files at once; a thread writes them while the drag is on its way."""

    def __init__(self, nodes: Sequence[Node], size: tuple[int, int], folder: Path) -> None:
        super().__init__()
        place = folder / uuid.uuid4().hex[:8]
        copies = [(shared_copy(node), path) for node, path in _named(nodes, place)]
        self.setUrls([QUrl.fromLocalFile(str(path)) for _, path in copies])
        # Not a method: a thread that holds the last of this object would destroy it there.
        self._writer = threading.Thread(target=_write, args=(copies, size, folder), daemon=True)
        self._writer.start()

    def retrieveData(self, kind: str, preferred: object) -> object:
        if kind == URLS:
            self._writer.join(PATIENCE_S)
        return super().retrieveData(kind, preferred)  # type: ignore[arg-type]


def layer_files(session: Session, state: CanvasState, nodes: Sequence[Node]) -> QMimeData:
    """``nodes`` of the open document as files in the cache of the project."""
    project = session.project
    cache = project.cache if project is not None else data_dir() / "cache"
    size = state.size
    return LayerFiles(nodes, (size.width(), size.height()), cache / "dragged")


def _named(nodes: Sequence[Node], place: Path) -> list[tuple[Node, Path]]:
    """Each node that shows anything with a file of its own name."""
    taken: set[str] = set()
    named = []
    for node in nodes:
        if node.bounds.empty:
            continue
        stem, number = file_stem(node.name), 1
        name = stem
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        named.append((node, place / f"{name}.png"))
    return named


def _write(copies: Sequence[tuple[Node, Path]], size: tuple[int, int], folder: Path) -> None:
    _prune(folder)
    with contextlib.suppress(StylekilnError):  # nobody may ever drop it
        for node, path in copies:
            node.visible = True
            document = Document(*size, [node])
            path.parent.mkdir(parents=True, exist_ok=True)
            save_picture(path, document.composite(node.bounds))


def _prune(folder: Path) -> None:
    """Remove what was dragged out long ago."""
    for old in folder.glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > OLDEST_S:
                shutil.rmtree(old)
