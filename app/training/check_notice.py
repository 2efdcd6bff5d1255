"""The strip over the curves when a run begins to repeat its pictures: the pair, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.i18n import signals as language_signals
from app.i18n import tr
from app.theme import color, metrics
from app.training.checks import CheckRow, alarm_of, alarm_words
from app.training.sample_canvas import read_picture
from app.widgets.buttons import button, tool_button
from app.widgets.images import draw_fitted
from app.widgets.panel import IconLabel
from app.widgets.text import label
from engine.training.controls import STOP_AFTER_EPOCH

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from app.session import Session
    from app.training.model import TrainState
    from app.training.story import Story

SIDE = 56


class Pair(QWidget):
    """A generated picture, and the training picture it is nearest to, with 2 px between them."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.paths: tuple[Path, ...] = ()
        self.pictures: dict[Path, QPixmap] = {}
        self.setFixedSize(QSize(2 * SIDE + 2, SIDE))

    def show_paths(self, *paths: Path) -> None:
        """Read off the UI thread and show these two."""
        if paths == self.paths:
            return
        self.paths, self.pictures = paths, {}
        for path in paths:
            self._session.start(self._load(path))
        self.update()

    async def _load(self, path: Path) -> None:
        side = round(SIDE * self.devicePixelRatioF())
        image = await self._session.bridge.io(read_picture, path, side)
        if isValid(self) and path in self.paths:
            self.pictures[path] = QPixmap.fromImage(image)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place, path in enumerate(self.paths):
            box = QRectF(place * (SIDE + 2), 0, SIDE, SIDE)
            painter.fillRect(box, color("tile"))
            picture = self.pictures.get(path)
            if picture is not None and not picture.isNull():
                draw_fitted(painter, picture, box)


class CheckNotice(QWidget):
    """Hidden while there is nothing to say. ``stop_asked`` asks to stop and save, ``end_asked``
    carries the control that stops at the end of the epoch.
    """

    stop_asked = Signal()
    end_asked = Signal(str)

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.row: CheckRow | None = None
        self._dismissed: set[tuple[str, int]] = set()
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.icon = IconLabel("triangle-alert", 14, "warn")
        self.text = label(wrap=True)
        self.more = label(size=11, tone="quiet", wrap=True)
        self.pair = Pair(state.session)
        self.end = button("Stop after this epoch", "flag", on=self._end, dense=True)
        self.stop = button("Stop and save", "square", on=self.stop_asked.emit, dense=True)
        self.validate = button("Open in Validate", "grid-3x3", on=self._validate, dense=True)
        self.shut = tool_button("x", "Close", self._dismiss, dense=True)
        self._build()
        language_signals.changed.connect(self.refresh)
        self.hide()

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.text)
        words.addWidget(self.more)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, metrics.PAD, 6)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.icon)
        row.addWidget(self.pair)
        row.addLayout(words, 1)
        for widget in (self.end, self.stop, self.validate, self.shut):
            row.addWidget(widget)

    def refresh(self) -> None:
        """Say what there is to say."""
        story = self.state.story
        self.row = alarm_of(story) if story is not None else None
        key = (str(story.folder), self.row.step) if story is not None and self.row else None
        self.setVisible(key is not None and key not in self._dismissed)
        if story is None or self.row is None:
            return
        self.text.setText(alarm_words(story, self.row))
        worst = self.row.worst
        self.pair.setVisible(worst is not None)
        self.more.setVisible(worst is not None)
        if worst is not None and worst.nearest is not None:
            self.pair.show_paths(worst.path, worst.nearest)
            words = "Left drawn with seed {seed}, right {name} of the training."
            self.more.setText(tr(words, seed=worst.seed, name=worst.nearest.name))
        handle = self.state.live.handle_of(story) if story.live else None
        offers = handle.request.controls if handle is not None else ()
        self.end.setVisible(STOP_AFTER_EPOCH in offers)
        self.stop.setVisible(handle is not None)

    def _end(self) -> None:
        self.end_asked.emit(STOP_AFTER_EPOCH)

    def _validate(self) -> None:
        open_check(self.state, self.state.story)

    def _dismiss(self) -> None:
        story = self.state.story
        if story is not None and self.row is not None:
            self._dismissed.add((str(story.folder), self.row.step))
        self.refresh()


def open_check(state: TrainState, story: Story | None) -> None:
    """Show the run, with the grid of its check, in Validate."""
    if story is not None:
        state.session.go("validate", run=str(story.folder))
