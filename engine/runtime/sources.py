"""Files that are read are never written over."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from engine.runtime.errors import BadInputError
from engine.runtime.files import exists, require_target


def keep_sources(out: Path, sources: Iterable[Path]) -> None:
    """Refuse to write ``out`` over a file that is read, or into a folder that is read as a whole.
    Raises BadInputError, and like :func:`require_target`.
    """
    if not out.name:
        raise BadInputError("The new file has no name.", remedy="Say where to write it.")
    require_target(out)
    for source in filter(exists, sources):
        if _is_same(out, source):
            raise BadInputError(
                "{name} would be written over itself.", name=out.name, remedy="Choose another name."
            )
        if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
            raise BadInputError(
                "{name} would be written into a folder that is read: {folder}.", name=out.name,
                folder=source, remedy="Choose another folder.",
            )  # fmt: skip


def keep_apart(*files: Path | None) -> None:
    """Refuse to write two of ``files`` to one place. Raises BadInputError."""
    places = [file.resolve() for file in files if file is not None]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise BadInputError(
                "Two files would be written to {path}.", path=place, remedy="Choose another name."
            )


def _is_same(one: Path, other: Path) -> bool:
    """Also by another name of it, as a link or other letters may be."""
    if exists(one):
        return os.path.samefile(one, other)
    return one.resolve() == other.resolve()
