"""The dialog of an adjustment: its values, a preview that can be switched off, keep or give up."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.canvas.curve_edit import CurveEdit, Histogram
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Check, Choice, FieldRow, NumberField, ValueSlider, row
from app.widgets.panel import padded
from app.widgets.text import label
from engine.canvas.adjusting import (
    Blur,
    BrightnessContrast,
    Curves,
    HueSaturation,
    Levels,
    Sharpen,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from engine.canvas.adjusting import Adjustment, Channel

Kind = Literal["levels", "curves", "hue", "light", "blur", "sharpen"]
WIDE = 360


class Field(NamedTuple):
    """A number of an adjustment: its name there, its words, and what it can be."""

    name: str
    label: str
    low: float
    high: float
    step: float = 1
    decimals: int = 0
    unit: str = ""


FIRST: dict[Kind, Adjustment] = {
    "levels": Levels(),
    "curves": Curves(),
    "hue": HueSaturation(),
    "light": BrightnessContrast(),
    "blur": Blur(),
    "sharpen": Sharpen(),
}
FIELDS: dict[Kind, tuple[Field, ...]] = {
    "levels": (
        Field("black", "Black", 0, 254),
        Field("gamma", "Middle", 0.1, 10, 0.01, 2),
        Field("white", "White", 1, 255),
        Field("low", "Darkest", 0, 255),
        Field("high", "Lightest", 0, 255),
    ),
    "curves": (),
    "hue": (
        Field("hue", "Hue", -180, 180, unit="°"),
        Field("saturation", "Saturation", -100, 100),
        Field("lightness", "Lightness", -100, 100),
    ),
    "light": (
        Field("brightness", "Brightness", -100, 100),
        Field("contrast", "Contrast", -100, 100),
    ),
    "blur": (Field("radius", "Radius", 0.1, 250, 0.1, 1, "px"),),
    "sharpen": (
        Field("amount", "Amount", 1, 500, unit="%"),
        Field("radius", "Radius", 0.1, 50, 0.1, 1, "px"),
        Field("threshold", "Threshold", 0, 255),
    ),
}
CHANNEL_NAMES = (
    ("all", "All channels"),
    ("red", "Red"),
    ("green", "Green"),
    ("blue", "Blue"),
)


class AdjustDialog(QDialog):
    """``changed`` carries the adjustment to show, or None for the picture as it is; ``kept`` the
    one to make.
    """

    changed = Signal(object)
    kept = Signal(object)

    def __init__(
        self,
        kind: Kind,
        counts: Mapping[Channel, np.ndarray],
        last: Adjustment | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._kind, self._counts = kind, counts
        self.adjustment: Any = last or FIRST[kind]
        self.sliders: dict[str, ValueSlider] = {}
        bind(self.setWindowTitle, FIRST[kind].what)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 16, 4, 16)
        self._column.setSpacing(metrics.GAP_FIELDS)
        self._column.addWidget(padded(label(FIRST[kind].what, size=15, weight=600), bottom=8))
        self._add_channel()
        self._add_charts()
        for field in FIELDS[kind]:
            self._add_slider(field)
        if kind == "hue":
            self.colorized = Check("Colorize")
            self.colorized.changed.connect(lambda on: self._set(colorized=on))
            self._column.addWidget(padded(self.colorized))
        self._add_foot()
        self.setMinimumWidth(WIDE)
        self._follow()

    # Building

    def _add_channel(self) -> None:
        self.channel = Choice(CHANNEL_NAMES)
        self.channel.changed.connect(lambda _: self._take_channel())
        if self._kind not in ("levels", "curves"):
            return
        if self._kind == "levels":
            self.channel.set_value(self.adjustment.channel)
        self._column.addWidget(FieldRow("Channel", self.channel))

    def _add_charts(self) -> None:
        if self._kind == "levels":
            self.histogram = Histogram(self._counts[self._chosen])
            self._column.addWidget(padded(self.histogram, bottom=6))
        elif self._kind == "curves":
            self.curve = CurveEdit(self._counts["all"])
            bind(self.curve.setAccessibleName, "Curve")
            self.input = self._number("Input", 0)
            self.output = self._number("Output", 1)
            self._take_channel()
            self.curve.changed.connect(self._take_curve)
            self.curve.chosen.connect(self._follow_point)
            middle = QHBoxLayout()
            middle.addStretch(1)
            middle.addWidget(self.curve)
            middle.addStretch(1)
            self._column.addLayout(middle)
            between = label()
            between.setText("→")
            self._column.addWidget(FieldRow("Point", row(self.input, between, self.output)))

    def _number(self, name: str, axis: int) -> NumberField:
        made = NumberField(0, 255, 1, 0)
        made.setFixedWidth(64)
        bind(made.setAccessibleName, name)

        def take(value: float) -> None:
            point = list(self.curve.points[self.curve.current])
            point[axis] = float(value)
            self.curve.move_current(point[0], point[1])

        made.changed.connect(take)
        return made

    def _add_slider(self, field: Field) -> None:
        made = ValueSlider(field.low, field.high, field.step, field.decimals, unit=field.unit)
        made.set_default(float(getattr(FIRST[self._kind], field.name)))
        made.changed.connect(partial(self._slide, field))
        self.sliders[field.name] = made
        self._column.addWidget(FieldRow(field.label, made))

    def _add_foot(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        self.preview = Check("Preview", on=True)
        self.preview.changed.connect(lambda _: self.tell())
        foot.addWidget(self.preview)
        foot.addStretch(1)
        foot.addWidget(button("Reset", kind="quiet", on=self.reset))
        if self._kind == "levels":
            foot.addWidget(button("Automatic", kind="quiet", on=self.find_ends))
        foot.addWidget(button("Cancel", on=self.reject))
        self.keep = button("Apply", kind="primary", on=lambda: self.kept.emit(self.adjustment))
        self.keep.setDefault(True)
        foot.addWidget(self.keep)
        self._column.addLayout(foot)

    # Values

    def tell(self) -> None:
        """Tell what is to be shown."""
        self.changed.emit(self.adjustment if self.preview.value else None)

    def reset(self) -> None:
        """Back to what changes nothing, or to the usual values."""
        self.adjustment = FIRST[self._kind]
        self.channel.set_value("all")
        if self._kind == "curves":
            self._take_channel()
        self._follow()
        self.tell()

    def find_ends(self) -> None:
        """Black and white where the tones begin and end, half a percent left out at either end."""
        counts = self._counts[self._chosen]
        total = counts.sum()
        if total > 0:
            share = counts.cumsum() / total
            black, white = (int(share.searchsorted(part)) for part in (0.005, 0.995))
            self._set(black=min(black, 254), white=max(white, black + 1))

    def set_busy(self) -> None:
        """It is being made: only giving up is left."""
        bind(self.keep.setText, "Applying…")
        self.keep.setEnabled(False)

    @property
    def _chosen(self) -> Channel:
        return self.channel.value  # type: ignore[return-value]

    def _slide(self, field: Field, value: float) -> None:
        self._set(**{field.name: round(value) if field.decimals == 0 else round(value, 2)})

    def _set(self, **values: Any) -> None:
        self.adjustment = replace(self.adjustment, **values)
        self._follow()
        self.tell()

    def _take_channel(self) -> None:
        if self._kind == "levels":
            self.histogram.show_counts(self._counts[self._chosen])
            self._set(channel=self._chosen)
        elif self._kind == "curves":
            points = getattr(self.adjustment, self._chosen)
            self.curve.show_curve(points, self._counts[self._chosen])

    def _take_curve(self) -> None:
        self.adjustment = replace(self.adjustment, **{self._chosen: tuple(self.curve.points)})
        self.tell()

    def _follow_point(self) -> None:
        x, y = self.curve.points[self.curve.current]
        self.input.set_value(x)
        self.output.set_value(y)

    def _follow(self) -> None:
        for name, slider in self.sliders.items():
            slider.set_value(float(getattr(self.adjustment, name)))
        if self._kind == "levels":
            one = self.adjustment
            middle = one.black + (one.white - one.black) * 0.5**one.gamma
            self.histogram.set_marks(one.black, middle, one.white)
        elif self._kind == "hue":
            self.colorized.set_value(self.adjustment.colorized)
        elif self._kind == "curves":
            self._follow_point()
