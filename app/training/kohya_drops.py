"""Files of settings and of sample prompts that fall on the page of training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.i18n import tr
from app.training.kohya_files import PROMPTS, SETTINGS
from app.widgets.states import DropOverlay

if TYPE_CHECKING:
    from PySide6.QtGui import QDropEvent
    from PySide6.QtWidgets import QWidget

    from app.training.kohya_files import KohyaFiles


class FileDrops:
    """Takes the first file that can be taken; anything else is left to the window."""

    def __init__(self, files: KohyaFiles, over: QWidget) -> None:
        self._files = files
        self.overlay = DropOverlay(over)

    def offer(self, event: QDropEvent) -> None:
        """Accept a file, and say what it will do."""
        path = self._file(event)
        if path is None:
            event.ignore()
            return
        prompts = path.suffix.lower() == PROMPTS
        key = "Use the sample prompts of {name}" if prompts else "Use the settings of {name}"
        self.overlay.offer(tr(key, name=path.name))
        event.acceptProposedAction()

    def take(self, event: QDropEvent) -> None:
        """Import the file."""
        self.overlay.hide()
        path = self._file(event)
        if path is None:
            event.ignore()
            return
        event.acceptProposedAction()
        self._files.take(path)

    def _file(self, event: QDropEvent) -> Path | None:
        """The only file of a drag, by its ending; nothing without a project to train."""
        urls = event.mimeData().urls()
        if len(urls) != 1 or not urls[0].isLocalFile() or self._files.session.project is None:
            return None
        path = Path(urls[0].toLocalFile())
        return path if path.suffix.lower() in (*SETTINGS, PROMPTS) else None
