"""What the browser's figures are compared with: the barest way to do the same with Qt."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QStringListModel
from PySide6.QtGui import QImageReader
from PySide6.QtWidgets import QListView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IN_VIEW = 60


def bare_list(folder: Path) -> float:
    """Seconds until a plain QListView has painted the names that the folder lists."""
    view = QListView()
    view.setUniformItemSizes(True)
    view.resize(1000, 900)
    view.show()
    began = time.perf_counter()
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".jpg"))
    view.setModel(QStringListModel(names))
    view.viewport().repaint()
    return time.perf_counter() - began


def bare_thumbnails(folder: Path) -> float:
    """Seconds to read a screenful of pictures small, one by one."""
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".jpg"))
    began = time.perf_counter()
    for name in names[:IN_VIEW]:
        reader = QImageReader(str(folder / name))
        reader.setScaledSize(QSize(160, 160))
        reader.read()
    return time.perf_counter() - began


def bare_filter(captions: Sequence[str], words: str) -> float:
    """Seconds to look for ``words`` in every caption."""
    began = time.perf_counter()
    sum(words in caption for caption in captions)
    return time.perf_counter() - began


def bare_writes(paths: Sequence[Path]) -> float:
    """Seconds to read and replace files, without an index, undo, or surviving a kill."""
    began = time.perf_counter()
    for path in paths:
        text = path.read_text()
        temporary = path.with_name(f".{path.stem}.tmp")
        temporary.write_text(text)
        os.replace(temporary, path)
    return time.perf_counter() - began
