"""Canvas files: the document, and beside it what was not saved and not decided on.

No Qt here and no open document: all of it may run on a file worker.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.canvas import shelf, storage
from engine.canvas.document import Document, from_picture
from engine.canvas.incoming import FOREIGN_SUFFIXES, load_foreign
from engine.imaging.decode import load_rgba
from engine.runtime.errors import BadInputError, PictureError
from engine.runtime.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.canvas.notes import Note

SAFETY_SUFFIX = ".unsaved"


def safety_copy(path: Path) -> Path:
    """The file beside ``path`` that holds changes which were not saved."""
    return path.with_name(f".{path.name}{SAFETY_SUFFIX}")


class Aside(NamedTuple):
    """A safety copy that was not taken: what to tell, and where it is kept."""

    key: str
    path: Path


class Opened(NamedTuple):
    """A document, whether it is unsaved, when its file was written, and what was not taken.

    ``candidates`` are those that were not decided on; ``notes`` tell what another program's
    document had that this one has not.
    """

    document: Document
    recovered: bool
    saved: float
    aside: Aside | None = None
    candidates: Sequence[shelf.Kept] = ()
    notes: Sequence[Note] = ()


def read(path: Path) -> Opened:
    """A canvas file with what was not saved and not decided on, another program's, or a picture."""
    opened = _read(path)
    try:
        return opened._replace(candidates=shelf.load(path))
    except PictureError:
        damaged = shelf.shelf_of(path)
        kept = damaged.replace(damaged.with_name(f"{damaged.name}.broken"))
        aside = Aside("The candidates of {name} are damaged and were kept as {file}.", kept)
        return opened._replace(aside=opened.aside or aside)


def _read(path: Path) -> Opened:
    """A canvas file with the changes that were not saved, or a picture.

    A safety copy that is damaged, or older than the file (the process ended between saving and
    removing it), is kept under another name and the file is opened.
    """
    if path.suffix.lower() in FOREIGN_SUFFIXES:
        document, notes = load_foreign(path)
        return Opened(document, True, 0.0, notes=notes)
    if path.suffix.lower() != storage.SUFFIX:
        return Opened(from_picture(load_rgba(path), path.stem, path.name), True, 0.0)
    written = path.stat().st_mtime if path.is_file() else 0.0
    copy = safety_copy(path)
    if not copy.is_file():
        return Opened(storage.load(path), False, written)
    saved = storage.saved_at(copy)
    if path.is_file() and 0 < saved <= storage.saved_at(path):
        kept = free_name(path.parent, f"{path.stem}-earlier")
        copy.replace(kept)
        aside = Aside("Changes of {name} that are older than its file were kept as {file}.", kept)
        return Opened(storage.load(path), False, written, aside)
    try:
        return Opened(storage.load(copy), True, written)
    except PictureError:
        if saved or not path.is_file():  # sound, but too large or too new; or all there is
            raise
        kept = copy.replace(path.with_name(f"{path.name}{SAFETY_SUFFIX}.broken"))
        aside = Aside("The unsaved changes of {name} are damaged and were kept as {file}.", kept)
        return Opened(storage.load(path), False, written, aside)


def canvases(folder: Path) -> list[tuple[Path, float]]:
    """The canvas files in ``folder``, saved or not, with when each was worked on; newest first."""
    if not folder.is_dir():
        return []
    times: dict[Path, float] = {}
    for found in folder.iterdir():
        if found.name.endswith(SAFETY_SUFFIX):
            path = folder / found.name[1 : -len(SAFETY_SUFFIX)]
        elif found.suffix == storage.SUFFIX:
            path = found
        else:
            continue
        times[path] = max(times.get(path, 0.0), found.stat().st_mtime)
    return sorted(times.items(), key=lambda item: -item[1])


def move(path: Path, target: Path) -> None:
    """Rename a canvas file with what lies beside it; BadInputError where the name is taken."""
    if target.exists() or safety_copy(target).exists():
        raise BadInputError(
            "There is a canvas called {name} already.",
            name=target.stem,
            remedy="Choose another name.",
        )
    pairs = (
        (path, target),
        (safety_copy(path), safety_copy(target)),
        (shelf.shelf_of(path), shelf.shelf_of(target)),
    )
    with storage_errors(target):
        for before, after in pairs:
            if before.exists():
                before.rename(after)


def latest(folder: Path) -> Path | None:
    """The canvas file in ``folder`` that was worked on last, saved or not."""
    found = canvases(folder)
    return found[0][0] if found else None


def free_name(folder: Path, stem: str) -> Path:
    """A canvas file in ``folder`` that does not exist yet, saved or not."""
    number, path = 1, folder / f"{stem}{storage.SUFFIX}"
    while path.exists() or safety_copy(path).exists():
        number += 1
        path = folder / f"{stem}-{number}{storage.SUFFIX}"
    return path


def remove(path: Path) -> None:
    """Delete a safety copy that is no longer needed."""
    path.unlink(missing_ok=True)
