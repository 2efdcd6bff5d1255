"""A row for each LoRA tag in the prompt: its name, a slider for its weight, and a cross."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr_error
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.fields import ValueSlider
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, set_tone
from engine.prompt.tags import tags_in, with_weight, without_tag

if TYPE_CHECKING:
    from app.canvas.repaint import Repaint
    from app.models.at_hand import LoraChoice
    from engine.prompt.syntax import LoraTag


class TagRow(QWidget):
    """One tag, by its number in the prompt."""

    def __init__(self, repaint: Repaint, number: int) -> None:
        super().__init__()
        self._repaint, self._number = repaint, number
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(30)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 0, 2, 0)
        line.setSpacing(metrics.GAP)
        self.name = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self._tip = bind(self.name.setToolTip, "A tag in the prompt")
        self.weight = ValueSlider(-1.0, 2.0, 0.05, 2, field_width=44)
        self.weight.set_default(1.0)
        self.weight.setFixedWidth(122)
        self.weight.changed.connect(self._weigh)
        bind(self.weight.setAccessibleName, "LoRA weight")
        self.remove = tool_button("x", "Remove this tag", self._remove, dense=True)
        line.addWidget(IconLabel("tag", 14, "t3"))
        line.addWidget(self.name, 1)
        line.addWidget(self.weight)
        line.addWidget(self.remove)

    def show_tag(self, tag: LoraTag, choice: LoraChoice | None) -> None:
        """Follow the prompt; a name that no file has, or one that does not fit, is told."""
        self.name.setText(Path(tag.name).name or "?")
        self.weight.set_value(tag.unet_weight)
        misfit = self._repaint.misfit(choice.path) if choice is not None else None
        sound = tag.valid and choice is not None and misfit is None
        set_tone(self.name, "body" if sound else "error")
        if not tag.valid:
            self._tip.say("This tag has no name or no number: write it as <lora:name:0.8>.")
        elif choice is None:
            self._tip.say("There is no LoRA called {name}.", name=tag.name)
        elif misfit is not None:
            self._tip.say("{problem}", problem=lambda: tr_error(misfit))
        else:
            self._tip.say("A tag in the prompt")

    def _weigh(self, weight: float) -> None:
        prompt = self._repaint.settings.prompt
        self._repaint.change(prompt=with_weight(prompt, self._number, weight))

    def _remove(self) -> None:
        prompt = self._repaint.settings.prompt
        self._repaint.change(prompt=without_tag(prompt, self._number))


class TagRows(QWidget):
    """As many rows as the prompt has tags; they stay the same widgets while one is dragged."""

    def __init__(self, repaint: Repaint) -> None:
        super().__init__()
        self._repaint = repaint
        self.rows: list[TagRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(metrics.PAD, 2, metrics.PAD, 0)
        self._column.setSpacing(4)

    def refresh(self) -> None:
        """Follow prompt and models."""
        tags = tags_in(self._repaint.settings.prompt)
        while len(self.rows) > len(tags):
            self.rows.pop().deleteLater()
        while len(self.rows) < len(tags):
            self.rows.append(TagRow(self._repaint, len(self.rows)))
            self._column.addWidget(self.rows[-1])
        for row, tag in zip(self.rows, tags, strict=True):
            row.show_tag(tag, self._choice(tag.name))
        self.setVisible(bool(tags))

    def _choice(self, name: str) -> LoraChoice | None:
        """The LoRA at hand that a tag names."""
        for choice in self._repaint.models.loras:
            path = Path(choice.path)
            if name in (choice.path, path.stem, path.name):
                return choice
        return None
