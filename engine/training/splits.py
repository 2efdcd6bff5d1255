"""Choosing pictures to hold out, so that none of them is learned from in any form."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from engine.dataset.samples import Sample

S = TypeVar("S", bound=Sample)


def split(samples: Sequence[S], share: float, seed: int) -> tuple[list[S], list[S]]:
    """(to learn from, held out): about ``share`` of every folder, at least one picture in all.

    Regularization pictures are never held out, and held-out ones come once. Copies of a picture,
    whatever their names or folders, stay on one side. The choice depends on file names, bytes and
    ``seed`` alone, not on order.
    """
    plain = [sample for sample in samples if not sample.is_reg]
    folders: dict[str, list[S]] = {}
    for sample in plain:
        folders.setdefault(sample.source_dir, []).append(sample)
    chosen: set[Path] = set()
    for name, members in sorted(folders.items()):
        chosen |= _draw(members, int(len(members) * share + 0.5), f"{seed} {Path(name).name}")
    if not chosen and len(plain) > 1 and share > 0:
        chosen = _draw(max(folders.values(), key=len), 1, f"{seed}")
    chosen = _with_copies(plain, chosen)
    if len(chosen) == len({sample.path for sample in plain}):
        return list(samples), []
    held = {sample.path: replace(sample, repeats=1) for sample in plain if sample.path in chosen}
    return [s for s in samples if s.is_reg or s.path not in chosen], list(held.values())


def _draw(members: Sequence[S], count: int, name: str) -> set[Path]:
    paths = sorted({member.path for member in members}, key=lambda path: path.name)
    random.Random(f"held out {name}").shuffle(paths)
    return set(paths[:count])


def _with_copies(samples: Sequence[S], chosen: set[Path]) -> set[Path]:
    """``chosen`` and every file with the same bytes as one of them."""
    sizes: dict[int, set[Path]] = {}
    for sample in samples:
        sizes.setdefault(_size(sample.path), set()).add(sample.path)
    found = set(chosen)
    for alike in sizes.values():
        if alike & chosen and alike - chosen:
            wanted = {_digest(path) for path in alike & chosen}
            found |= {path for path in alike if _digest(path) in wanted}
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1  # gone meanwhile: whoever decodes it says so


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return str(path)
