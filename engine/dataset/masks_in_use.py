"""Which stored masks and pictures of fills anything can still ask for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from engine.dataset.history import PROJECT
from engine.dataset.masks import KEY
from engine.project.project import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.dataset.store import Store

_RECIPES = "SELECT recipe FROM pictures WHERE recipe != ''"
_STEPS = "SELECT before_after FROM edits WHERE field IN ('recipe', ?)"


def keys_in_use(store: Store) -> set[str]:
    """Every key that a recipe, a step of undo or redo, the project file or a line of the journal
    holds. Texts are searched, not understood: also what a newer version wrote keeps its masks.
    Raises StorageError.
    """
    return {key for text in _texts(store) for key in KEY.findall(text)}


def _texts(store: Store) -> Iterator[str]:
    for (text,) in store.tuples(_RECIPES):
        yield text
    for (text,) in store.tuples(_STEPS, (PROJECT,)):
        yield text
    for path in (store.journal.path, store.path.parent / FILE_NAME):
        with contextlib.suppress(FileNotFoundError):
            yield path.read_text(encoding="utf-8", errors="replace")
