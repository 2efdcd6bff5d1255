"""Bringing the index up to date with the folders: file lists, headers, captions, then measures."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.captions import caption_path, read_caption
from engine.dataset.folders import Found, find_pictures, natural_key
from engine.dataset.picture import Changes
from engine.dataset.problem import Problem
from engine.dataset.store import told_by
from engine.imaging.decode import load_rgba, read_header
from engine.imaging.quality import measure as measure_pixels
from engine.runtime.errors import MissingFileError, PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.dataset.store import Store
    from engine.project.project import SourceFolder
    from engine.runtime.job import Job

CHUNK = 256
"""Pictures per transaction of a scan: the window can read between two."""

_KNOWN = (
    "SELECT id, path, present, mtime, bytes, problem, folder, repeats, category, is_reg,"
    " caption_mtime, caption_bytes FROM pictures"
)


@dataclass
class _Tally:
    added: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)


def scan(store: Store, folders: Sequence[SourceFolder], job: Job | None = None) -> Changes:
    """Read new and changed files into the index; see :meth:`Library.scan`."""
    store.on_wait = told_by(job, store.path)
    known = {row["path"]: row for row in store.rows(_KNOWN)}
    missing = [source.path for source in folders if not os.path.isdir(source.path)]
    away = _mark_away(store, known, missing)
    if missing and len(missing) == len(folders):
        raise MissingFileError(
            "The folder {path} does not exist.",
            path=missing[0],
            remedy="Connect its drive, or remove it from the project.",
        )
    tally = _Tally()
    for chunk in _chunks(_found(folders, missing), CHUNK):
        if job is not None:
            job.breathe()
            job.progress(len(tally.seen), max(len(known), len(tally.seen)), "Reading pictures")
        _take_chunk(store, chunk, known, tally)
    gone = _gone(store, known, tally.seen, missing)
    return Changes(
        tuple(tally.added), (*tally.changed, *away), tuple(gone), missing_folders=tuple(missing)
    )


def measure(store: Store, job: Job | None = None) -> Changes:
    """Decode and measure what is not measured yet; see :meth:`Library.measure`."""
    store.on_wait = told_by(job, store.path)
    rows = store.rows(
        "SELECT id, path FROM pictures WHERE present AND NOT measured ORDER BY folder, sort_key"
    )
    done: list[int] = []
    for number, row in enumerate(rows):
        if job is not None:
            job.breathe()
            job.progress(number, len(rows), "Measuring pictures")
        values = _measures(Path(row["path"]))
        with store.change() as connection:
            _update(connection, row["id"], values)
        done.append(row["id"])
    if job is not None and rows:
        job.progress(len(rows), len(rows), "Measuring pictures")
    return Changes(changed=tuple(done))


def _found(folders: Sequence[SourceFolder], missing: list[str]) -> Iterator[Found]:
    """All files of all sources, each path once. A source that fails is added to ``missing``."""
    paths: set[str] = set()
    for source in folders:
        if source.path in missing:
            continue
        try:
            for found in find_pictures(source):
                if found.path not in paths:
                    paths.add(found.path)
                    yield found
        except OSError:
            missing.append(source.path)


def _take_chunk(
    store: Store, chunk: list[Found], known: dict[str, sqlite3.Row], tally: _Tally
) -> None:
    """Read files outside the transaction, then write the rows inside it."""
    work = [(found, known.get(found.path)) for found in chunk]
    news = [(found, row, _news(found, row)) for found, row in work]
    tally.seen.update(row["id"] for _, row, _ in news if row is not None)
    if not any(values for _, _, values in news):
        return
    with store.change() as connection:
        for _, row, values in news:
            if row is None:
                tally.added.append(_insert(connection, values))
            elif values:
                _update(connection, row["id"], values)
                tally.changed.append(row["id"])
    tally.seen.update(tally.added)


def _news(found: Found, row: sqlite3.Row | None) -> dict[str, Any]:
    """The columns of ``found`` that differ from the index."""
    subset = found.subset
    values: dict[str, Any] = {
        "folder": subset.source,
        "repeats": subset.repeats,
        "category": subset.category,
        "is_reg": int(subset.is_reg),
        "present": 1,
    }
    if row is not None:
        values = {key: value for key, value in values.items() if row[key] != value}
    if row is None or (row["mtime"], row["bytes"]) != (found.stamp.mtime, found.stamp.size):
        values |= {
            "path": found.path,
            "sort_key": natural_key(found.path),
            "measured": 0,
            "mtime": found.stamp.mtime,
            "bytes": found.stamp.size,
        }
        values |= _header(Path(found.path))
    elif _is_away(row["problem"]):
        values["problem"] = ""  # the drive is back, with the file as it was
    elif row["problem"] and not _header(Path(found.path))["problem"]:
        values["measured"] = 0  # it could not be read last time; measuring tries again
    return values | _caption_news(found, row)


def _caption_news(found: Found, row: sqlite3.Row | None) -> dict[str, Any]:
    stamp = found.caption
    now = (stamp.mtime, stamp.size) if stamp else (None, None)
    if (row["caption_mtime"], row["caption_bytes"]) == now if row else stamp is None:
        return {}
    caption = read_caption(caption_path(Path(found.path)))
    return {
        "caption": caption.text,
        "caption_problem": caption.problem.to_record(),
        "caption_mtime": now[0],
        "caption_bytes": now[1],
    }


def _header(path: Path) -> dict[str, Any]:
    try:
        header = read_header(path)
    except (PictureError, MissingFileError) as error:
        return {"width": 0, "height": 0, "has_alpha": 0, "problem": Problem.of(error).to_record()}
    return {
        "width": header.width,
        "height": header.height,
        "has_alpha": int(header.may_have_alpha),
        "problem": "",
    }


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
    }


_AWAY = "{name} is not there: the folder {folder} is missing."


def _mark_away(store: Store, known: dict[str, sqlite3.Row], missing: list[str]) -> list[int]:
    """Say of every picture of a missing folder that it is not there, so that nothing counts it."""
    away = {os.path.abspath(path) for path in missing}
    rows = [
        row
        for row in known.values()
        if row["present"] and row["folder"] in away and not row["problem"]
    ]
    if rows:
        with store.change() as connection:
            for row in rows:
                problem = Problem(
                    _AWAY,
                    remedy="Connect its drive.",
                    name=os.path.basename(row["path"]),
                    folder=row["folder"],
                )
                _update(connection, row["id"], {"problem": problem.to_record()})
    return [row["id"] for row in rows]


def _is_away(record: str) -> bool:
    return _AWAY in record


def _gone(
    store: Store, known: dict[str, sqlite3.Row], seen: set[int], missing: list[str]
) -> list[int]:
    """Hide rows whose files are not there. They keep their marks, for files that come back;
    pictures of a source that is missing as a whole (an unplugged drive) stay listed.
    """
    away = {os.path.abspath(path) for path in missing}
    gone = [
        row["id"]
        for row in known.values()
        if row["present"] and row["id"] not in seen and row["folder"] not in away
    ]
    if gone:
        with store.change() as connection:
            connection.executemany(
                "UPDATE pictures SET present = 0 WHERE id = ?", [(key,) for key in gone]
            )
    return gone


def _insert(connection: sqlite3.Connection, values: dict[str, Any]) -> int:
    """Add a row; where another process has added the file meanwhile, bring its row up to date."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    news = ", ".join(f"{name} = excluded.{name}" for name in values)
    connection.execute(
        f"INSERT INTO pictures ({names}) VALUES ({marks}) ON CONFLICT (path) DO UPDATE SET {news}",
        tuple(values.values()),
    )
    found = connection.execute("SELECT id FROM pictures WHERE path = ?", (values["path"],))
    return int(found.fetchone()[0])


def _update(connection: sqlite3.Connection, key: int, values: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE pictures SET {names} WHERE id = ?", (*values.values(), key))


def _chunks(items: Iterator[Found], size: int) -> Iterator[list[Found]]:
    chunk: list[Found] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
