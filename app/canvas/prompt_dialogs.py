"""The dialog that names a style. It opens without blocking and answers by signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import FieldRow, TextField
from app.widgets.panel import padded
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Collection

LONGEST = 200


class NameStyleDialog(QDialog):
    """``chosen`` carries the name; one of ``taken`` says that it replaces that style."""

    chosen = Signal(str)

    def __init__(self, title: str, name: str, taken: Collection[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, title)
        self._taken = taken
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 16, 4, 16)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(padded(label(title, size=15, weight=600), bottom=8))
        self.name = TextField()
        self.name.setMaxLength(LONGEST)
        self.name.set_value(name)
        self.name.selectAll()
        self.name.textChanged.connect(lambda _: self._allow())
        bind(self.name.setAccessibleName, "Name")
        self.row = FieldRow("Name", self.name, " ")
        column.addWidget(self.row)
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.save = button("Save", "check", "primary", on=self._save)
        self.save.setDefault(True)
        foot.addWidget(self.save)
        column.addLayout(foot)
        self.setMinimumWidth(360)
        self._allow()

    @property
    def _name(self) -> str:
        return self.name.text().strip()

    def _allow(self) -> None:
        self.save.setEnabled(bool(self._name))
        self.row.set_hint("Replaces the style of this name." if self._name in self._taken else " ")

    def _save(self) -> None:
        self.chosen.emit(self._name)
        self.accept()
