"""Candidates of several checkpoints of a run, and of several weights, with the same seeds."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.canvas.layer_words import lora_name
from app.i18n import bind, signals, tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import Check, Choice, FieldRow, ValueSlider
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.canvas.repaint import Repaint
    from app.canvas.repaint_settings import RepaintSettings
    from app.models.at_hand import LoraChoice

WEIGHTS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2)
MOST_ROWS = 10


class VersionsChoice(Choice):
    """Says what varies, and opens the list of it. Without a LoRA nothing can."""

    def __init__(self, repaint: Repaint) -> None:
        super().__init__(plain=True)
        self._repaint = repaint
        bind(self.setToolTip, "Paint each candidate with several checkpoints or weights")
        bind(self.setAccessibleName, "Checkpoints")
        repaint.settings_changed.connect(self.refresh)
        repaint.models_changed.connect(self.refresh)
        signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Follow the settings."""
        settings = self._repaint.settings
        self.setEnabled(bool(settings.loras))
        words = in_words(settings)
        if self.options != [(None, words)]:
            self.set_options([(None, words)])

    def showPopup(self) -> None:
        """Ticks instead of a list."""
        self.popup = VersionsPopup(self._repaint, self)
        self.popup.adjustSize()
        self.popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        self.popup.show()


class VariationRow(FieldRow):
    """How far candidates go from the one of the seed; there while they go anywhere."""

    def __init__(self, repaint: Repaint) -> None:
        self.share = ValueSlider(0, 100, 5, 0, unit="%")
        super().__init__("Variation", self.share)
        self._repaint = repaint
        self.share.changed.connect(lambda value: repaint.change(variation=value / 100))
        bind(self.share.setToolTip, "0 gives each candidate a seed of its own again")
        repaint.settings_changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Follow the settings; it does not go away while it is dragged."""
        share = self._repaint.settings.variation
        self.share.set_value(share * 100)
        self.setVisible(share > 0 or self.share.track.hasFocus())


class VersionsPopup(QFrame):
    """Checkpoints of the run left, weights right; every tick counts at once."""

    changed = Signal()

    def __init__(self, repaint: Repaint, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._repaint = repaint
        settings = repaint.settings
        self._varied, weight = varied(settings)
        chosen = [path for path, _ in settings.versions] or [self._varied]
        checkpoints = siblings(repaint.models.loras, self._varied)
        named = [(choice.path, lora_name(choice.path)) for choice in checkpoints]
        self.checkpoints = _ticks(named or [(self._varied, lora_name(self._varied))], chosen)
        weights = sorted({*WEIGHTS, weight, *(kept for _, kept in settings.versions)})
        used = [kept for _, kept in settings.versions] or [weight]
        self.weights = _ticks([(one, f"{one:.2f}") for one in weights], used)
        line = QHBoxLayout()
        line.setSpacing(metrics.PAD)
        line.addWidget(_column("Checkpoints", self.checkpoints), 1)
        line.addWidget(_column("Weights", self.weights))
        self.only = button("Only one", kind="link", on=self.take_one)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, metrics.GAP)
        column.addLayout(line)
        column.addWidget(self.only)
        for box, _ in (*self.checkpoints, *self.weights):
            box.changed.connect(lambda _: self._tell())

    def _tell(self) -> None:
        paths = [str(value) for box, value in self.checkpoints if box.isChecked()]
        weights = [float(str(value)) for box, value in self.weights if box.isChecked()]
        if paths and weights:
            versions = tuple(itertools.product(paths, weights))
            self._repaint.vary(self._varied, versions)
            if len(versions) == 1:
                self._varied = paths[0]

    def take_one(self) -> None:
        """Nothing varies any more."""
        self._repaint.vary("", ())
        self.close()


def varied(settings: RepaintSettings) -> tuple[str, float]:
    """The LoRA whose versions are painted: the one that was chosen, else the first."""
    known = dict(settings.loras)
    path = settings.varied if settings.varied in known else settings.loras[0][0]
    return path, known[path]


def siblings(choices: Sequence[LoraChoice], path: str) -> list[LoraChoice]:
    """The checkpoints of the run that a LoRA is from, by epoch."""
    own = next((choice for choice in choices if choice.is_at(path)), None)
    if own is None or not own.epoch:
        return []
    found = [choice for choice in choices if choice.name == own.name and choice.epoch]
    return sorted(found, key=lambda choice: choice.epoch)


def in_words(settings: RepaintSettings) -> str:
    """What varies, in a few words."""
    if len(settings.lora_sets) < 2:
        return tr("One version")
    names = list(dict.fromkeys(lora_name(path) for path, _ in settings.versions))
    weights = sorted({weight for _, weight in settings.versions})
    if len(names) == 1:
        return ", ".join(f"{weight:.2f}" for weight in weights)
    words = ", ".join(names) if len(names) < 3 else tr("{n} checkpoints", n=len(names))
    return words if len(weights) == 1 else f"{words} × {len(weights)}"


def _ticks(
    options: Sequence[tuple[object, str]], ticked: Sequence[object]
) -> list[tuple[Check, object]]:
    made = []
    for value, words in options:
        box = Check("", on=value in ticked)
        box.setText(words)
        made.append((box, value))
    return made


def _column(title: str, boxes: Sequence[tuple[Check, object]]) -> QWidget:
    """A heading over ticks, which scroll where they are many."""
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(metrics.GAP_FIELDS)
    for box, _ in boxes:
        column.addWidget(box)
    column.addStretch(1)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    row = metrics.CONTROL_DENSE + metrics.GAP_FIELDS
    area.setFixedHeight(row * min(MOST_ROWS, max(1, len(boxes))) + 2)
    area.setMinimumWidth(inside.sizeHint().width() + 14)
    whole = QWidget()
    around = QVBoxLayout(whole)
    around.setContentsMargins(0, 0, 0, 0)
    around.addWidget(label(title, size=11, tone="quiet"))
    around.addWidget(area)
    around.addStretch(1)
    return whole
