"""The right column: each threshold under the histogram it cuts, with what it would flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import bind, joined, tr
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import color, fonts, metrics
from app.theme import signals as theme_signals
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Column, Panel
from app.widgets.slider import ValueSlider
from app.widgets.text import label, set_tone
from engine.dataset.thresholds import CULL_KINDS, Kind, Thresholds

if TYPE_CHECKING:
    from app.dataset.cull_state import CullState
    from engine.dataset.survey import Histogram, Survey

PANELS: tuple[tuple[Kind, str, str], ...] = (
    ("duplicate", "Near-duplicates", "Distance of two pictures, at most"),
    ("blurred", "Blurred", "Sharpness of the sharpest part, below"),
    ("too-small", "Too small", "Shorter side in pixels, below"),
    ("unusual-shape", "Unusual shape", "Longer side against shorter side, above"),
    ("different", "Looks different", "Distance from the middle of its category, above"),
)
BINS = 24
HISTOGRAM_HEIGHT = 38
# Field of the thresholds, lowest, highest, step, decimals, unit.
_SLIDERS: dict[Kind, tuple[str, float, float, float, int, str]] = {
    "duplicate": ("distance", 0, 16, 1, 0, ""),
    "blurred": ("sharpness", 0, 1, 0.01, 2, ""),
    "too-small": ("short_side", 1, 2048, 1, 0, ""),
    "unusual-shape": ("ratio", 1, 4, 0.1, 1, "×"),
    "different": ("different", 0, 1, 0.01, 2, ""),
}


class HistogramBars(QWidget):
    """How measures are spread; what is flagged is in another color, and has a foot of 2 px."""

    def __init__(self) -> None:
        super().__init__()
        self.histogram: Histogram | None = None
        self.setFixedHeight(HISTOGRAM_HEIGHT)
        theme_signals.changed.connect(self.update)

    def set_histogram(self, histogram: Histogram) -> None:
        """Show other counts."""
        self.histogram = histogram
        told = zip(histogram.edges, histogram.counts, histogram.flagged, strict=False)
        self.setAccessibleDescription(
            ", ".join(f"{low:.2f}: {count} ({marked})" for low, count, marked in told if count)
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.histogram is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        most = max(self.histogram.counts, default=0) or 1
        inset = 6  # the knob's half: a bar stands over its value
        step = (self.width() - 2 * inset) / len(self.histogram.counts)
        pairs = zip(self.histogram.counts, self.histogram.flagged, strict=True)
        for place, (count, flagged) in enumerate(pairs):
            left = inset + place * step
            for amount, tint in ((count, "chart_raw"), (flagged, "warn")):
                if amount:
                    height = max(2.0, amount / most * (self.height() - 2))
                    bar = QRectF(left, self.height() - height, max(1.0, step - 1), height)
                    painter.fillRect(bar, color(tint))


class Flagged(QLabel):
    """How many would be flagged; only the number is in the color of a warning."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        fonts.set_font(self, 12, 400)
        set_tone(self, "quiet")
        self._count, self._total = 0, ""
        theme_signals.changed.connect(self._show)
        language_signals.changed.connect(self._show)

    @property
    def words(self) -> str:
        """The sentence as it is read."""
        return tr("would flag {n} of {total}", n=number(self._count), total=self._total)

    def tell(self, count: int, total: str) -> None:
        """Show that ``count`` of ``total`` would be flagged."""
        self._count, self._total = count, total
        self._show()

    def _show(self) -> None:
        shown = number(self._count)
        if self._count:
            shown = f'<span style="color:{color("warn").name()}">{shown}</span>'
        self.setText(tr("would flag {n} of {total}", n=shown, total=self._total))
        self.setAccessibleName(self.words)


