"""The next run in seven fields, in the words of an artist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import metrics
from app.training import draft
from app.training.base_choice import BaseModelChoice
from app.training.problems import located
from app.widgets.fields import FieldRow, TextField
from app.widgets.segments import Segments
from app.widgets.slider import ValueSlider
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from app.training.model import TrainState

SHOWN_AT = {
    "output_name": "name",
    "base_model": "base",
    "network_dim": "strength",
    "max_train_epochs": "epochs",
    "resolution": "quality",
    "trigger_word": "trigger",
}
"""Which simple field a setting is changed in."""


class SimpleFields(QWidget):
    """Seven fields in the words of an artist."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.name = TextField()
        self.base = BaseModelChoice(state)
        self.pictures = label()
        self.strength = ValueSlider(draft.ranks[0], draft.ranks[-1], 4, stops=draft.ranks)
        self.epochs = ValueSlider(1, 60)
        self.quality = Segments([("draft", "Draft"), ("good", "Good"), ("best", "Best")], fill=True)
        self.trigger = TextField("For example hvisl")
        self.rows = {
            "name": FieldRow("Name", self.name),
            "base": FieldRow("Base model", self.base),
            "pictures": FieldRow("Pictures", self.pictures),
            "strength": FieldRow("Style strength", self.strength),
            "epochs": FieldRow("Length", self.epochs),
            "quality": FieldRow("Quality", self.quality),
            "trigger": FieldRow("Trigger word", self.trigger),
        }
        self._lay_out()
        self._connect()
        state.draft_changed.connect(self.refresh)
        state.models_changed.connect(self.refresh)
        state.plan_changed.connect(self._show_hints)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, metrics.GAP, 0, metrics.GAP)
        column.setSpacing(0)
        for name, row in self.rows.items():
            column.addWidget(row)
            if name == "pictures":
                column.addSpacing(6)
                column.addWidget(hairline("panel"))
                column.addSpacing(10)

    def _connect(self) -> None:
        state = self.state
        self.name.changed.connect(lambda text: state.change(output_name=text.strip()))
        self.base.changed.connect(lambda ref: state.choose_base(str(ref)))
        self.strength.changed.connect(
            lambda rank: state.change(**draft.strength_values(state.base, round(rank)))
        )
        self.epochs.changed.connect(lambda count: state.set_epochs(round(count)))
        self.quality.changed.connect(
            lambda quality: state.change(**draft.quality_values(state.base, quality))
        )
        self.trigger.changed.connect(lambda word: state.set_trigger_word(word.strip()))

    def refresh(self) -> None:
        """Show the draft."""
        values = self.state.values
        if not values:
            return
        self.name.set_value(str(values["output_name"]))
        self.base.set_value(values["base_model"])
        self.strength.set_value(values["network_dim"])
        epochs = max(1, int(values["max_train_epochs"]))
        if epochs > self.epochs.track.high:
            self.epochs.set_range(1, epochs)
        self.epochs.set_value(epochs)
        self.quality.set_value(draft.quality_of(self.state.base, values))
        self.trigger.set_value(str(values["trigger_word"]))
        self._show_hints()

    def _show_hints(self) -> None:
        values, plan = self.state.values, self.state.plan
        if not values:
            return
        rank = int(values["network_dim"])
        self.rows["strength"].set_hint(
            _strength_hint(rank), rank=rank, alpha=f"{values['network_alpha']:g}"
        )
        used = sum(picture.usable and not picture.is_reg for picture in self.state.pictures)
        named = {item.category for item in self.state.pictures if item.usable} - {""}
        words = tr("{n} picture", "{n} pictures", n=number(used))
        if named:
            words += ", " + tr("{n} category", "{n} categories", n=len(named))
        self.pictures.setText(words)
        epochs = number(int(values["max_train_epochs"]))
        if plan is not None and plan.draws:
            words = "{epochs} epochs, each picture {times} times."
            times = number(round(plan.draws))
            self.rows["epochs"].set_hint(words, epochs=epochs, times=times)
        else:
            self.rows["epochs"].set_hint("{epochs} epochs.", epochs=epochs)
        self.rows["quality"].set_hint(*_quality_hint(values), size=values["resolution"])
        self._show_problem()

    def _show_problem(self) -> None:
        """At the field that is wrong."""
        setting, words = located(self.state.problem)
        for name, row in self.rows.items():
            row.set_error(words if SHOWN_AT.get(setting) == name else "")


def _strength_hint(rank: int) -> str:
    if rank <= 8:
        return "Rank {rank}, alpha {alpha}. A light touch."
    if rank <= 32:
        return "Rank {rank}, alpha {alpha}. Balanced."
    return "Rank {rank}, alpha {alpha}. Follows the pictures closely."


def _quality_hint(values: dict[str, Any]) -> tuple[str]:
    if values["text_encoder_lr"] and values["unet_lr"]:
        return ("{size} px, UNet and text encoder.",)
    return ("{size} px, UNet only.",) if values["unet_lr"] else ("{size} px, text encoder only.",)
