"""A folder whose new pictures become layers, such as the one a renderer writes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from app.i18n import tr
from engine.canvas.arrivals import Arrivals, pictures_in
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.canvas.keeper import Keeper
    from app.session import Session

# Twice this long a file must stay as it is: long enough for one that is still written.
LOOK_MS = 600


class WatchedFolder(QObject):
    """Looks again and again, by a worker, also on drives that tell of nothing. What comes while it
    is paused comes in afterwards.
    """

    changed = Signal()

    def __init__(self, page: QWidget, session: Session, keeper: Keeper) -> None:
        super().__init__(page)
        self._page, self._session, self._keeper = page, session, keeper
        self.folder: Path | None = None
        self.paused = False
        self._arrivals = Arrivals({})
        self._looking = False
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look_soon)
        session.project_changed.connect(self._leave)  # a lambda would outlive the page

    def choose(self) -> None:
        """Ask for the folder."""
        start = str(self.folder or Path.home())
        dialog = self.dialog = QFileDialog(self._page, tr("Watch a folder"), start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self._session.start(self.start(Path(path))))
        dialog.open()

    async def start(self, folder: Path) -> None:
        """Watch ``folder``; what is there already stays out. Raises MissingFileError."""
        first = await self._session.bridge.io(pictures_in, folder)
        self._arrivals = Arrivals(first)
        self.folder, self.paused = folder, False
        self._timer.start()
        self._session.notify("New pictures in {name} become layers.", name=folder.name)
        self.changed.emit()

    def _leave(self, _: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Watch no folder any more."""
        self.folder = None
        self._timer.stop()
        self.changed.emit()

    def toggle_pause(self) -> None:
        """Hold still, or go on."""
        self.paused = not self.paused
        if self.paused:
            self._timer.stop()
        elif self.folder is not None:
            self._timer.start()
        self.changed.emit()

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            self._session.start(self.look())

    async def look(self) -> None:
        """Take in what has come since."""
        folder = self.folder
        try:
            if folder is None or self.paused:
                return
            now = await self._session.bridge.behind(pictures_in, folder)
            if self.folder != folder or self.paused:
                return
            for name in self._arrivals.look(now):
                await self._take(folder / name)
        except StylekilnError as error:  # the folder is gone
            self.stop()
            self._session.show_error(error)
        finally:
            self._looking = False

    async def _take(self, path: Path) -> None:
        try:
            await self._keeper.add_picture(path, None)
        except StylekilnError as error:
            self._session.show_error(error)
