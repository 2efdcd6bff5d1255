"""Sections of the inspector: pictures, what is known, the weight to use, and where it is used."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import day
from app.models.origin import origin_of
from app.models.uses import Use
from app.models.weights import USUAL
from app.models.words import facts, note_of
from app.theme import color, metrics
from app.theme import signals as theme_signals
from app.widgets.fields import FieldRow, ValueSlider
from app.widgets.images import draw_fitted
from app.widgets.layouts import clear_layout
from app.widgets.panel import Panel, note
from app.widgets.row_list import Row, RowList
from app.widgets.text import ElidedLabel, label
from app.widgets.thumbnails import ThumbnailCache
from engine.models.inspect import ModelInfo

MOST_PICTURES = 4
ICONS = {"run": "flame", "grid": "grid-3x3", "canvas": "brush"}


class PictureStrip(QWidget):
    """Up to four pictures side by side, each in a square tile."""

    def __init__(self, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.pictures: list[str] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        thumbnails.ready.connect(lambda _: self.update())
        theme_signals.changed.connect(self.update)

    def show_pictures(self, pictures: list[str]) -> None:
        """Show the first of ``pictures``; without any it takes no room."""
        self.pictures = pictures[:MOST_PICTURES]
        self.setVisible(bool(self.pictures))
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(self._side(width)) + 2 * metrics.PAD

    def sizeHint(self) -> QSize:
        return QSize(280, self.heightForWidth(320))

    def _side(self, width: int) -> float:
        return (width - 2 * metrics.PAD - (MOST_PICTURES - 1) * 4) / MOST_PICTURES

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = self._side(self.width())
        for number, picture in enumerate(self.pictures):
            tile = QRectF(metrics.PAD + number * (side + 4), metrics.PAD, side, side)
            painter.fillRect(tile, color("tile"))
            pixmap = self._thumbnails.get(picture, round(side * self.devicePixelRatioF()))
            if pixmap is not None:
                draw_fitted(painter, pixmap, tile)


class AboutPanel(Panel):
    """Facts in two columns, how it was made of other files, and what its maker wrote."""

    def __init__(self) -> None:
        super().__init__("About")
        self.lines: dict[str, str] = {}

    def show_model(self, info: ModelInfo) -> None:
        """List what is known about ``info``."""
        clear_layout(self.body)
        self.lines = dict(facts(info))
        for key, text in self.lines.items():
            self.body.addWidget(_fact(key, text))
        for key, words in (("Origin", origin_of(info)), ("Note", note_of(info))):
            if words:
                self.lines[key] = words
                box, _ = note("{words}", words=words)
                self.body.addWidget(box)


class UsePanel(Panel):
    """The weight a LoRA is first used with, and how a prompt names it. ``changed`` carries it."""

    changed = Signal(float)

    def __init__(self) -> None:
        super().__init__("Use")
        self.weight = ValueSlider(0.0, 2.0, 0.05, 2)
        self.weight.set_default(USUAL)
        self.row = FieldRow("Default weight", self.weight)
        self.weight.changed.connect(self._changed)
        self._advice, self.advice = note("", tone="label")
        self._info: ModelInfo | None = None
        self.body.addWidget(self.row)
        self.body.addWidget(self._advice)
        language_signals.changed.connect(self._advise)

    def show_model(self, info: ModelInfo, weight: float) -> None:
        """Offer the ``weight`` of a LoRA; say of a base model what it is for."""
        self._info = info
        self.row.setVisible(info.kind == "lora")
        self.weight.set_value(weight)
        self._advise()

    def _changed(self, value: float) -> None:
        self._advise()
        self.changed.emit(value)

    def _advise(self) -> None:
        if self._info is None:
            return
        if self._info.kind == "lora":
            words = tr(
                "In a prompt it is <lora:{name}:{weight}>.",
                name=self._info.name,
                weight=f"{self.weight.value:g}",
            )
        else:
            words = tr("Training, Validate and Canvas can use it as their base model.")
        self.advice.setText(words)


class UsesPanel(Panel):
    """Runs, grids and canvases of the project; ``asked`` carries the one to open."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("Where it is used")
        self.rows = RowList()
        self._uses: list[Use] = []
        self.body.addWidget(self.rows)
        self.rows.activated_key.connect(self._open)
        self.rows.clicked.connect(lambda index: self._open(str(index.row())))
        language_signals.changed.connect(self._show)

    def show_uses(self, uses: list[Use]) -> None:
        """List ``uses``; without any the panel is away."""
        self._uses = uses
        self.setVisible(bool(uses))
        self._show()

    def _show(self) -> None:
        self.rows.set_rows(
            [
                Row(str(number), use.name, _count(use), icon=ICONS[use.kind],
                    tip=tr("Used {day}. A click opens it.", day=day(use.when)))
                for number, use in enumerate(self._uses)
            ]
        )  # fmt: skip
        self.rows.set_current("")

    def _open(self, key: str) -> None:
        self.asked.emit(self._uses[int(key)])


def _count(use: Use) -> str:
    if use.kind == "run":
        return tr("{n} step", "{n} steps", n=use.count)
    if use.kind == "grid":
        return tr("{n} cell", "{n} cells", n=use.count)
    return tr("{n} layer", "{n} layers", n=use.count)


def _fact(key: str, text: str) -> QWidget:
    box = QWidget()
    box.setFixedHeight(24)
    row = QHBoxLayout(box)
    row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
    row.setSpacing(metrics.PAD)
    row.addWidget(label(key, tone="label"))
    if key == "Trigger word":
        row.addStretch(1)
        row.addWidget(TriggerChip(text))
        return box
    # The end of a file name tells epochs apart; of tags the first are the frequent ones.
    mode = Qt.TextElideMode.ElideRight if key == "Tags" else Qt.TextElideMode.ElideMiddle
    value = ElidedLabel(text, mode)
    value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(value, 1)
    return box


class TriggerChip(QWidget):
    """A trigger word as a chip that nothing can be done with."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words = ElidedLabel(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(7, 0, 7, 0)
        row.addWidget(self.words)
        width = self.words.fontMetrics().horizontalAdvance(text) + 15
        self.setFixedSize(min(180, width), 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("g3"))
        painter.drawRoundedRect(self.rect(), metrics.RADIUS, metrics.RADIUS)
