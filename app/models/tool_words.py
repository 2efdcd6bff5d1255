"""The rows in which a LoRA file is told what to say of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.i18n import tr
from app.models.tool_subjects import Subject
from app.models.words import NOTE, TRIGGER, note_of
from app.widgets.fields import Check, FieldRow, TextField
from engine.models.inspect import ModelInfo
from engine.models.tools.requests import EditRequest


class WordsSubject(Subject):
    """What a LoRA file says of itself, and whether a copy says it or the file itself."""

    FIELDS = (
        (TRIGGER, "Trigger word"),
        (NOTE, "Note"),
        ("modelspec.title", "Title"),
        ("modelspec.author", "Author"),
        ("modelspec.license", "License"),
    )

    def __init__(self, info: ModelInfo) -> None:
        super().__init__()
        self._info = info
        self.fields: dict[str, TextField] = {}
        for key, title in self.FIELDS:
            field = self.fields[key] = TextField(text=self._said(key))
            field.setCursorPosition(0)
            field.changed.connect(lambda _: self.changed.emit())
            self.add_row(key, FieldRow(title, field))
        self.in_place = Check("Change the file itself")
        self.in_place.changed.connect(lambda _: self.changed.emit())
        hint = "Without the tick a copy is written. The weights stay as they are."
        self.add_row("in_place", FieldRow("", self.in_place, hint))

    @property
    def path(self) -> Path:
        """The file."""
        return self._info.path

    def _said(self, key: str) -> str:
        return note_of(self._info) if key == NOTE else self._info.metadata.get(key, "")

    def values(self) -> dict[str, Any]:
        changed = self._changed()
        return {
            "file": str(self._info.path),
            "put": tuple((key, text) for key, text in changed.items() if text),
            "drop": tuple(key for key, text in changed.items() if not text),
            "in_place": self.in_place.value,
        }

    def missing(self) -> dict[str, str]:
        return {} if self._changed() else {NOTE: tr("Nothing is changed yet.")}

    def _changed(self) -> dict[str, str]:
        words = {key: field.value.strip() for key, field in self.fields.items()}
        return {key: text for key, text in words.items() if text != self._said(key)}

    def stem(self) -> str:
        return self._info.path.stem


def taken_back(info: ModelInfo) -> EditRequest:
    """The request that makes a changed file say what ``info`` tells of it now."""
    keys = [key for key, _ in WordsSubject.FIELDS]
    return EditRequest(
        file=str(info.path),
        put=tuple((key, info.metadata[key]) for key in keys if key in info.metadata),
        drop=tuple(key for key in keys if key not in info.metadata),
        in_place=True,
    )
