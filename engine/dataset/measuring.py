"""Decoding every new picture once, for what only its pixels tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.paths import from_text
from engine.dataset.picture import Changes
from engine.dataset.problem import Problem
from engine.dataset.waiting import told_by
from engine.imaging.decode import load_rgba
from engine.imaging.quality import measure as measure_pixels
from engine.runtime.errors import MissingFileError, PictureError

if TYPE_CHECKING:
    from engine.dataset.scan import OnChunk
    from engine.dataset.store import Store
    from engine.runtime.job import Job

_CHUNK = 8
_TODO = "SELECT id FROM pictures WHERE present AND NOT measured ORDER BY folder, sort_key"
_FILE = "SELECT path, mtime FROM pictures WHERE id = ?"


def measure(store: Store, job: Job | None = None, on_chunk: OnChunk | None = None) -> Changes:
    """Decode and measure what is not measured yet; see :meth:`Library.measure`."""
    store.on_wait = told_by(job, store.path)
    todo = [key for (key,) in store.tuples(_TODO)]
    done: list[int] = []
    for start in range(0, len(todo), _CHUNK):
        found = []
        for number, key in enumerate(todo[start : start + _CHUNK], start):
            if job is not None:
                job.breathe()
                job.progress(number, len(todo), "Measuring pictures")
            for path, mtime in store.tuples(_FILE, (key,)):
                found.append((key, mtime, _measures(Path(from_text(path)))))
        with store.change() as connection:
            for key, mtime, values in found:
                names = ", ".join(f"{name} = ?" for name in values)
                # Not when a scan has found another file there meanwhile.
                connection.execute(
                    f"UPDATE pictures SET {names} WHERE id = ? AND mtime = ?",
                    (*values.values(), key, mtime),
                )
        done += [key for key, _, _ in found]
        if on_chunk is not None:
            on_chunk(Changes(changed=tuple(key for key, _, _ in found)))
    if job is not None and todo:
        job.progress(len(todo), len(todo), "Measuring pictures")
    return Changes(changed=tuple(done))


def _measures(path: Path) -> dict[str, Any]:
    try:
        found = measure_pixels(load_rgba(path))
    except (PictureError, MissingFileError) as error:
        return {"measured": 1, "problem": Problem.of(error).to_record()}
    signed = found.dhash - (1 << 64) if found.dhash >> 63 else found.dhash  # SQLite has no unsigned
    return {
        "measured": 1,
        "problem": "",
        "width": found.width,
        "height": found.height,
        "has_alpha": int(found.has_alpha),
        "sharpness": found.sharpness,
        "dhash": signed,
        "mean_color": found.mean_color,
        "descriptor": found.descriptor,
    }
