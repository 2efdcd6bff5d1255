"""The Repaint region panel: prompt, LoRAs, strength in real steps, candidates, seed, Repaint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.canvas.loras import LoraChoice, available_loras, described
from app.i18n import bind, tr
from app.theme import icons, metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Choice, FieldRow, NumberField, TextField, ValueSlider, row
from app.widgets.panel import IconLabel, Panel, padded
from app.widgets.prompt_edit import PromptEdit
from app.widgets.text import ElidedLabel, restyle
from engine.sampling.request import LARGEST_SEED

if TYPE_CHECKING:
    from app.canvas.candidates import Candidates
    from app.canvas.repaint import Repaint
    from app.session import Session

SAMPLERS = (
    ("dpmpp_2m", "DPM++ 2M"),
    ("euler", "Euler"),
    ("euler_a", "Euler a"),
    ("ddim", "DDIM"),
    ("unipc", "UniPC"),
)
SCHEDULES = (
    ("karras", "Karras"),
    ("normal", "Normal"),
    ("exponential", "Exponential"),
    ("simple", "Simple"),
)


class RepaintPanel(Panel):
    """Everything a repaint is told. It edits the settings and follows them."""

    def __init__(self, session: Session, repaint: Repaint, candidates: Candidates) -> None:
        super().__init__("Repaint region", collapsible=False)
        self._candidates = candidates
        self._session = session
        self._repaint = repaint
        self._choices: list[LoraChoice] = []
        self._build_prompt()
        self._build_loras()
        self._build_numbers()
        self._build_sampling()
        self._build_foot()
        repaint.settings_changed.connect(self.refresh)
        repaint.running_changed.connect(lambda _: self.refresh())
        candidates.reset.connect(self._show_rank)
        self.refresh()

    def _build_prompt(self) -> None:
        self.prompt = PromptEdit("What to paint here")
        self.prompt.changed.connect(lambda text: self._repaint.change(prompt=text))
        bind(self.prompt.setAccessibleName, "Prompt")
        self.body.addWidget(padded(self.prompt, bottom=6))
        self.negative = TextField("What to keep out")
        self.negative.textEdited.connect(lambda text: self._repaint.change(negative=text))
        self.body.addWidget(FieldRow("Negative", self.negative))

    def _build_loras(self) -> None:
        holder = QWidget()
        self._lora_rows = QVBoxLayout(holder)
        self._lora_rows.setContentsMargins(metrics.PAD, 2, metrics.PAD, 0)
        self._lora_rows.setSpacing(4)
        self.body.addWidget(holder)
        self.add_lora = button("Add LoRA", "plus", "link", on=self.offer_loras)
        line = QHBoxLayout()
        line.setContentsMargins(metrics.PAD, 2, metrics.PAD, 8)
        line.addWidget(self.add_lora)
        line.addStretch(1)
        self.body.addLayout(line)
        self._shown_loras: dict[str, LoraRow] = {}

    def _build_numbers(self) -> None:
        self.strength = ValueSlider(0.05, 1.0, 0.01, 2)
        self.strength.set_default(0.6)
        self.strength.changed.connect(lambda value: self._repaint.change(strength=value))
        self.strength_row = FieldRow("Strength", self.strength, " ")
        self.body.addWidget(self.strength_row)
        self.count = NumberField(1, 16, 1, 0)
        self.count.changed.connect(lambda value: self._repaint.change(count=int(value)))
        self.count.setFixedWidth(52)
        counted = row(self.count)
        counted.layout().addStretch(1)  # type: ignore[union-attr]
        self.body.addWidget(FieldRow("Candidates", counted))
        bind(self.count.setAccessibleName, "Candidates")
        self.seed = NumberField(0, LARGEST_SEED, 1, 0)
        self.seed.changed.connect(lambda value: self._repaint.change(seed=int(value)))
        self.reroll = tool_button("dices", "Another seed", self._repaint.reroll)
        self.lock = tool_button("lock", "Keep this seed", self._toggle_lock, checkable=True)
        self.body.addWidget(FieldRow("Seed", row(self.seed, self.reroll, self.lock, spacing=4)))
        bind(self.seed.setAccessibleName, "Seed")

    def _build_sampling(self) -> None:
        self.sampling = SamplingRow(self._repaint)
        self.body.addWidget(self.sampling)

    def _build_foot(self) -> None:
        self.start = button("Repaint", "sparkles", "primary", big=True, on=self._repaint.start)
        self.start.show_shortcut("Ctrl+Return")
        self.stop = button("Stop", "square", big=True, on=self._stop)
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, 8, metrics.PAD, 0)
        foot.setSpacing(metrics.GAP)
        foot.addWidget(self.start, 1)
        foot.addWidget(self.stop)
        self.body.addLayout(foot)
        self._stop_text = bind(self.stop.setText, "Stop")

    def _show_rank(self) -> None:
        """While there are candidates, accepting one is the main action in view."""
        restyle(self.start, "kind", "normal" if self._candidates.items else "primary")

    def _stop(self) -> None:
        self._stop_text.say("Stopping…")
        self.stop.setEnabled(False)
        self._repaint.stop()

    def _toggle_lock(self) -> None:
        self._repaint.change(seed_locked=self.lock.isChecked())

    # LoRAs

    async def load_loras(self) -> None:
        """Read which LoRAs are at hand, off the UI thread."""
        project = self._session.project
        self._choices = await self._session.bridge.io(available_loras, project)
        self._shown_loras_renamed()

    def _shown_loras_renamed(self) -> None:
        for path, shown in self._shown_loras.items():
            shown.rename(described(path, self._choices))

    def offer_loras(self) -> None:
        """Read the list anew, then offer it as a menu."""
        self._session.start(self._offer())

    async def _offer(self) -> None:
        await self.load_loras()
        used = {path for path, _ in self._repaint.settings.loras}
        self.menu = QMenu(self)
        for choice in self._choices:
            if choice.path not in used:
                self.menu.addAction(
                    icons.icon("layers-2", 14),
                    full_name(choice),
                    lambda path=choice.path: self._repaint.add_lora(path),
                )
        if self.menu.isEmpty():
            self.menu.addAction(
                tr("Train a LoRA first, or put one into a model folder.")
            ).setEnabled(False)
        self.menu.popup(self.add_lora.mapToGlobal(QPoint(0, self.add_lora.height())))

    def _follow_loras(self) -> None:
        wanted = dict(self._repaint.settings.loras)
        for path in list(self._shown_loras):
            if path not in wanted:
                self._shown_loras.pop(path).deleteLater()
        for path, weight in wanted.items():
            if path not in self._shown_loras:
                made = LoraRow(described(path, self._choices), self._repaint, path)
                self._shown_loras[path] = made
                self._lora_rows.addWidget(made)
            self._shown_loras[path].weight.set_value(weight)

    # Following

    def refresh(self) -> None:
        """Show the settings and whether a repaint is under way."""
        settings, running = self._repaint.settings, self._repaint.running
        if self.prompt.value != settings.prompt:
            self.prompt.set_value(settings.prompt)
        if self.negative.text() != settings.negative:
            self.negative.set_value(settings.negative)
        self.strength.set_range(0.05, 1.0, settings.strength_stops)
        self.strength.set_value(settings.strength)
        done, total = settings.painted_steps
        self.strength_row.set_hint("{done} of {total} steps are painted", done=done, total=total)
        self.count.set_value(settings.count)
        self.seed.set_value(settings.seed)
        self.lock.setChecked(settings.seed_locked)
        self.sampling.refresh()
        self._follow_loras()
        self.start.setEnabled(not running)
        self.stop.setEnabled(running)
        if not running:
            self._stop_text.say("Stop")


class LoraRow(QWidget):
    """One LoRA: name, weight, and a cross that takes it away."""

    def __init__(self, choice: LoraChoice, repaint: Repaint, path: str) -> None:
        super().__init__()
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(30)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 0, 2, 0)
        line.setSpacing(metrics.GAP)
        # The epoch at the end is what tells checkpoints apart.
        self.name = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.weight = ValueSlider(-1.0, 2.0, 0.05, 2, field_width=44)
        self.weight.set_default(1.0)
        self.weight.setFixedWidth(122)
        self.weight.changed.connect(lambda value: repaint.set_weight(path, value))
        bind(self.weight.setAccessibleName, "LoRA weight")
        line.addWidget(IconLabel("layers-2", 14, "t3"))
        line.addWidget(self.name, 1)
        line.addWidget(self.weight)
        line.addWidget(
            tool_button("x", "Remove this LoRA", lambda: repaint.remove_lora(path), dense=True)
        )
        self._text = bind(self.name.setText, "{name}", name="")
        self.rename(choice)

    def rename(self, choice: LoraChoice) -> None:
        """Show the LoRA's name and epoch."""
        self._text.update(name=lambda: full_name(choice))


