"""A form made from a schema: every setting once, with its label, hint, range and condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.fields import FieldRow
from app.widgets.panel import Panel
from app.widgets.schema_controls import Control, control_for, holds, read, write
from engine.runtime.schema import Level, Setting, settings_of


class SchemaForm(QWidget):
    """Field rows for the settings of ``model`` up to ``level``, in panels by group when advanced.

    ``controls`` takes the place of the usual control of a setting, such as a chooser of models.
    ``values()`` gives what differs from nothing: every shown setting by name, in the types of the
    schema. ``changed`` carries the name of the setting that was edited.
    """

    changed = Signal(str)

    def __init__(
        self,
        model: type[BaseModel],
        level: Level = "simple",
        groups: Sequence[str] | None = None,
        *,
        skip: Sequence[str] = (),
        controls: Mapping[str, Control] | None = None,
    ) -> None:
        super().__init__()
        self._settings = {
            item.name: item
            for item in settings_of(model)
            if _is_shown(item, level, groups) and item.name not in skip
        }
        self._given = controls or {}
        self.rows: dict[str, FieldRow] = {}
        self.controls: dict[str, Control] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._panels: dict[str, Panel] = {}
        for item in self._settings.values():
            self._add(item, grouped=level != "simple")
        self._apply_conditions()

    def values(self) -> dict[str, Any]:
        """The value of every setting shown."""
        return {name: self._value(name) for name in self.controls}

    def set_values(self, values: dict[str, Any]) -> None:
        """Show ``values``; names that the form does not have are ignored."""
        for name, value in values.items():
            if name in self.controls:
                self._set(name, value)
        self._apply_conditions()

    def set_error(self, name: str, text: str) -> None:
        """Show ``text`` under the field ``name``; an empty text takes it away."""
        if name in self.rows:
            self.rows[name].set_error(text)

    def clear_errors(self) -> None:
        """Take every error away."""
        for row in self.rows.values():
            row.set_error("")

    def _add(self, item: Setting, grouped: bool) -> None:
        control = self._given[item.name] if item.name in self._given else control_for(item)
        row = FieldRow(item.label, control, item.help)
        if item.kohya:
            row.label.setToolTip(item.kohya)
        self.rows[item.name], self.controls[item.name] = row, control
        self._set(item.name, item.default)
        control.changed.connect(lambda _value, name=item.name: self._edited(name))
        if grouped and item.group:
            self._panel(item.group).body.addWidget(row)
        else:
            self._layout.addWidget(row)

    def _panel(self, group: str) -> Panel:
        if group not in self._panels:
            panel = self._panels[group] = Panel(group)
            self._layout.addWidget(panel)
        return self._panels[group]

    def _edited(self, name: str) -> None:
        self.rows[name].set_error("")
        self._apply_conditions()
        self.changed.emit(name)

    def _apply_conditions(self) -> None:
        for name, item in self._settings.items():
            if item.when and item.when.partition("=")[0] in self.controls:
                self.rows[name].setEnabled(holds(item.when, self._value))

    def _value(self, name: str) -> Any:
        return read(self._settings[name], self.controls[name])

    def _set(self, name: str, value: Any) -> None:
        write(self.controls[name], value)


def _is_shown(item: Setting, level: Level, groups: Sequence[str] | None) -> bool:
    levels = ("simple",) if level == "simple" else ("simple", "advanced")
    return item.level in levels and (groups is None or item.group in groups)
