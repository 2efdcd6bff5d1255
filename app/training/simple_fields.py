"""The next run in a few fields, in the words of an artist."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import metrics
from app.training import draft
from app.training.base_choice import BaseModelChoice
from app.training.category_choice import count_used
from app.training.pictures_line import PicturesLine
from app.training.preset_field import PresetField, PresetStrip
from app.training.presets import PresetShelf
from app.training.problems import by_setting
from app.training.run_names import next_free
from app.widgets.fields import Check, FieldRow, TextField
from app.widgets.segments import Segments
from app.widgets.slider import ValueSlider
from app.widgets.text import hairline

if TYPE_CHECKING:
    from app.training.model import TrainState

MOST_EPOCHS = 60
"""Where the slider ends, unless a run has more."""
SHOWN_AT = {
    "output_name": "name",
    "base_model": "base",
    "categories": "pictures",
    "network_dim": "strength",
    "noise_offset": "detail",
    "min_snr_gamma": "detail",
    "max_train_epochs": "epochs",
    "resolution": "quality",
    "trigger_word": "trigger",
}
"""Which simple field a setting is changed in."""


class SimpleFields(QWidget):
    """A few fields in the words of an artist."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.name = TextField()
        self.base = BaseModelChoice(state)
        self.shelf = PresetShelf(state)
        self.strip = PresetStrip(state, self.shelf)
        self.preset = PresetField(state, self.shelf, self.strip)
        self.pictures = PicturesLine(state)
        self.strength = ValueSlider(draft.ranks[0], draft.ranks[-1], 4, stops=draft.ranks)
        self.detail = ValueSlider(0, draft.most_detail, 0.1, decimals=1)
        self.epochs = ValueSlider(1, MOST_EPOCHS)
        self.quality = Segments([("draft", "Draft"), ("good", "Good"), ("best", "Best")], fill=True)
        self.trigger = TextField("For example hvisl")
        self.keep = Check("Every epoch, and samples")
        self._counted = 0, 0  # pictures that are learned from together, steps of an epoch
        self.rows = {
            "name": FieldRow("Name", self.name),
            "preset": FieldRow("Preset", self.preset),
            "base": FieldRow("Base model", self.base),
            "pictures": FieldRow("Pictures", self.pictures),
            "strength": FieldRow("Style strength", self.strength),
            "detail": FieldRow("Details", self.detail),
            "epochs": FieldRow("Length", self.epochs),
            "quality": FieldRow("Quality", self.quality),
            "trigger": FieldRow("Trigger word", self.trigger),
            "keep": FieldRow("Keep", self.keep),
        }
        self._lay_out()
        self._connect()
        state.draft_changed.connect(self.refresh)
        state.models_changed.connect(self.refresh)
        for changed in (state.plan_changed, state.runs_changed):
            changed.connect(self._show_hints)
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
        self.detail.changed.connect(
            lambda value: state.change(**draft.detail_values(round(value, 1)))
        )
        self.trigger.changed.connect(lambda word: state.set_trigger_word(word.strip()))
        self.keep.changed.connect(state.keep_all)

    def refresh(self) -> None:
        """Show the draft."""
        values = self.state.values
        if not values:
            return
        self.name.set_value(str(values["output_name"]))
        self.base.set_value(values["base_model"])
        self.strength.set_value(values["network_dim"])
        self.detail.set_value(draft.detail_of(values))
        self.keep.set_value(self.state.keeps_all)
        epochs = self._epochs()
        most = max(MOST_EPOCHS, epochs)
        if most != self.epochs.track.high:
            self.epochs.set_range(1, most)
        self.epochs.set_value(epochs)
        self.quality.set_value(draft.quality_of(self.state.base, values))
        self.trigger.set_value(str(values["trigger_word"]))
        self.pictures.choice.set_value(tuple(values["categories"]))
        self._set_defaults()
        self._show_hints()

    def _set_defaults(self) -> None:
        """What a double-click on a slider goes back to."""
        start = self.state.start_values()
        self.strength.set_default(start["network_dim"])
        self.detail.set_default(draft.detail_of(start))
        self.epochs.set_default(start["max_train_epochs"])

    def _epochs(self) -> int:
        """How many epochs the run has, also where its steps are given."""
        values, plan = self.state.values, self.state.plan
        together = int(values["train_batch_size"]) * int(values["gradient_accumulation_steps"])
        if plan is not None and plan.steps:
            self._counted = together, plan.steps_per_epoch
        if given := int(values["max_train_epochs"]):
            return given
        if plan is not None:
            return max(1, plan.epochs)
        # A wrong setting leaves no plan: an epoch is as it was, or as if each picture came once.
        before, steps = self._counted
        if before != together:
            steps = math.ceil(count_used(self.state) / max(1, together))
        return math.ceil(int(values["max_train_steps"]) / max(1, steps)) or 1

    def _show_hints(self) -> None:
        values = self.state.values
        if not values:
            return
        rank, name = int(values["network_dim"]), next_free(self.state)
        taken = name != values["output_name"]
        words = "Another run has this name: the next one becomes {name}." if taken else ""
        self.rows["name"].set_hint(words, name=name)
        self.rows["preset"].set_hint(self.preset.hint)
        self.rows["strength"].set_hint(
            _strength_hint(rank), rank=rank, alpha=f"{values['network_alpha']:g}"
        )
        self.rows["detail"].set_hint(*_detail_hint(values), **_detail_facts(values))
        self._show_length()
        self.rows["quality"].set_hint(
            *_quality_hint(values), size=_side_words(values["resolution"])
        )
        every = int(values["save_every_n_epochs"])
        hint = "Every {n} epochs, with samples." if every > 1 else "Every epoch, with samples."
        hint = "" if self.state.keeps_all or not every else hint
        self.rows["keep"].set_hint(hint, n=every)
        self._show_problem()

    def _show_length(self) -> None:
        plan, values, epochs = self.state.plan, self.state.values, self._epochs()
        facts = {"epochs": number(epochs), "steps": number(int(values["max_train_steps"]))}
        times = round(plan.draws) if plan is not None else 0
        facts["times"] = number(times)
        if not int(values["max_train_epochs"]):
            words = "{steps} steps are given: each picture {times} times."
            words = words if times else "{steps} steps are given."
        elif epochs == 1:
            words = "One epoch, each picture {times} times." if times > 1 else "One epoch."
        elif not times:
            words = "{epochs} epochs."
        else:
            words = "{epochs} epochs, each picture {times} times."
            if self._is_suggested():
                words, facts = self._with_reason(words, facts)
        self.rows["epochs"].set_hint(words, **facts)

    def _is_suggested(self) -> bool:
        """Whether the length is the one that a new run begins with."""
        name = "max_train_epochs"
        return self.state.values[name] == self.state.start_values().get(name)

    def _with_reason(self, words: str, facts: dict[str, str]) -> tuple[str, dict[str, str]]:
        """The sentence with why the suggested length is what it is."""
        found = self.state.suggestions
        if found.like:
            words = "{epochs} epochs, each picture {times} times: as long as {name}."
            facts["name"] = found.like
        elif found.steps:
            words = (
                "{epochs} epochs, each picture {times} times: about the {steps} steps that a first "
                "run on this model needs."
            )
            facts["steps"] = number(found.steps)
        return words, facts

    def _show_problem(self) -> None:
        """At the fields that are wrong."""
        wrong = {SHOWN_AT.get(s): words for s, words in by_setting(self.state.problem).items()}
        for name, row in self.rows.items():
            row.set_error(wrong.get(name, ""))


