"""What the next run does otherwise than the newest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.i18n import signals as language_signals
from app.training.difference_table import DifferenceTable
from app.training.differences import differences
from app.widgets.panel import Panel

if TYPE_CHECKING:
    from app.training.model import TrainState


class AgainstPanel(Panel):
    """The settings that differ from the newest run; ``go_asked`` carries the one clicked."""

    go_asked = Signal(str)

    def __init__(self, state: TrainState) -> None:
        super().__init__("Against {name}", name="")
        self.state = state
        self.table = DifferenceTable()
        self.table.chosen.connect(self.go_asked)
        self.body.addWidget(self.table)
        state.plan_changed.connect(self.refresh)
        state.runs_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Compare again. Without a run there is nothing to compare with."""
        requests = [(story.name, story.request) for story in self.state.measures]
        name, request = next(((n, r) for n, r in requests if r is not None), ("", None))
        self.setVisible(request is not None)
        if request is None:
            return
        found = differences(request.model_dump(), self.state.values)
        self.set_title("Against {name}", name=name)
        self.set_count(len(found))
        self.table.show_differences(name, found)
