"""A picture of one's own behind transparent parts: chosen, and copied into the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.i18n import tr
from engine.dataset.masks import MaskStore
from engine.imaging.alpha import fill_color
from engine.imaging.decode import PICTURE_SUFFIXES, load_rgba

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session


def ask_picture(parent: QWidget, session: Session, then: Callable[[str], object]) -> None:
    """Choose a picture file; ``then`` gets the key of the project's copy of it."""
    pattern = " ".join(f"*{suffix}" for suffix in PICTURE_SUFFIXES)
    dialog = QFileDialog(parent, tr("Choose a picture"), "", f"({pattern})")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: session.start(_take(session, Path(path), then)))
    dialog.open()


async def _take(session: Session, path: Path, then: Callable[[str], object]) -> None:
    project = session.project
    if project is None:
        return
    key = await session.bridge.io(_copied, path, MaskStore(project.masks))
    if session.project is project:
        then(key)


def _copied(path: Path, store: MaskStore) -> str:
    """The key of ``path`` in ``store``. What is transparent in it is white behind others."""
    return store.add_picture(fill_color(load_rgba(path), "#FFFFFF"))
