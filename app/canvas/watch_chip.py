"""Says in the foot of the stage that a folder is watched; pauses and ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind
from app.theme import icons, metrics
from app.widgets.buttons import tool_button
from app.widgets.text import label

if TYPE_CHECKING:
    from app.canvas.watched_folder import WatchedFolder


class WatchChip(QWidget):
    """Only there while a folder is watched."""

    def __init__(self, watched: WatchedFolder) -> None:
        super().__init__()
        self._watched = watched
        self.words = label(size=11, tone="label")
        self._text = bind(self.words.setText, "")
        self.pause = tool_button("pause", "Pause", watched.toggle_pause, dense=True)
        self._pause_tip = bind(self.pause.setToolTip, "Pause")
        self.stop = tool_button("x", "Stop watching the folder", watched.stop, dense=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, metrics.GAP, 0)
        row.setSpacing(2)
        row.addWidget(self.words)
        for one in (self.pause, self.stop):
            one.setFixedHeight(metrics.STATUS - 4)
            row.addWidget(one)
        watched.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Follow what is watched."""
        folder, paused = self._watched.folder, self._watched.paused
        self.setVisible(folder is not None)
        if folder is not None:
            self._text.say(
                "Paused: {name}" if paused else "Watching {name}", name=folder.name or str(folder)
            )
            self.words.setToolTip(str(folder))
        self.pause.setIcon(icons.icon("play" if paused else "pause", 14))
        self._pause_tip.say("Resume" if paused else "Pause")