class SamplingRow(QWidget):
    """Sampler, steps and guidance in one line that unfolds."""

    def __init__(self, repaint: Repaint) -> None:
        super().__init__()
        self._repaint = repaint
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = button("", "chevron-right", "quiet", on=self.toggle)
        self.head.setProperty("align", "left")
        self._head_text = bind(self.head.setText, "{words}", words="")
        line = QHBoxLayout()
        # The button's own padding, so that its icon stands on the panel's edge.
        line.setContentsMargins(metrics.PAD - 10, 0, metrics.PAD, 0)
        line.addWidget(self.head)
        column.addLayout(line)
        self.fields = QWidget()
        self.fields.hide()
        column.addWidget(self.fields)
        self._build_fields()

    def _build_fields(self) -> None:
        column = QVBoxLayout(self.fields)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(0)
        change = self._repaint.change
        self.sampler = Choice(SAMPLERS)
        self.sampler.changed.connect(lambda value: change(sampler=str(value)))
        self.schedule = Choice(SCHEDULES)
        self.schedule.changed.connect(lambda value: change(schedule=str(value)))
        self.steps = NumberField(1, 150, 1, 0)
        self.steps.changed.connect(lambda value: change(steps=int(value)))
        self.guidance = NumberField(1, 30, 0.5, 1)
        self.guidance.changed.connect(lambda value: change(guidance=float(value)))
        for key, control in (
            ("Sampler", self.sampler),
            ("Schedule", self.schedule),
            ("Steps", self.steps),
            ("Guidance", self.guidance),
        ):
            column.addWidget(FieldRow(key, control))

    def toggle(self) -> None:
        """Fold or unfold the fields."""
        self.fields.setVisible(not self.fields.isVisibleTo(self))
        self.refresh()

    def refresh(self) -> None:
        """Follow the settings."""
        settings = self._repaint.settings
        opened = self.fields.isVisibleTo(self)
        self.head.set_icon("chevron-down" if opened else "chevron-right")
        self._head_text.update(
            words=lambda: tr(
                "{sampler} {schedule}, {steps} steps, {guidance}",
                sampler=dict(SAMPLERS)[settings.sampler],
                schedule=tr(dict(SCHEDULES)[settings.schedule]),
                steps=settings.steps,
                guidance=f"{settings.guidance:.1f}",
            )
        )
        self.sampler.set_value(settings.sampler)
        self.schedule.set_value(settings.schedule)
        self.steps.set_value(settings.steps)
        self.guidance.set_value(settings.guidance)


def full_name(choice: LoraChoice) -> str:
    """The name of a LoRA with its epoch."""
    if choice.epoch:
        return tr("{name}, epoch {epoch}", name=choice.name, epoch=choice.epoch)
    return choice.name
