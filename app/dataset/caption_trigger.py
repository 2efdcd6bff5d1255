"""The field of the trigger word, shown when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import FieldRow, TextField

if TYPE_CHECKING:
    from app.dataset.caption_work import CaptionWork
    from app.dataset.model import DatasetState


class TriggerRow(QWidget):
    """``put_asked`` carries the word that was and the one that is: to change the captions too."""

    put_asked = Signal(str, str)

    def __init__(self, state: DatasetState, work: CaptionWork) -> None:
        super().__init__()
        self.state, self.work = state, work
        self._before = ""
        self.field = TextField("A word no model knows, such as hvisl")
        self.put = button("Put it first in every caption…", kind="link", on=self._put)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(FieldRow("Trigger word", self.field, padded=False, label_width=88))
        column.addWidget(self.put, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()
        self.field.editingFinished.connect(self._save)
        state.session.project_changed.connect(self.hide)

    def open(self) -> None:
        """Show the field, or take it away when it has the cursor."""
        if self.isVisible():
            self.hide()
            return
        self._before = self._word()
        self.field.set_value(self._before)
        self.show()
        self.field.setFocus()

    def _word(self) -> str:
        project = self.state.session.project
        return project.file.trigger_word if project is not None else ""

    def _save(self) -> None:
        if self.field.text().strip() != self._word():
            self.work.set_trigger_word(self.field.text())

    def _put(self) -> None:
        self._save()
        old = self._before if self._before != self.field.text().strip() else ""
        self.put_asked.emit(old, self.field.text().strip())