def _strength_hint(rank: int) -> str:
    if rank <= 8:
        return "Rank {rank}, alpha {alpha}. A light touch."
    if rank <= 32:
        return "Rank {rank}, alpha {alpha}. Balanced."
    return "Rank {rank}, alpha {alpha}. Follows the pictures closely."


def _detail_hint(values: dict[str, Any]) -> tuple[str]:
    offset, gamma = float(values["noise_offset"]), float(values["min_snr_gamma"])
    if offset and gamma:
        return ("Large shapes count more: noise offset {offset}, min-SNR {gamma}.",)
    if offset:
        return ("Large shapes count more: noise offset {offset}.",)
    if gamma:
        return ("Large shapes count more: min-SNR {gamma}.",)
    return ("Details and large shapes count alike.",)


def _detail_facts(values: dict[str, Any]) -> dict[str, str]:
    names = {"offset": "noise_offset", "gamma": "min_snr_gamma"}
    return {fact: f"{float(values[name]):g}" for fact, name in names.items()}


def _side_words(resolution: str) -> str:
    """A square by its side: 1024 of "1024,1024"."""
    sides = [side.strip() for side in str(resolution).split(",")]
    return sides[0] if len(set(sides)) == 1 else "×".join(sides)


def _quality_hint(values: dict[str, Any]) -> tuple[str]:
    if values["text_encoder_lr"] and values["unet_lr"]:
        return ("{size} px, UNet and text encoder.",)
    return ("{size} px, UNet only.",) if values["unet_lr"] else ("{size} px, text encoder only.",)
