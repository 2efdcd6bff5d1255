"""Runs that other programs begin, continue, end or remove in the open project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.folder_watch import FolderWatch
from app.training.past_runs import run_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from app.session import Session

OFTEN = 2000
"""Milliseconds between two looks at a run that goes on elsewhere: its logs grow in place."""
SHARE = 20
"""The time to the next look is this many times what the last one took: logs may be long."""


class Elsewhere(QObject):
    """Has the runs looked at when their folders change, and from time to time while one goes on
    that is not trained here.
    """

    def __init__(
        self, session: Session, look: Callable[[], Coroutine[Any, Any, None]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.watch = FolderWatch(session, run_folders, look)
        self.next = QTimer(self)
        self.next.setSingleShot(True)
        self.next.timeout.connect(lambda: session.start(look()))
        session.project_changed.connect(self._project_changed)

    def _project_changed(self, _: object) -> None:
        self.next.stop()

    def follow(self, goes_on: bool, seconds: float) -> None:
        """Look again soon when something ``goes_on``; the last look took ``seconds``."""
        if goes_on:
            self.next.start(max(OFTEN, round(SHARE * 1000 * seconds)))
        else:
            self.next.stop()
