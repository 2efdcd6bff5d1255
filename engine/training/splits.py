"""Choosing pictures to hold out, so that none of them is learned from in any form."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from engine.dataset.samples import Sample

S = TypeVar("S", bound=Sample)


def split(samples: Sequence[S], share: float, seed: int) -> tuple[list[S], list[S]]:
    """(to learn from, held out): about ``share`` of all and of every folder, at least one picture
    on both sides. Nothing is held out where there is one picture, or only copies of it.

    Regularization pictures are never held out, and held-out ones come once. Copies of a picture,
    whatever their names or folders, stay on one side. The choice depends on file names, bytes and
    ``seed`` alone, not on order.
    """
    plain = [sample for sample in samples if not sample.is_reg]
    folders: dict[str, set[Path]] = {}
    for sample in plain:
        folders.setdefault(sample.source_dir, set()).add(sample.path)
    chosen: set[Path] = set()
    for name, count in _counts(folders, share).items():
        chosen |= _draw(folders[name], count, f"{seed} {Path(name).name}")
    paths = {sample.path for sample in plain}
    held_out = _with_copies(plain, chosen)
    if held_out == paths:  # the copies of those chosen were all that was left
        fewer = (_with_copies(plain, {path}) for path in sorted(chosen, key=lambda one: one.name))
        held_out = next((some for some in fewer if some != paths), set())
    held = {sample.path: replace(sample, repeats=1) for sample in plain if sample.path in held_out}
    return [s for s in samples if s.is_reg or s.path not in held_out], list(held.values())


def _counts(folders: Mapping[str, set[Path]], share: float) -> dict[str, int]:
    """How many pictures of every folder are held out: what ``share`` has of it in whole pictures,
    and one more where most of one is left, until ``share`` of all is reached.
    """
    parts = {name: len(paths) * share for name, paths in sorted(folders.items())}
    pictures = len(set().union(*folders.values()))
    total = min(pictures - 1, max(1, int(pictures * share + 0.5))) if share > 0 else 0
    counts = {name: int(part) for name, part in parts.items()}
    by_rest = sorted(parts, key=lambda name: (counts[name] - parts[name], -len(folders[name])))
    for name in by_rest[: max(0, total - sum(counts.values()))]:
        counts[name] += 1
    return counts


def _draw(members: set[Path], count: int, name: str) -> set[Path]:
    paths = sorted(members, key=lambda path: path.name)
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
