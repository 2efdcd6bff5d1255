"""``marks.json`` beside ``grid.json``: which cells a person starred, rejected or pinned.

Cells are named by their identifiers, so a mark belongs to the picture and not to its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from engine.runtime.errors import BadInputError
from engine.runtime.files import write_json
from engine.runtime.parsing import load_kept

FORMAT_VERSION = 1
NAME = "marks.json"
_LARGEST = 1 << 25  # bytes: every cell of the largest grid with every mark
KINDS = ("starred", "rejected", "pinned")
_OPPOSITES = {"starred": "rejected", "rejected": "starred"}


@dataclass(frozen=True)
class Marks:
    """Identifiers of cells by kind of mark, one of ``KINDS``, in the order they were marked."""

    starred: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()

    def has(self, kind: str, cell: str) -> bool:
        """Whether ``cell`` has a mark."""
        return cell in self.of(kind)

    def of(self, kind: str) -> tuple[str, ...]:
        """The cells with a mark."""
        cells: tuple[str, ...] = getattr(self, kind)
        return cells

    def marked(self, kind: str, cell: str, on: bool) -> Marks:
        """The same with a mark given or taken. What is starred is not rejected, and the reverse."""
        changed = self._with(kind, cell, on)
        if on and kind in _OPPOSITES:
            changed = changed._with(_OPPOSITES[kind], cell, False)
        return changed

    def _with(self, kind: str, cell: str, on: bool) -> Marks:
        others = tuple(one for one in self.of(kind) if one != cell)
        return replace(self, **{kind: (*others, cell) if on else others})


class _NewerError(BadInputError):
    """The file is whole, but of another application."""


def read_marks(folder: Path) -> Marks:
    """The marks of the grid in ``folder``; none where nothing was marked.

    Raises BadInputError for a file that is damaged or of a newer version.
    """
    path = Path(folder) / NAME
    try:
        record = load_kept(path, largest=_LARGEST)
        if record is None:
            return Marks()
        newer = record["format_version"] > FORMAT_VERSION
        kinds = () if newer else KINDS
        found = Marks(**{kind: tuple(map(str, record.get(kind, ()))) for kind in kinds})
    except (BadInputError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BadInputError(
            "{name} is damaged.", name=path, remedy="Mark the cells again; it is written anew."
        ) from error
    if newer:
        raise _NewerError(
            "{name} was written by a newer version of this application.",
            name=path,
            remedy="Update the application to open it.",
        )
    return found


def write_marks(folder: Path, marks: Marks) -> None:
    """Keep ``marks`` with the grid in ``folder``; StorageError when they cannot be written, and
    BadInputError where marks of a newer version would be lost.
    """
    try:
        read_marks(folder)
    except _NewerError:
        raise
    except BadInputError:
        pass  # of a damaged file nothing is left to lose
    record = {kind: list(marks.of(kind)) for kind in KINDS}
    write_json(Path(folder) / NAME, {"format_version": FORMAT_VERSION, **record})