class ThresholdPanel(QWidget):
    """One kind: name, what it would flag, histogram, slider, and what the number means."""

    def __init__(self, kind: Kind, title: str, hint: str) -> None:
        super().__init__()
        self.kind = kind
        self.field, low, high, step, digits, unit = _SLIDERS[kind]
        self.flagged = Flagged()
        self.usual_hint = hint
        self.hint = label(hint, size=11, tone="quiet", wrap=True)
        self.bars = HistogramBars()
        self.slider = ValueSlider(low, high, step, digits, unit=unit)
        bind(self.slider.setAccessibleName, title)
        head = QHBoxLayout()
        head.addWidget(label(title, weight=500))
        head.addStretch(1)
        head.addWidget(self.flagged)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.PAD)
        column.setSpacing(4)
        column.addLayout(head)
        bars = QHBoxLayout()
        bars.addWidget(self.bars, 1)
        bars.addSpacing(62)  # the slider's field
        column.addLayout(bars)
        column.addWidget(self.slider)
        column.addWidget(self.hint)

    def show_survey(self, survey: Survey, limits: Thresholds) -> None:
        """Judge all pictures."""
        histogram = survey.histogram(self.kind, BINS, limits)
        low, high = histogram.edges[0], histogram.edges[-1]
        if self.kind == "duplicate":
            high = min(high, _SLIDERS["duplicate"][2] * 1.5)
        self.slider.set_range(max(low, _SLIDERS[self.kind][1]), self._highest(high))
        self.slider.set_value(survey.limit(self.kind, limits))
        self.slider.set_default(survey.limit(self.kind, Thresholds()))
        self.bars.set_histogram(histogram)
        count = int(survey.mask(self.kind, limits).sum())
        total = number(len(survey.pictures))
        self.flagged.tell(count, total)
        self.hint.setText(self._hint(survey, limits))

    def _hint(self, survey: Survey, limits: Thresholds) -> str:
        """What the number means; folders of a soft style are held to a lower one."""
        held = np.asarray(survey.limits(self.kind, limits))
        if self.kind == "blurred" and np.ptp(held) > 0:
            return tr("Sharpness of the sharpest part, below; in a soft folder, below half its own")
        return tr(self.usual_hint)

    def _highest(self, high: float) -> float:
        return max(2.0, high) if self.kind == "too-small" else _SLIDERS[self.kind][2]

    def limits(self, before: Thresholds, value: float) -> Thresholds:
        """``before`` with this threshold moved."""
        whole = self.field in ("distance", "short_side")
        update: dict[str, float] = {self.field: round(value) if whole else value}
        if self.kind == "blurred":
            # Beyond the default somebody means it: a soft style is not spared any more.
            usual = Thresholds()
            update["of_median"] = 1.0 if value > usual.sharpness else usual.of_median
        return before.model_copy(update=update)


class ThresholdColumn(Column):
    """All thresholds, what they flag together, and the foot that applies."""

    def __init__(self, cull: CullState) -> None:
        super().__init__(metrics.RIGHT, "right")
        self.cull = cull
        head = Panel("Thresholds", collapsible=False)
        head.body.setContentsMargins(0, 0, 0, 0)
        self.reset = tool_button("rotate-ccw", "Reset all thresholds", self._reset, dense=True)
        head.add_action(self.reset)
        self.add(head)
        panels = [ThresholdPanel(kind, title, hint) for kind, title, hint in PANELS]
        self.panels = {panel.kind: panel for panel in panels}
        for panel in panels:
            self.add(panel)
            panel.slider.changed.connect(lambda value, panel=panel: self._moved(panel, value))
        self.together = label(tone="label", wrap=True)
        self.together.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.PAD)
        self.add(self.together)
        self.undo = button("Undo", "undo-2")
        self.own = button("", "check")
        self.apply = button("", "list-checks")
        self._build_foot()
        cull.surveyed.connect(self.refresh)
        cull.limits_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)

    def _build_foot(self) -> None:
        box = QWidget()
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(metrics.GAP)
        rows.addWidget(self.own)
        row = QHBoxLayout()
        row.setSpacing(metrics.GAP)
        row.addWidget(self.undo)
        row.addWidget(self.apply, 1)
        rows.addLayout(row)
        self.add_foot(box, 1)

    def show_buttons(self, waiting: int, decisions: int) -> None:
        """Offer to apply ``decisions``, and the rule to the groups that are ``waiting``."""
        own = tr("Apply {n} decision", "Apply {n} decisions", n=decisions)
        if waiting:
            words = tr("Apply the rule to {n} group", "Apply the rule to {n} groups", n=waiting)
        else:
            words = own if decisions else tr("Apply decisions")
        both = tr("The rule decides what is open; your own decisions are applied along with it.")
        self.own.setText(own)
        self.own.setVisible(bool(waiting and decisions))
        self.apply.setText(words)
        self.apply.setToolTip(both if waiting and decisions else "")
        self.apply.setEnabled(bool(waiting or decisions))

    def refresh(self) -> None:
        """Judge again; nothing is decoded or compared for it."""
        survey, limits = self.cull.survey, self.cull.limits
        if survey is None:
            return
        for panel in self.panels.values():
            panel.show_survey(survey, limits)
        times = np.sum([survey.mask(kind, limits) for kind in CULL_KINDS], axis=0)
        flagged, twice = int((times > 0).sum()), int((times > 1).sum())
        total = number(len(survey.pictures))
        said = [tr("Together they would flag {n} of {total}.", n=number(flagged), total=total)]
        if twice:
            one = "{n} picture is flagged more than once."
            said.append(tr(one, "{n} pictures are flagged more than once.", n=twice))
        said.append(tr("Nothing is rejected until you say so, and the files stay on disk."))
        self.together.setText(joined(said))
        self.reset.setEnabled(limits != Thresholds())

    def _moved(self, panel: ThresholdPanel, value: float) -> None:
        self.cull.set_limits(panel.limits(self.cull.limits, value))

    def _reset(self) -> None:
        self.cull.set_limits(Thresholds())
