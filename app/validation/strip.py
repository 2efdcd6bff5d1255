"""The left column when the window is narrow: what is compared as icons with counts, and Draw."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import icons
from app.validation.runner import GridRunner
from app.validation.setup import GridSetup
from app.widgets.buttons import count_button, tool_button
from app.widgets.text import hairline

WIDTH = 40
AXES = (
    ("Checkpoint", "layers-2", lambda setup: setup.checkpoints()),
    ("LoRA weight", "gauge", lambda setup: setup.weights()),
    ("Seed", "dices", lambda setup: setup.seeds()),
    ("Prompts", "text-cursor", lambda setup: setup.chosen_prompts()),
)


class SetupStrip(QWidget):
    """``opened`` asks for the whole column; the button at the foot draws, holds and goes on."""

    opened = Signal()
    start_asked = Signal()

    def __init__(self, setup: GridSetup, runner: GridRunner) -> None:
        super().__init__()
        self._setup, self._runner = setup, runner
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
        for key, icon, _ in AXES:
            made = self.buttons[key] = count_button(icon)
            made.clicked.connect(self.opened)
            column.addWidget(made)
        column.addStretch(1)
        column.addWidget(self.start, 0, Qt.AlignmentFlag.AlignHCenter)
        setup.changed.connect(self.refresh)
        runner.changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Count again, and offer what the button does now."""
        known = self._setup.problem() is None
        for key, _, values in AXES:
            count = number(len(values(self._setup))) if known else ""
            made = self.buttons[key]
            made.setText(count)
            made.setToolTip(f"{tr(key)}: {count}" if count else tr(key))
            made.setAccessibleName(tr(key))
        runner = self._runner
        held = "Continue" if runner.paused else "Pause"
        words = held if runner.running else "Draw the grid"
        self.start.setIcon(icons.icon("pause" if words == "Pause" else "play", 16))
        self.start.setEnabled(runner.running or known)
        self._start_tip.say(words)
        self._start_name.say(words)

    def _act(self) -> None:
        if self._runner.running:
            self._runner.pause()
        else:
            self.start_asked.emit()
