"""Names that are short and still tell things apart: what all begin with is left out."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

BASE = "base"


def short_names(checkpoints: Sequence[str]) -> list[str]:
    """Names of checkpoint files without what they all begin with; the base model's is "base"."""
    stems = [Path(path).stem for path in checkpoints if path]
    names = iter(without_common(stems))
    return [next(names) if path else BASE for path in checkpoints]


def without_common(names: Sequence[str]) -> list[str]:
    """``names`` without the whole words that they all begin with; one that is nothing else stays
    as it is.
    """
    common = _shared(names) if len(names) > 1 else 0
    while common and names[0][common - 1].isalnum():
        common -= 1
    return [name[common:] or name for name in names]


def _shared(names: Sequence[str]) -> int:
    """How many letters all begin with."""
    columns = zip(*names, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda letters: len(set(letters)) == 1, columns))
