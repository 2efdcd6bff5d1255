"""The left column: the next run in six fields or in full, and what it will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.i18n import bind, joined, tr, tr_error
from app.i18n import signals as language_signals
from app.i18n.format import number
from app.theme import metrics
from app.training import draft
from app.training.pace import about
from app.widgets.buttons import button
from app.widgets.fields import Choice, FieldRow, TextField
from app.widgets.form import SchemaForm
from app.widgets.panel import Column, IconLabel, Panel
from app.widgets.segments import Segments
from app.widgets.slider import ValueSlider
from app.widgets.text import hairline, label
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest

if TYPE_CHECKING:
    from app.training.model import TrainState
    from engine.runtime.errors import StylekilnError

width = 336
LABELS = {item.name: item.label for item in settings_of(TrainRequest)}
SHOWN_AT = {
    "output_name": "name",
    "base_model": "base",
    "network_dim": "strength",
    "max_train_epochs": "epochs",
    "resolution": "quality",
    "trigger_word": "trigger",
}
"""Which simple field a setting is changed in."""


class SettingsColumn(Column):
    """Simple and Advanced show the same draft; changing one changes the other."""

    def __init__(self, state: TrainState) -> None:
        super().__init__(width, "left")
        self.state = state
        self.level = Segments([("simple", "Simple"), ("advanced", "Advanced")])
        self.simple = SimpleFields(state)
        self.advanced = AdvancedFields(state)
        self.before = BeforePanel(state)
        self.start_button = button("Start training", "play", "primary")
        self._start_text = bind(self.start_button.setText, "Start training")
        self._fill_column()
        self.level.changed.connect(self._show_level)
        self.start_button.clicked.connect(lambda *_: self.start())
        state.plan_changed.connect(self.refresh)
        state.runs_changed.connect(self.refresh)
        state.session.job_added.connect(self.refresh)
        state.session.job_finished.connect(self.refresh)
        self._show_level("simple")
        self.refresh()

    def _fill_column(self) -> None:
        head = QWidget()
        head.setFixedHeight(metrics.HEADER_TOP)
        row = QHBoxLayout(head)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.addWidget(label("Next run", weight=600))
        row.addStretch(1)
        row.addWidget(self.level)
        bind(self.level.setAccessibleName, "Settings shown")
        self.add_head(head)
        self.add(self.simple)
        self.add(self.advanced, line=False)
        self.add(self.before)
        self.add_foot(self.start_button, 1)

    def start(self) -> None:
        """Start the next run with what is being typed: a click on a button leaves no field."""
        typed = self.focusWidget()
        if isinstance(typed, QLineEdit):
            typed.clearFocus()
        self.state.start()

    def refresh(self) -> None:
        """Say what the button would do now."""
        waiting = self.state.next_job() is not None
        self._start_text.say("Add to queue" if waiting else "Start training")
        self.start_button.set_icon("plus" if waiting else "play")
        self.start_button.setEnabled(self.state.can_start)
        problem = self.state.problem
        self.start_button.setToolTip(tr_error(problem) if problem is not None else "")

    def _show_level(self, level: str) -> None:
        self.simple.setVisible(level == "simple")
        self.advanced.setVisible(level == "advanced")


class SimpleFields(QWidget):
    """Seven fields in the words of an artist."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.name = TextField()
        self.base = Choice([], plain=True)
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
        state.models_changed.connect(self._show_models)
        state.plan_changed.connect(self._show_hints)
        language_signals.changed.connect(self._relabel)
        self._show_models()

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

    def _show_models(self) -> None:
        self.base.set_options(_model_options(self.state))
        self.refresh()

    def _show_hints(self) -> None:
        values, plan = self.state.values, self.state.plan
        if not values:
            return
        rank = int(values["network_dim"])
        self.rows["strength"].set_hint(
            _strength_hint(rank), rank=rank, alpha=f"{values['network_alpha']:g}"
        )
        used = sum(picture.usable and not picture.is_reg for picture in self.state.pictures)
        groups = len({item.category or item.folder for item in self.state.pictures if item.usable})
        words = tr("{n} picture", "{n} pictures", n=number(used))
        if groups > 1:
            words += ", " + tr("{n} category", "{n} categories", n=groups)
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

    def _relabel(self) -> None:
        self._show_models()


