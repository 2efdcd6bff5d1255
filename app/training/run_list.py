"""The list of runs: an eye that draws a run beside the shown one, its line, name and standing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter

from app.i18n import tr
from app.i18n.format import percent
from app.theme import metrics
from app.training.compared import OWN, Manner
from app.widgets.chart_lines import Series, pen_of
from app.widgets.row_list import Row, RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.training.compared import Compared
    from app.training.story import Story

_SHOW = "Click the eye to draw this run beside the shown one."
_HIDE = "Click the eye to leave this run out of the chart."
HIDDEN = Manner("t4", "solid")
EYE = 22
LINE = 14


class RunList(RowList):
    """Rows of runs by their folders. ``eye_clicked`` carries the folder of a run."""

    eye_clicked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._manners: dict[str, Manner] = {}

    def show_runs(self, stories: Sequence[Story], shown: Story | None, compared: Compared) -> None:
        """Show ``stories``; an open eye is over those that are drawn."""
        manners = {str(one.folder): _manner(one, shown, compared) for one in stories}
        if manners != self._manners:
            self._manners = manners
            self.viewport().update()
        self.set_rows([_row(one, self._manners[str(one.folder)]) for one in stories])

    def paint_lead(self, painter: QPainter, inner: QRect, row: Row, chosen: bool) -> int:
        """The eye, and a short piece of the line."""
        left = super().paint_lead(painter, inner, row, chosen)
        manner = self._manners.get(row.key, HIDDEN)
        middle = inner.center().y() + 0.5
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen_of(Series("", (), (), manner.color, manner.dash)))
        painter.drawLine(QPointF(left, middle), QPointF(left + LINE, middle))
        painter.restore()
        return left + LINE + metrics.GAP

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        index = self.indexAt(point)
        if index.isValid() and point.x() < metrics.PAD + EYE:
            if event.button() == Qt.MouseButton.LeftButton:
                self.eye_clicked.emit(self.rows.items[index.row()].key)
            return
        super().mousePressEvent(event)


def _manner(story: Story, shown: Story | None, compared: Compared) -> Manner:
    return OWN if story is shown else compared.manner(story) or HIDDEN


def _row(story: Story, manner: Manner) -> Row:
    drawn = manner is not HIDDEN
    tones = {"failed": "err", "interrupted": "warn"}
    hint = "" if manner is OWN else _HIDE if drawn else _SHOW
    told = [tr(words) for words in ("" if story.live else story.ending, hint) if words]
    tip = "\n".join([*told, story.folder.name])
    return Row(
        str(story.folder),
        story.name,
        standing(story),
        icon="eye" if drawn else "eye-off",
        tone="acc" if story.live else tones.get(story.status, "t3"),
        icon_tone="t2" if drawn else "t3",
        tip=tip,
    )


def standing(story: Story) -> str:
    """How a run stands: its part done, or its lowest held-out loss, and a word where it did not
    come to its end.
    """
    if story.live:
        total = story.total_steps
        return percent(math.floor(100 * story.step / total) / 100) if total else ""
    best = story.best
    loss = best.held_out_loss if best is not None else story.average.last
    number = "" if loss is None else f"{loss:.4f}"
    names = {"failed": "failed", "interrupted": "interrupted", "cancelled": "stopped"}
    words = tr(names[story.status]) if story.status in names else ""
    return " ".join(part for part in (words, number) if part)
