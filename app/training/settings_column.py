"""The left column: the next run in few fields or in full, and what it will do."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.i18n import bind, tr_error
from app.theme import metrics
from app.training.advanced_fields import AdvancedFields
from app.training.before_panel import BeforePanel
from app.training.simple_fields import SimpleFields
from app.widgets.buttons import button
from app.widgets.panel import Column
from app.widgets.segments import Segments
from app.widgets.text import label

if TYPE_CHECKING:
    from app.training.model import TrainState

width = 336


class SettingsColumn(Column):
    """Simple and Advanced show the same draft; changing one changes the other."""

    def __init__(self, state: TrainState) -> None:
        super().__init__(width, "left")
        self.state = state
        self.level = Segments([("simple", "Simple"), ("advanced", "Advanced")])
        self.simple = SimpleFields(state)
        self.before = BeforePanel(state)
        self.start_button = button("Start training", "play", "primary")
        self._start_text = bind(self.start_button.setText, "Start training")
        self._fill_column()
        self.level.changed.connect(self._show_level)
        self.start_button.clicked.connect(lambda *_: self.start())
        state.plan_changed.connect(self.refresh)
        state.runs_changed.connect(self.refresh)
        state.session.job_added.connect(self.refresh)
        state.session.job_finished.connect(self.refresh)
        self._show_level("simple")
        self.refresh()

    def _fill_column(self) -> None:
        head = QWidget()
        head.setFixedHeight(metrics.HEADER_TOP)
        row = QHBoxLayout(head)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.addWidget(label("Next run", weight=600))
        row.addStretch(1)
        row.addWidget(self.level)
        bind(self.level.setAccessibleName, "Settings shown")
        self.add_head(head)
        self.add(self.simple)
        self.add(self.before)
        self.add_foot(self.start_button, 1)

    @cached_property
    def advanced(self) -> AdvancedFields:
        """Every setting, made when it is first asked for: there are over a hundred."""
        made = AdvancedFields(self.state)
        self.stack.insertWidget(self.stack.indexOf(self.simple) + 1, made)
        return made

    def start(self) -> None:
        """Start the next run with what is being typed: a click on a button leaves no field."""
        typed = self.focusWidget()
        if isinstance(typed, QLineEdit):
            typed.clearFocus()
        self.state.start()

    def refresh(self) -> None:
        """Say what the button would do now."""
        waiting = self.state.live.next_job() is not None
        self._start_text.say("Add to queue" if waiting else "Start training")
        self.start_button.set_icon("plus" if waiting else "play")
        self.start_button.setEnabled(self.state.can_start)
        problem = self.state.problem
        self.start_button.setToolTip(tr_error(problem) if problem is not None else "")

    def _show_level(self, level: str) -> None:
        self.simple.setVisible(level == "simple")
        if level == "advanced" or "advanced" in self.__dict__:
            self.advanced.setVisible(level == "advanced")
