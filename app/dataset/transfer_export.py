"""The sheet that exports: format, place, masks; made from the schema of the request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, tr, tr_error
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Choice, FieldRow, row
from app.widgets.form import SchemaForm
from app.widgets.panel import padded
from app.widgets.path_field import PlaceField
from app.widgets.text import label
from engine.dataset.requests import ExportRequest
from engine.runtime.errors import BadInputError
from engine.runtime.schema import validated

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from engine.project.project import Project

FORMATS = (
    ("kohya", "Kohya folders"),
    ("kohya-toml", "Kohya folders with a dataset TOML"),
    ("metadata-json", "Kohya metadata JSON"),
    ("jsonl", "JSON lines"),
    ("imagefolder", "Hugging Face imagefolder"),
    ("zip", "Zip for a colleague"),
)
MASKS = (
    ("beside", "As files beside the pictures"),
    ("alpha", "As alpha channel"),
    ("none", "Not at all"),
)
_NOTES = {
    "kohya": "Pictures with caption files, in folders named by how often an epoch repeats them.",
    "kohya-toml": "The same folders; the TOML names them, their repeats and the resolution.",
    "metadata-json": "One file with captions and tags, for kohya's fine-tuning.",
    "jsonl": "One line a picture.",
    "imagefolder": "Opens with load_dataset of Hugging Face datasets.",
    "zip": "Opens as a project on another computer, with marks, edits and captions.",
}
_MASK_NOTES = {
    "beside": "Pictures named -masklabel, for other trainers: kohya's scripts read masks from the "
    "alpha channel.",
    "alpha": "Transparent is what training leaves out: kohya's scripts read masks from there.",
    "none": "Training learns the whole pictures.",
}
_FOR_KOHYA = {"kohya", "kohya-toml", "metadata-json"}


class ExportSheet(QDialog):
    """``chosen`` carries the request."""

    chosen = Signal(object)

    def __init__(self, project: Project, state: DatasetState, parent: QWidget) -> None:
        super().__init__(parent)
        self.project = project
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "Export pictures")
        self.format = Choice(FORMATS)
        self.masks = Choice(MASKS)
        self.place = PlaceField()
        self.form = SchemaForm(
            ExportRequest,
            "advanced",
            skip=("project", "destination"),
            controls={"format": self.format, "masks": self.masks},
        )
        self.problem = label(size=11, tone="error", wrap=True)
        self._pictures = list(state.pictures.values())
        self.go = button("", "folder-output", "primary", on=self._go)
        self._go_text = bind(self.go.setText, "Export {n} picture", "Export {n} pictures", n=0)
        self._touched = self._masks_touched = False
        self._build()
        self.form.set_values({"trigger_word": project.file.trigger_word})
        self.form.changed.connect(self._follow)
        self.place.changed.connect(self._typed)
        self._follow("format")

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(4, metrics.PAD, 4, metrics.PAD)
        column.setSpacing(0)
        column.addWidget(padded(label("Export pictures", size=15, weight=600), bottom=metrics.PAD))
        column.addWidget(self.form)
        choose = tool_button("folder-open", "Choose", self._choose)
        self.place_row = FieldRow("Destination", row(self.place, choose))
        bind(self.place.setAccessibleName, "Destination")
        column.addWidget(self.place_row)
        words = QVBoxLayout()
        words.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, 0)
        words.addWidget(self.problem)
        column.addLayout(words)
        self.problem.hide()
        column.addStretch(1)  # takes what is left, so that labels stay beside their fields
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.setSpacing(metrics.GAP)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.go.setDefault(True)
        foot.addWidget(self.go)
        column.addLayout(foot)
        self.setMinimumWidth(500)

    def _typed(self, _: str) -> None:
        self._touched = True
        self.problem.hide()

    def _follow(self, name: str) -> None:
        self.problem.hide()
        is_zip = self.format.value == "zip"
        self.form.rows["originals"].setVisible(is_zip)
        self.form.rows["trigger_word"].setVisible(not is_zip)
        self._masks_touched = self._masks_touched or name == "masks"
        if not self._masks_touched:
            self.masks.set_value("alpha" if self.format.value in _FOR_KOHYA else "beside")
        self.form.rows["format"].set_hint(_NOTES[str(self.format.value)])
        self.form.rows["masks"].set_hint(_MASK_NOTES[str(self.masks.value)])
        self._count()
        if name == "format" and not self._touched:
            self.place.set_value(str(self._usual()))
        self.adjustSize()

    def _count(self) -> None:
        """Say how many pictures this format takes: all in a zip, regularization ones in some."""
        from engine.dataset.export import count_of

        count = count_of(self._pictures, str(self.format.value))
        self._go_text.update(n=count)
        self.go.setEnabled(count > 0)

    def _usual(self) -> str:
        exports, kind = self.project.exports, str(self.format.value)
        if kind == "zip":
            return str(exports / f"{self.project.file.name}.zip")
        return str(exports / ("training" if kind == "kohya" else kind))

    def _choose(self) -> None:
        dialog = QFileDialog(self, tr("Destination"), os.path.dirname(self.place.value))
        if self.format.value == "zip":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix("zip")
        else:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        self.place.set_value(path)
        self._touched = True

    def _go(self) -> None:
        values: dict[str, Any] = {
            **self.form.values(),
            "project": str(self.project.root),
            "destination": self.place.value.strip(),
        }
        # As its hint says: an empty field is the project's own.
        values["trigger_word"] = str(values["trigger_word"] or "").strip() or None
        try:
            request = validated(ExportRequest, values)
        except BadInputError as error:
            self.problem.setText(tr_error(error))
            self.problem.show()
            return
        self.chosen.emit(request)
        self.accept()