class AdvancedFields(QWidget):
    """Every setting by group, with a search over names, help and kohya's names."""

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.search = TextField("Search settings")
        self.search.setClearButtonEnabled(True)
        self.none = label("No setting matches.", tone="quiet")
        self.base = Choice([], plain=True)
        self.form = SchemaForm(
            TrainRequest,
            "advanced",
            skip=("train_data_dir", "output_dir"),
            controls={"base_model": self.base},
        )
        self.none.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, metrics.GAP, 0, 0)
        box.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        top.addWidget(self.search)
        top.addWidget(self.none)
        box.addLayout(top)
        box.addWidget(self.form)
        bind(self.search.setAccessibleName, "Search settings")
        self.search.textChanged.connect(self._find)
        self.form.changed.connect(self._changed)
        state.draft_changed.connect(self.refresh)
        state.plan_changed.connect(self._show_problem)
        state.models_changed.connect(self._show_models)
        language_signals.changed.connect(self._show_models)
        self._show_models()

    def _show_models(self) -> None:
        self.base.set_options(_model_options(self.state))
        self.refresh()

    def refresh(self) -> None:
        """Show the draft."""
        if self.state.values:
            self.form.set_values(self.state.values)

    def _changed(self, name: str) -> None:
        if name == "base_model":
            self.state.choose_base(str(self.base.value))
        else:
            self.state.change(**{name: self.form.values()[name]})

    def _find(self, text: str) -> None:
        self.none.setVisible(self.form.search(text) == 0)

    def _show_problem(self) -> None:
        self.form.clear_errors()
        self.form.set_error(*located(self.state.problem))


class BeforePanel(Panel):
    """Before you start: pictures, buckets, steps, and what stands in the way."""

    def __init__(self, state: TrainState) -> None:
        super().__init__("Before you start")
        self.state = state
        self.facts = [label(tone="label", wrap=True) for _ in range(4)]
        self.problem = label(tone="error", wrap=True)
        self._bare, self.bare = _warning()
        self._blind, self.blind = _warning()
        box = QVBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        box.setSpacing(6)
        for line in (*self.facts, self.problem, self._bare, self._blind):
            box.addWidget(line)
        self.body.addLayout(box)
        state.plan_changed.connect(self.refresh)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say it again."""
        plan, problem = self.state.plan, self.state.problem
        self.problem.setVisible(problem is not None)
        self.problem.setText(_named(problem) if problem is not None else "")
        texts = ["", "", "", ""]
        if plan is not None:
            texts = [*_sentences(plan, self.state.values), self._duration()]
        for line, text in zip(self.facts, texts, strict=True):
            line.setText(text)
            line.setVisible(bool(text))
        bare = len(plan.outlook.bare) if plan is not None else 0
        self._bare.setVisible(bare > 0)
        self.bare.setText(
            tr("{n} picture has no caption.", "{n} pictures have no caption.", n=bare)
        )
        self._blind.setVisible(plan is not None and plan.steps > 0 and not plan.outlook.held_out)
        self.blind.setText(
            tr("Nothing is held out, so over-fitting cannot be measured. Hold some out in Dataset.")
        )

    def _duration(self) -> str:
        seconds = self.state.expected_seconds
        if seconds is None or not self.state.can_start:
            return ""
        return tr("About {time} on this computer.", time=about(seconds))


def _warning() -> tuple[QWidget, QLabel]:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(metrics.GAP)
    row.addWidget(IconLabel("triangle-alert", 14, "warn"), 0, Qt.AlignmentFlag.AlignTop)
    words = label(tone="label", wrap=True)
    row.addWidget(words, 1)
    return line, words


def located(problem: StylekilnError | None) -> tuple[str, str]:
    """The setting that ``problem`` is about, empty when that is not one, and what is wrong."""
    if problem is None:
        return "", ""
    setting, _, words = str(problem.facts.get("problem", "")).partition(": ")
    if setting not in LABELS:
        return "", tr_error(problem)
    words = tr(words)
    return setting, words[:1].upper() + words[1:]


def _named(problem: StylekilnError) -> str:
    setting, words = located(problem)
    return f"{tr(LABELS[setting])}: {words}" if setting else words


def _model_options(state: TrainState) -> list[tuple[str, str]]:
    return [
        (model.ref, tr("Starter model") if model is draft.starter else model.label)
        for model in state.models
    ]


def _sentences(plan: draft.Plan, values: dict[str, Any]) -> list[str]:
    if not plan.steps:
        return [tr("There is no picture to train on. Add a folder in Dataset."), "", ""]
    first = tr(
        "{n} picture in {buckets}.",
        "{n} pictures in {buckets}.",
        n=number(plan.outlook.train),
        buckets=tr("{n} bucket", "{n} buckets", n=len(plan.outlook.buckets)),
    )
    if plan.outlook.held_out:
        held = number(plan.outlook.held_out)
        first = joined((first, tr("{n} held out for validation.", n=held)))
    second = tr(
        "{each} steps per epoch, {all} in all.",
        each=number(plan.steps_per_epoch),
        all=number(plan.steps),
    )
    every = int(values["save_every_n_epochs"])
    count = -(-plan.epochs // every) if every else 1
    third = tr("{n} checkpoint will be kept.", "{n} checkpoints will be kept.", n=count)
    return [first, second, third]


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
