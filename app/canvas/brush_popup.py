"""What of the brush is changed less often: flow, spacing, smoothing, and the pen's pressure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.canvas.curve_edit import CurveEdit
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Check, FieldRow, ValueSlider, row
from app.widgets.panel import padded
from engine.imaging.curves import STRAIGHT

if TYPE_CHECKING:
    from app.canvas.model import CanvasState

WIDTH = 320
LABELS_WIDE = 76
CURVE_SIDE = 128


class BrushPopup(QFrame):
    """Stays open until a click elsewhere; every change counts at once."""

    def __init__(self, state: CanvasState, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFixedWidth(WIDTH)
        brush = state.brush
        self.flow = ValueSlider(1, 100, 1, 0, unit="%", field_width=56)
        self.flow.set_value(brush.flow * 100)
        self.flow.changed.connect(lambda value: state.set_brush(flow=value / 100))
        self.spacing = ValueSlider(2, 200, 1, 0, unit="%", field_width=56)
        self.spacing.set_value(brush.spacing * 100)
        self.spacing.changed.connect(lambda value: state.set_brush(spacing=value / 100))
        self.smoothing = ValueSlider(0, 200, 1, 0, unit="px", field_width=56)
        self.smoothing.set_value(brush.smoothing)
        self.smoothing.changed.connect(lambda value: state.set_brush(smoothing=float(value)))
        self.size_by_pen = Check("Pen pressure changes the size", brush.pressure_size)
        self.size_by_pen.changed.connect(lambda on: state.set_brush(pressure_size=on))
        self.opacity_by_pen = Check("Pen pressure changes the opacity", brush.pressure_opacity)
        self.opacity_by_pen.changed.connect(lambda on: state.set_brush(pressure_opacity=on))
        self.tilts = Check("The tip gets longer as the pen leans", brush.tilts)
        self.tilts.changed.connect(lambda on: state.set_brush(tilts=on))
        self.curve = CurveEdit(np.zeros(256), CURVE_SIDE)
        self.curve.show_curve(brush.curve, np.zeros(256))
        bind(self.curve.setAccessibleName, "Pressure curve")
        bind(self.curve.setToolTip, "From the pressure of the pen to what the brush feels")
        self.curve.changed.connect(lambda: state.set_brush(curve=tuple(self.curve.points)))
        self.reset = button("Straight", kind="quiet", dense=True, on=self._straighten)
        self._build()

    def _straighten(self) -> None:
        self.curve.show_curve(STRAIGHT, np.zeros(256))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(1, metrics.PAD, 1, metrics.GAP)
        column.setSpacing(metrics.GAP_FIELDS)
        for key, control, hint in (
            ("Flow", self.flow, "What each dab adds; at 100 % it covers at once."),
            ("Spacing", self.spacing, "From dab to dab, of the brush's size."),
            (
                "Smoothing",
                self.smoothing,
                "The pointer pulls the brush on a string of this length.",
            ),
        ):
            column.addWidget(FieldRow(key, control, hint, label_width=LABELS_WIDE))
        for check in (self.size_by_pen, self.opacity_by_pen, self.tilts):
            column.addWidget(padded(check))
        beside = row(self.curve, self.reset)
        column.addWidget(FieldRow("Pressure", beside, label_width=LABELS_WIDE))
