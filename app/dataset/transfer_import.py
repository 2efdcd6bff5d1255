"""The sheet that takes over a dataset of another tool, and the report of what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.dataset.transfer_drop import DATASETS
from app.i18n import bind, tr
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.fields import FieldRow, Segments, TextField
from app.widgets.panel import padded
from app.widgets.text import label
from engine.dataset.requests import ImportDatasetRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.project.project import Project

CAPTIONS = (("keep", "Keep"), ("replace", "Replace"), ("append", "Append"))
_HINTS = {
    "keep": "Captions that are there stay; only missing ones are written.",
    "replace": "Imported captions take the place of those that are there.",
    "append": "Imported captions are put after those that are there.",
}


class ImportSheet(QDialog):
    """``chosen`` carries the request."""

    chosen = Signal(object)

    def __init__(self, project: Project, source: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.project = project
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "Import a dataset")
        self.source = TextField(text="" if source is None else str(source))
        self.captions = Segments(list(CAPTIONS), fill=True)
        self.captions.set_value("keep")
        self.go = button("Import", "file-input", "primary", on=self._go)
        self._build()
        self.source.changed.connect(lambda _: self._follow())
        self.captions.changed.connect(lambda _: self._follow())
        self._follow()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(4, metrics.PAD, 4, metrics.PAD)
        column.setSpacing(metrics.GAP_FIELDS)
        column.addWidget(padded(label("Import a dataset", size=15, weight=600), bottom=metrics.PAD))
        self.source_row = FieldRow(
            "Dataset",
            self.source,
            "Kohya folders, an imagefolder, or a TOML, JSON, JSONL, CSV or zip file.",
        )
        column.addWidget(self.source_row)
        choose = QHBoxLayout()
        choose.setContentsMargins(metrics.PAD + metrics.LABEL + metrics.GAP, 0, metrics.PAD, 4)
        choose.setSpacing(metrics.GAP)
        choose.addWidget(button("Choose a folder", "folder-open", on=self._choose_folder))
        choose.addWidget(button("Choose a file", "file", on=self._choose_file))
        choose.addStretch(1)
        column.addLayout(choose)
        self.captions_row = FieldRow("Captions", self.captions, _HINTS["keep"])
        column.addWidget(self.captions_row)
        column.addStretch(1)
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.setSpacing(metrics.GAP)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.go.setDefault(True)
        foot.addWidget(self.go)
        column.addLayout(foot)
        self.setMinimumWidth(500)

    def _follow(self) -> None:
        path = self.source.value.strip()
        self.go.setEnabled(bool(path) and Path(path).exists())
        self.source_row.set_error("" if not path or Path(path).exists() else tr("Nothing is there"))
        self.captions_row.set_hint(_HINTS[str(self.captions.value)])

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, tr("Choose a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._opened(dialog)

    def _choose_file(self) -> None:
        pattern = " ".join(f"*{suffix}" for suffix in DATASETS)
        dialog = QFileDialog(self, tr("Choose a file"), "", f"({pattern})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._opened(dialog)

    def _opened(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        self.source.set_value(path)
        self._follow()

    def _go(self) -> None:
        source = Path(self.source.value.strip())
        place = self.project.root
        if source.suffix.lower() == ".zip" and not source.is_dir():
            place = _free(self.project.root.parent / source.stem)
        request = ImportDatasetRequest(
            project=str(place), source=str(source), captions=str(self.captions.value)
        )
        self.chosen.emit(request)
        self.accept()


class ImportReport(QDialog):
    """What came in, and every sentence about what could not be used."""

    def __init__(
        self, title: str, facts: Sequence[str], left: Sequence[str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        bind(self.setWindowTitle, title)
        self.facts = label(wrap=True)
        self.facts.setText(" · ".join(facts))
        self.facts.setVisible(bool(facts))
        self.title = label(weight=600)
        self.title.setText(tr("{n} thing was left out", "{n} things were left out", n=len(left)))
        self.lines = QPlainTextEdit("\n".join(left))
        self.lines.setReadOnly(True)
        self.lines.setFixedHeight(min(240, 20 + 48 * len(left)))  # three lines for a sentence
        self.title.setVisible(bool(left))
        self.lines.setVisible(bool(left))
        bind(self.lines.setAccessibleName, "Left out")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(metrics.GAP)
        for widget in (self.facts, self.title, self.lines):
            column.addWidget(widget)
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.close_button = button("Close", kind="primary", on=self.accept)
        foot.addWidget(self.close_button)
        column.addLayout(foot)
        self.setMinimumWidth(480)


def _free(root: Path) -> Path:
    """``root``, or with the first number that no folder has."""
    place, number = root, 2
    while place.exists():
        place, number = root.with_name(f"{root.name} {number}"), number + 1
    return place
