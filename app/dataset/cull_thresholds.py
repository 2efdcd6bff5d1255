"""The right column: each threshold under the histogram it cuts, with what it would flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import color, metrics
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


class ThresholdPanel(QWidget):
    """One kind: name, what it would flag, histogram, slider, and what the number means."""

    def __init__(self, kind: Kind, title: str, hint: str) -> None:
        super().__init__()
        self.kind = kind
        self.field, low, high, step, digits, unit = _SLIDERS[kind]
        self.flagged = label(tone="quiet")
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
        column.addWidget(label(hint, size=11, tone="quiet", wrap=True))

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
        self.flagged.setText(tr("would flag {n} of {total}", n=number(count), total=total))
        set_tone(self.flagged, "warn" if count else "quiet")

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
        self.apply = button("", "list-checks")
        self.add_foot(self.undo)
        self.add_foot(self.apply, 1)
        cull.surveyed.connect(self.refresh)
        cull.limits_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Judge again; nothing is decoded or compared for it."""
        survey, limits = self.cull.survey, self.cull.limits
        if survey is None:
            return
        for panel in self.panels.values():
            panel.show_survey(survey, limits)
        times = np.sum([survey.mask(kind, limits) for kind in CULL_KINDS], axis=0)
        flagged, twice = int((times > 0).sum()), int((times > 1).sum())
        self.together.setText(
            tr(
                "Together they would flag {n} of {total}; {twice} are flagged more than once. "
                "Nothing is rejected until you say so, and the files stay on disk.",
                n=number(flagged),
                total=number(len(survey.pictures)),
                twice=number(twice),
            )
        )
        self.reset.setEnabled(limits != Thresholds())

    def _moved(self, panel: ThresholdPanel, value: float) -> None:
        self.cull.set_limits(panel.limits(self.cull.limits, value))

    def _reset(self) -> None:
        self.cull.set_limits(Thresholds())
