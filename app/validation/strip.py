"""The left column when the window is narrow: its axes as icons with counts, and Draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import icons
from app.widgets.buttons import count_button, tool_button
from app.widgets.layouts import clear_layout
from app.widgets.text import hairline
from engine.validation.axes import axis_setting

if TYPE_CHECKING:
    from app.validation.dry_run import DryRun
    from app.validation.runner import GridRunner
    from app.validation.setup import GridSetup

WIDTH = 40
PROMPTS = "prompt"
ICONS = {
    "checkpoint": "layers-2",
    "second_checkpoint": "layers",
    "model": "box",
    "weight": "gauge",
    "unet_weight": "gauge",
    "text_encoder_weight": "gauge",
    "second_weight": "gauge",
    "seed": "dices",
    PROMPTS: "text-cursor",
    "negative_prompt": "text-cursor",
    "trigger": "tag",
    "replace": "replace",
    "second_replace": "replace",
    "init_image": "images",
    "size": "scaling",
}
_OTHERS = "sliders-horizontal"


class SetupStrip(QWidget):
    """``opened`` asks for the whole column; the button at the foot draws, holds and goes on."""

    opened = Signal()
    start_asked = Signal()

    def __init__(self, setup: GridSetup, runner: GridRunner, dry_run: DryRun) -> None:
        super().__init__()
        self._setup, self._runner, self._dry_run = setup, runner, dry_run
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.open_button = tool_button("panel-left", "Show the list", self.opened.emit)
        self.start = tool_button("play", "Draw the grid", self._act)
        self._start_tip = bind(self.start.setToolTip, "Draw the grid")
        self._start_name = bind(self.start.setAccessibleName, "Draw the grid")
        self.buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 7, 1, 12)
        column.setSpacing(4)
        column.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(hairline("panel"))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        column.addLayout(self._rows)
        column.addStretch(1)
        column.addWidget(self.start, 0, Qt.AlignmentFlag.AlignHCenter)
        setup.changed.connect(self.refresh)
        runner.changed.connect(self.refresh)
        dry_run.changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Count again, and offer what the button does now."""
        counts = {
            draft.setting: "" if draft.error is not None else number(len(draft.values))
            for draft in self._setup.axes
        }
        counts[PROMPTS] = number(len(self._setup.prompts.chosen))
        if list(counts) != list(self.buttons):
            self._lay(list(counts))
        for name, count in counts.items():
            made, words = self.buttons[name], tr(_words(name))
            made.setText(count)
            made.setToolTip(f"{words}: {count}" if count else words)
            made.setAccessibleName(words)
        self._follow_runner()

    def _lay(self, names: list[str]) -> None:
        clear_layout(self._rows)
        self.buttons = {name: count_button(ICONS.get(name, _OTHERS)) for name in names}
        for made in self.buttons.values():
            made.clicked.connect(self.opened)
            self._rows.addWidget(made)

    def _follow_runner(self) -> None:
        runner = self._runner
        held = "Continue" if runner.paused else "Pause"
        drawn = not runner.running and self._dry_run.is_drawn
        words = held if runner.running else "Everything is drawn" if drawn else "Draw the grid"
        self.start.setIcon(icons.icon("pause" if words == "Pause" else "play", 16))
        possible = self._setup.problem() is None and not drawn
        self.start.setEnabled(runner.running or possible)
        self._start_tip.say(words)
        self._start_name.say(words)

    def _act(self) -> None:
        if self._runner.running:
            self._runner.pause()
        else:
            self.start_asked.emit()


def _words(name: str) -> str:
    return "Prompts" if name == PROMPTS else axis_setting(name).label
