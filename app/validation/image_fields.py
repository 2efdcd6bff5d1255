"""What all cells of a grid share: every setting of a picture that no axis varies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.i18n import bind, tr
from app.widgets.fields import FieldRow, TextField
from app.widgets.panel import Panel
from app.widgets.path_field import PathField
from app.widgets.schema_controls import Control, control_for, holds, read, write
from engine.runtime.refusals import RefusedError
from engine.runtime.schema import settings_of
from engine.sampling.request import ImageRequest
from engine.validation.axes import axis_settings

if TYPE_CHECKING:
    from app.validation.setup import GridSetup
    from engine.runtime.schema import Setting

LABEL = 84
# The base model stands at the head of the column, prompts have a section of their own.
_ELSEWHERE = ("model", "prompt")
_FILES = ("init_image", "mask")
_SIZE = ("width", "height")


class ImageFields(Panel):
    """A row for each setting; those that an axis varies are not shown."""

    def __init__(self, setup: GridSetup) -> None:
        super().__init__("Same in all cells")
        self._setup = setup
        axes = {item.name for item in axis_settings()} - {*_ELSEWHERE}
        self._settings = {
            item.name: item
            for item in settings_of(ImageRequest)
            if item.name in axes or item.name == "batch_size"
        }
        self.rows: dict[str, FieldRow] = {}
        self.controls: dict[str, Control] = {}
        self.trigger = TextField()
        self.trigger.changed.connect(setup.set_trigger)
        self.body.addWidget(FieldRow("Trigger word", self.trigger, label_width=LABEL))
        for item in self._settings.values():
            self._add(item)
        self.set_open(False)

    def _add(self, item: Setting) -> None:
        control = _control(item)
        row = FieldRow(item.label, control, label_width=LABEL)
        bind(row.label.setToolTip, item.help)
        bind(control.setToolTip, item.help)
        control.changed.connect(lambda _: self._edited(item.name))
        self.rows[item.name], self.controls[item.name] = row, control
        self.body.addWidget(row)

    def follow(self) -> None:
        """Show the settings of the draft."""
        if self.trigger.value.strip() != self._setup.trigger:
            self.trigger.set_value(self._setup.trigger)
        names = set(self._setup.axes.names())
        if "size" in names:
            names |= {*_SIZE}
        for name, control in self.controls.items():
            value = self._setup.shared[name]
            if read(self._settings[name], control) != ("" if value is None else value):
                write(control, "" if value is None else value)
            self.rows[name].setVisible(name not in names)
            when = self._settings[name].when
            usable = not when or when in names or holds(when, self._value)
            self.rows[name].setEnabled(usable)
        self._say_refusals()

    def _value(self, name: str) -> Any:
        return self._setup.shared[name]

    def _edited(self, name: str) -> None:
        value = read(self._settings[name], self.controls[name])
        self._setup.change_image(**{name: value or None if name in _FILES else value})

    def _say_refusals(self) -> None:
        error = self._setup.image_refusal
        said = {}
        if isinstance(error, RefusedError):
            said = {one.name or "mask": tr(one.sentence, **one.facts) for one in error.refusals}
        for name, row in self.rows.items():
            row.set_error(said.get(name, ""))


def _control(item: Setting) -> Control:
    if item.name in _FILES:
        return PathField("file")
    made = control_for(item)
    if isinstance(made, TextField):
        made.setPlaceholderText("")
    return made
