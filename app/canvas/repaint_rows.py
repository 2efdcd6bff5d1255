"""The rows of the Repaint panel that have parts of their own: a LoRA, and the sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr, tr_error
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Choice, FieldRow, NumberField, ValueSlider
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, set_tone

if TYPE_CHECKING:
    from app.canvas.repaint import Repaint
    from app.models.at_hand import LoraChoice
    from engine.runtime.errors import StylekilnError

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
EMPHASIS = (
    ("a1111", "As A1111"),
    ("no_norm", "As A1111, no norm"),
    ("comfy", "As ComfyUI"),
)


class LoraRow(QWidget):
    """One LoRA: name, weight, and a cross that takes it away."""

    def __init__(self, repaint: Repaint, path: str) -> None:
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

    def describe(self, choice: LoraChoice, misfit: StylekilnError | None) -> None:
        """Show the LoRA's name and epoch; one that the model cannot use is marked."""
        self._text.update(name=lambda: full_name(choice))
        set_tone(self.name, "error" if misfit is not None else "")
        self.setToolTip(tr_error(misfit) if misfit is not None else "")


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
        self.emphasis = Choice(EMPHASIS)
        self.emphasis.changed.connect(lambda value: change(emphasis=str(value)))
        for key, control in (
            ("Sampler", self.sampler),
            ("Schedule", self.schedule),
            ("Steps", self.steps),
            ("Guidance", self.guidance),
            ("Brackets", self.emphasis),
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
        self.emphasis.set_value(settings.emphasis)


def full_name(choice: LoraChoice) -> str:
    """The name of a LoRA with its epoch."""
    if choice.epoch:
        return tr("{name}, epoch {epoch}", name=choice.name, epoch=choice.epoch)
    return choice.name


def offered_name(choice: LoraChoice) -> str:
    """The same in a list to choose from, where the team's verdict counts."""
    if choice.approval is None:
        return full_name(choice)
    weight = f"{choice.weight:g}"
    return tr("{name}, approved at weight {weight}", name=full_name(choice), weight=weight)
