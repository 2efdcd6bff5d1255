"""The Collage panel: its parts with their patterns, how they are marked, and their joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.canvas import card_painting, mask_patterns
from app.canvas.layer_words import origin, short_origin
from app.i18n import bind
from app.theme import color, fonts, metrics
from app.widgets.buttons import button
from app.widgets.fields import FieldRow, NumberField, ValueSlider, row
from app.widgets.panel import Panel, padded
from app.widgets.segments import Segments
from app.widgets.text import label

if TYPE_CHECKING:
    from app.canvas.collage import Collage, Part

ROW = 44
# Changes of an opacity that follow each other this closely are one undo step.
JOIN_MS = 700
LOOKS = (("pattern", "Pattern"), ("outline", "Outlines"), ("off", "Off"))


class CollagePanel(Panel):
    """Shown in place of the repaint while candidates are painted in."""

    match_asked = Signal()
    soften_asked = Signal(float)
    seams_asked = Signal(float)

    def __init__(self, collage: Collage) -> None:
        super().__init__("Collage", collapsible=False)
        self._collage = collage
        self.rows: list[PartRow] = []
        holder = QWidget()
        self._list = QVBoxLayout(holder)
        self._list.setContentsMargins(0, 0, 0, 8)
        self._list.setSpacing(0)
        self.hint = label(
            "Choose a candidate in the strip and paint it in. Each keeps a mask of its own.",
            size=11,
            tone="quiet",
            wrap=True,
        )
        self._hint_box = padded(self.hint, bottom=8)
        self.body.addWidget(self._hint_box)
        self.body.addWidget(holder)
        self._build_looks()
        self._build_joins()
        collage.changed.connect(self.refresh)
        self.refresh()

    def _build_looks(self) -> None:
        self.masks = Segments(LOOKS, fill=True)
        self.masks.changed.connect(lambda look: self._collage.set_masks(look))
        bind(self.masks.setAccessibleName, "Masks")
        bind(self.masks.setToolTip, "How masks are marked on the picture. Hold M to see it without")
        self.body.addWidget(FieldRow("Masks", self.masks))

    def _build_joins(self) -> None:
        self.radius = NumberField(1, 64, 1, 0, unit="px")
        self.radius.set_value(6)
        self.radius.setFixedWidth(76)
        bind(self.radius.setAccessibleName, "Soften the joins")
        self.soften = button("Soften")
        self.soften.clicked.connect(lambda *_: self.soften_asked.emit(float(self.radius.value)))
        bind(self.soften.setToolTip, "Let all joins fade over this distance")
        self.body.addWidget(FieldRow("Joins", _pair(self.radius, self.soften)))
        self.match = button("Match the surroundings", on=self.match_asked.emit)
        bind(self.match.setToolTip, "Give the chosen candidate the colors around its mask")
        self.body.addWidget(FieldRow("Color", row(self.match)))
        self.strength = NumberField(0.05, 1.0, 0.05, 2)
        self.strength.set_value(0.25)
        self.strength.setFixedWidth(64)
        bind(self.strength.setAccessibleName, "Strength")
        self.seams = button("Repaint the seams", "sparkles")
        self.seams.clicked.connect(lambda *_: self.seams_asked.emit(float(self.strength.value)))
        line = QWidget()
        cells = QHBoxLayout(line)
        cells.setContentsMargins(metrics.PAD, 4, metrics.PAD, 10)
        cells.setSpacing(metrics.GAP)
        cells.addWidget(self.seams, 1)
        cells.addWidget(self.strength)
        self.body.addWidget(line)

    def refresh(self) -> None:
        """Follow the collage."""
        if not self._collage.active:
            return
        parts = self._collage.parts
        if [shown.part.layer for shown in self.rows] != [part.layer for part in parts]:
            self._rebuild(parts)
        for shown, part in zip(self.rows, parts, strict=True):
            shown.show_part(part, chosen=part.layer.id == self._collage.chosen_part)
        self._hint_box.setVisible(not parts)
        self.masks.set_value(self._collage.masks)
        for control in (self.soften, self.seams):
            control.setEnabled(bool(parts))
        self.match.setEnabled(bool(self._collage.chosen_part))

    def _rebuild(self, parts: list[Part]) -> None:
        for old in self.rows:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows = [PartRow(self._collage, part) for part in parts]
        for made in self.rows:
            self._list.addWidget(made)


class PartRow(QWidget):
    """Pattern, picture, name and opacity of a part; a click paints with it."""

    def __init__(self, collage: Collage, part: Part) -> None:
        super().__init__()
        self._collage, self.part, self._chosen = collage, part, False
        self.setFixedHeight(ROW)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", "inset")
        self.opacity = ValueSlider(0, 100, 1, 0, unit="%", field_width=52)
        self.opacity.set_default(100)
        self.opacity.setFixedWidth(102)
        self.opacity.changed.connect(self._set_opacity)
        bind(self.opacity.setAccessibleName, "Opacity")
        self._joining = QTimer(self, interval=JOIN_MS, singleShot=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, metrics.PAD, 0)
        line.addStretch(1)
        line.addWidget(self.opacity)

    def sizeHint(self) -> QSize:
        return QSize(280, ROW)

    def show_part(self, part: Part, *, chosen: bool) -> None:
        """Follow a part."""
        self.part, self._chosen = part, chosen
        self.opacity.set_value(part.layer.opacity * 100)
        self.setAccessibleName(part.layer.name)
        self.setToolTip(origin(part.layer))
        self.update()

    def _set_opacity(self, value: float) -> None:
        joined = self._joining.isActive()
        self._joining.start()
        self._collage.set_opacity(self.part.layer.id, value / 100, continuing=joined)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Paint with it."""
        self._collage.choose(self.part)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter as a click."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._collage.choose(self.part)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Everything left of the slider."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._chosen:
            painter.fillRect(self.rect(), color("acc_wash"))
        mask_patterns.swatch(painter, QRect(metrics.PAD, 13, 18, 18), self.part.pattern)
        candidate = self.part.candidate
        left = metrics.PAD + 26
        if candidate is not None:
            card_painting.picture(painter, QRect(left, 5, 40, 34), candidate.card)
            left += 48
        room = self.opacity.x() - left - 8
        second = "t2" if self._chosen else "t3"
        words = (
            (self.part.layer.name, "t1", 12, 6),
            (short_origin(self.part.layer), second, 11, 22),
        )
        for text, tint, size, top in words:
            painter.setFont(fonts.font(size))
            painter.setPen(color(tint))
            mode = Qt.TextElideMode.ElideRight
            elided = painter.fontMetrics().elidedText(text, mode, room)
            painter.drawText(QRect(left, top, room, 16), Qt.AlignmentFlag.AlignVCenter, elided)


def _pair(first: QWidget, second: QWidget) -> QWidget:
    box = row(first, second)
    layout = box.layout()
    assert isinstance(layout, QHBoxLayout)
    layout.setStretch(1, 1)
    return box
