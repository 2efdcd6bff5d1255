"""The sheet that exports a grid: format, cells, their size and the place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, language, tr, tr_error
from app.theme import metrics
from app.validation.export_choice import Part, parts_of
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Choice, FieldRow, row
from app.widgets.file_dialogs import ask_save
from app.widgets.form import SchemaForm
from app.widgets.panel import padded
from app.widgets.path_field import PlaceField
from app.widgets.text import label
from engine.runtime.errors import BadInputError
from engine.runtime.schema import validated
from engine.validation.export.request import ExportGridRequest

if TYPE_CHECKING:
    from app.validation.model import GridState
    from engine.validation.evidence import Evidence

FORMATS = (
    ("png", "One picture (PNG)"),
    ("pdf", "Contact sheet (PDF)"),
    ("html", "Page for a browser (HTML)"),
    ("csv", "Table of metrics (CSV)"),
    ("psd", "Layers for Photoshop (PSD)"),
)
SIZES = ((128, "Small, 128 px"), (256, "Medium, 256 px"), (512, "Large, 512 px"), (0, "As drawn"))
_NOTES = {
    "png": "The grid with the names of its rows and columns.",
    "pdf": "Pages to print, with the names on each. Text stays text.",
    "html": "One file that opens anywhere, offline. Point at a cell for its recipe.",
    "csv": "A line a cell, and a second file a line for each checkpoint and weight.",
    "psd": "A layer a cell in its place, a group a row.",
}


class ExportSheet(QDialog):
    """``chosen`` carries the request; ``folder`` is where exports usually go."""

    chosen = Signal(object)

    def __init__(
        self, folder: Path, state: GridState, evidence: Evidence | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        assert state.request is not None
        self._state, self._evidence = state, evidence
        self._grid = Path(state.request.folder)
        self._agreed = ""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "Export grid")
        self._parts: dict[str, Part] = {part.name: part for part in parts_of(state)}
        self.format, self.side = Choice(FORMATS), Choice(SIZES)
        self.paper = Choice([("A4", "A4"), ("A3", "A3")], plain=True)
        self.cells = Choice(plain=True)
        self.cells.set_options([(part.name, part.words) for part in self._parts.values()])
        self.place = PlaceField()
        self.form = SchemaForm(
            ExportGridRequest,
            controls={"format": self.format, "cell": self.side, "paper": self.paper},
        )
        self.problem = label(size=11, tone="error", wrap=True)
        self.go = button("Export", "share", "primary", on=self._go)
        self._go_text = bind(self.go.setText, "Export")
        self.form.rows["cell"].set_hint("The longer side of each picture.")
        self._build()
        self.form.changed.connect(self._follow)
        self.place.changed.connect(lambda _: self._withdraw())
        self.place.set_value(str(folder / f"{self._grid.name}.png"))
        self._follow("format")

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(4, metrics.PAD, 4, metrics.PAD)
        column.setSpacing(0)
        column.addWidget(padded(label("Export grid", size=15, weight=600), bottom=metrics.PAD))
        column.addWidget(self.form)
        column.addWidget(FieldRow("Cells", self.cells))
        bind(self.cells.setAccessibleName, "Cells")
        choose = tool_button("folder-open", "Choose", self._choose)
        column.addWidget(FieldRow("Destination", row(self.place, choose)))
        bind(self.place.setAccessibleName, "Destination")
        words = QVBoxLayout()
        words.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, 0)
        words.addWidget(self.problem)
        column.addLayout(words)
        self.problem.hide()
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

    def _follow(self, name: str) -> None:
        kind = str(self.format.value)
        self.form.rows["format"].set_hint(_NOTES[kind])
        self.form.rows["paper"].setVisible(kind == "pdf")
        self.form.rows["cell"].setVisible(kind != "csv")
        if name == "format":
            self.place.set_value(str(Path(self.place.value).with_suffix(f".{kind}")))
        self._withdraw()

    def _withdraw(self) -> None:
        """Other values: what was said about the last ones does not hold."""
        self._agreed = ""
        self.problem.hide()
        self._go_text.say("Export")
        self.adjustSize()

    def _choose(self) -> None:
        kind = str(self.format.value)
        pattern = f"{kind.upper()} (*.{kind})"
        ask_save(self, "Export grid", self.place.value, pattern, kind, self._chosen)

    def _chosen(self, path: str) -> None:
        self.place.set_value(path)
        self._withdraw()
        self._agreed = path  # the system's dialog has asked

    def _say(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.show()
        self.adjustSize()

    def _go(self) -> None:
        path = self.place.value.strip()
        values = {
            **self.form.values(),
            "grid": str(self._grid),
            "path": path,
            "cells": self._parts[str(self.cells.value)].identifiers,
            "names": {item.path: item.title for item in self._state.checkpoints.values()},
            "language": language(),
            "evidence": self._evidence,
        }
        try:
            request = validated(ExportGridRequest, values)
        except BadInputError as error:
            self._say(tr_error(error))
            return
        self.chosen.emit(request)

    def is_agreed(self, path: str) -> bool:
        """Whether the user knows that the file is there and will be written over."""
        return self._agreed == path

    def ask_again(self, path: str) -> None:
        """The file is there: a second click writes over it."""
        self._agreed = path
        self._say(tr("{name} is there already.", name=Path(path).name))
        self._go_text.say("Write over it")
