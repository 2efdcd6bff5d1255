"""The runs that are drawn beside the one on the stage, each in a manner of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.widgets.chart_lines import Dash

if TYPE_CHECKING:
    from app.session import Session
    from app.training.story import Story


@dataclass(frozen=True)
class Manner:
    """How a run is drawn: a color token and a dash, because color alone tells nobody."""

    color: str
    dash: Dash


OWN = Manner("acc", "solid")
"""The run on the stage."""
MANNERS = (
    Manner("chart4", "dash"),
    Manner("chart3", "dot"),
    Manner("ok", "dash"),
    Manner("chart4", "dot"),
    Manner("chart3", "dash"),
    Manner("ok", "dot"),
)


class Compared(QObject):
    """Which runs those are, by their folders. At most as many as there are manners."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._manners: dict[str, Manner] = {}
        self._session = session
        session.project_changed.connect(self._clear)

    def manner(self, story: Story) -> Manner | None:
        """How ``story`` is drawn beside another; None when it is not."""
        return self._manners.get(str(story.folder))

    def toggle(self, story: Story) -> None:
        """Draw ``story`` beside the shown run, or do not any more."""
        key = str(story.folder)
        if self._manners.pop(key, None) is None:
            free = [one for one in MANNERS if one not in self._manners.values()]
            if not free:
                most = len(MANNERS)
                self._session.notify("At most {n} runs are drawn beside another.", n=most)
                return
            self._manners[key] = free[0]
        self.changed.emit()

    def _clear(self) -> None:
        self._manners.clear()
        self.changed.emit()
