"""What an engine notes of a file, in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import joined, tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.canvas.notes import Note


def in_words(notes: Iterable[Note]) -> str:
    """All ``notes`` as sentences one after the other."""
    return joined(tr(note.key, **_values(note)) for note in notes)


def _values(note: Note) -> dict[str, str]:
    values = note.values
    return {**values, "kind": tr(values["kind"])} if "kind" in values else values
