"""Bringing the index up to date with the folders: names, then headers and captions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.dataset.away import MARK, mark_away
from engine.dataset.caption_files import caption_columns
from engine.dataset.folders import Found, Named, find_names, look_at, natural_keys
from engine.dataset.paths import clean, to_text
from engine.dataset.picture import Changes
from engine.dataset.problem import Problem
from engine.dataset.waiting import told_by
from engine.imaging.decode import read_header
from engine.runtime.errors import MissingFileError, PictureError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from engine.dataset.store import Store
    from engine.project.project import SourceFolder
    from engine.runtime.job import Job

OnChunk = Callable[[Changes], object]

CHUNK = 256
"""Pictures per transaction of a scan: the window can write between two."""

_NAMES_AT_ONCE = 2048
_UNREAD = -1  # as the time of a picture of which only the name is known
_KNOWN = (
    "SELECT path, id, present, folder, repeats, category, is_reg, mtime, bytes,"
    f" caption_mtime, caption_bytes, width, problem != '', instr(problem, '{MARK}') > 0"
    " FROM pictures"
)
_INSERT = f"""INSERT INTO pictures (path, sort_key, folder, repeats, category, is_reg, mtime, bytes,
    width, height, has_alpha, problem) VALUES (?, ?, ?, ?, ?, ?, {_UNREAD}, 0, 0, 0, 0, '')
    ON CONFLICT (path) DO UPDATE SET present = 1"""
_IDS = "SELECT id, path FROM pictures WHERE path IN (SELECT value FROM json_each(?))"


class Known(NamedTuple):  # a row as it is: 20,000 of them are held while folders are read
    """What the index says of a file."""

    path: str
    id: int
    present: int
    folder: str
    repeats: int
    category: str
    is_reg: int
    mtime: int
    bytes: int
    caption_mtime: int | None
    caption_bytes: int | None
    width: int = 0
    has_problem: int = 0
    is_away: int = 0

    @property
    def subset(self) -> tuple[str, int, str, int]:
        """Folder, repeats, category and is_reg."""
        return self[3:7]

    @property
    def stamp(self) -> tuple[int, int]:
        """Of the picture."""
        return self[7:9]

    @property
    def caption(self) -> tuple[int | None, int | None]:
        """The stamp of the caption."""
        return self[9:11]


@dataclass
class _Scan:
    """One pass over the folders."""

    store: Store
    job: Job | None
    on_chunk: OnChunk | None
    known: dict[str, Known]
    missing: list[str]
    unreadable: list[str] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def step(self, changes: Changes) -> None:
        if self.on_chunk is not None and changes:
            self.on_chunk(changes)

    def breathe(self) -> None:
        if self.job is not None:
            self.job.breathe()
            total = max(len(self.known), len(self.seen))
            self.job.progress(len(self.seen), total, "Reading pictures")


def scan(
    store: Store,
    folders: Sequence[SourceFolder],
    job: Job | None = None,
    on_chunk: OnChunk | None = None,
) -> Changes:
    """Read new and changed files into the index; see :meth:`Library.scan`."""
    store.on_wait = told_by(job, store.path)
    if job is not None:
        job.stop_if_asked()
    store.check()
    missing = [source.path for source in folders if not os.path.isdir(source.path)]
    known = _known(store)
    away = mark_away(store, known, missing)
    if missing and len(missing) == len(folders):
        raise MissingFileError(
            "The folder {path} does not exist.",
            path=clean(missing[0]),
            remedy="Connect its drive, or remove it from the project.",
        )
    work = _Scan(store, job, on_chunk, known, missing, changed=away)
    names: Iterator[Named] = _names(folders, work)
    if on_chunk is not None:
        names = iter(_add_names(work, names))
    while chunk := list(islice(names, CHUNK)):
        work.breathe()
        _take_chunk(work, chunk)
    missing += [s.path for s in folders if s.path not in missing and not _is_there(s.path)]
    gone = _hide_gone(work)
    added = set(work.added)
    changed = tuple(key for key in work.changed if key not in added)
    return Changes(tuple(work.added), changed, tuple(gone), missing_folders=tuple(missing))


def _known(store: Store) -> dict[str, Known]:
    return {row[0]: Known._make(row) for row in store.tuples(_KNOWN)}


def _names(folders: Sequence[SourceFolder], work: _Scan) -> Iterator[Named]:
    """All files of all sources, each path once. A source that fails is added to the missing."""
    paths: set[str] = set()
    for source in folders:
        if source.path in work.missing:
            continue
        try:
            for named in find_names(source, work.unreadable):
                if named.path not in paths:
                    paths.add(named.path)
                    yield named
        except OSError:
            work.missing.append(source.path)


def _add_names(work: _Scan, names: Iterator[Named]) -> list[Named]:
    """Put new files into the index by name alone, so that they can be shown at once; all files."""
    listed: list[Named] = []
    size = CHUNK  # the first screenful comes first
    while chunk := list(islice(names, size)):
        listed += chunk
        new = [named for named in chunk if to_text(named.path) not in work.known]
        if not new:
            continue
        with work.store.change() as connection:
            ids = _insert(connection, work, new)
        work.added += ids
        work.step(Changes(added=tuple(ids)))
        if work.job is not None:
            work.job.breathe()
        size = _NAMES_AT_ONCE
    return listed


def _insert(connection: sqlite3.Connection, work: _Scan, new: list[Named]) -> list[int]:
    """Add rows; those that another process has added meanwhile are taken as they are."""
    keys = natural_keys([named.path for named in new])
    rows = [
        (to_text(named.path), to_text(key), *_subset(named))
        for named, key in zip(new, keys, strict=True)
    ]
    connection.executemany(_INSERT, rows)
    found = connection.execute(_IDS, (json.dumps([row[0] for row in rows]),))
    numbers = {row[1]: row[0] for row in found}
    for row in rows:
        work.known[row[0]] = Known(row[0], numbers[row[0]], 1, *row[2:], _UNREAD, 0, None, None)
    return [numbers[row[0]] for row in rows]


def _take_chunk(work: _Scan, chunk: list[Named]) -> None:
    """Read files outside the transaction, then write the rows inside it."""
    new: list[tuple[Named, dict[str, Any], dict[str, Any]]] = []
    news: list[tuple[Known, dict[str, Any], dict[str, Any]]] = []
    for named in chunk:
        found = look_at(named)
        if found is None:
            continue
        known = work.known.get(to_text(named.path))
        if known is not None:
            work.seen.add(known.id)
            if _is_unchanged(found, known):
                continue
        values, caption = _news(found, known), _caption_news(found, known)
        if known is None:
            new.append((named, values, caption))
        elif values or caption:
            news.append((known, values, caption))
    if not new and not news:
        return
    with work.store.change() as connection:
        ids = _insert(connection, work, [named for named, _, _ in new])
        fresh = [(work.known[to_text(one.path)], values, text) for one, values, text in new]
        for row, values, caption in (*fresh, *news):
            _update(connection, row, values, caption)
    changed = [row.id for row, _, _ in news]
    work.added += ids
    work.changed += changed
    work.seen.update(ids)
    work.step(Changes(added=tuple(ids), changed=tuple(changed)))


def _is_unchanged(found: Found, known: Known) -> bool:
    """Whether there is nothing to read; so it is for nearly all files of nearly all scans."""
    caption = found.caption
    return (
        known.stamp == (found.stamp.mtime, found.stamp.size)
        and known.caption == ((caption.mtime, caption.size) if caption else (None, None))
        and known.present == 1
        and not (known.has_problem and known.width == 0)
        and not known.is_away
        and known.subset == _subset(found)
    )


def _subset(item: Named | Found) -> tuple[str, int, str, int]:
    subset = item.subset
    return to_text(subset.source), subset.repeats, subset.category, int(subset.is_reg)


def _news(found: Found, known: Known | None) -> dict[str, Any]:
    """The columns of ``found`` that differ from the index, those of its caption left out."""
    subset = _subset(found)
    values: dict[str, Any] = {}
    if known is None or known.subset != subset:
        values = dict(zip(("folder", "repeats", "category", "is_reg"), subset, strict=True))
    if known is not None and not known.present:
        values["present"] = 1
    stamp = (found.stamp.mtime, found.stamp.size)
    if known is None or known.stamp != stamp:
        values |= {"measured": 0, "mtime": stamp[0], "bytes": stamp[1]}
        values |= _header(Path(found.path))
    elif known.is_away and known.width:
        values["problem"] = ""  # the drive is back, with the file as it was
    elif known.has_problem and known.width == 0:
        header = _header(Path(found.path))
        if not header["problem"]:  # it could not be opened last time; measuring tries again
            values |= {"measured": 0, **header}
    return values


def _caption_news(found: Found, known: Known | None) -> dict[str, Any]:
    stamp = found.caption
    now = (stamp.mtime, stamp.size) if stamp else (None, None)
    before = known.caption if known is not None else (None, None)
    return {} if before == now else caption_columns(to_text(found.path))


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


def _update(
    connection: sqlite3.Connection, known: Known, values: dict[str, Any], caption: dict[str, Any]
) -> None:
    """Write what was read. A caption that was edited since the scan began is newer than that."""
    if values:
        names = ", ".join(f"{name} = ?" for name in values)
        connection.execute(
            f"UPDATE pictures SET {names} WHERE id = ?", (*values.values(), known.id)
        )
    if caption:
        names = ", ".join(f"{name} = ?" for name in caption)
        connection.execute(
            f"UPDATE pictures SET {names} WHERE id = ?"
            " AND caption_mtime IS ? AND caption_bytes IS ?",
            (*caption.values(), known.id, *known.caption),
        )


def _is_there(path: str) -> bool:
    try:
        with os.scandir(path):
            return True
    except OSError:
        return False


def _hide_gone(work: _Scan) -> list[int]:
    """Hide rows whose files are not there. They keep their marks, for files that come back.

    Pictures of a source that is missing as a whole (an unplugged drive) and of folders that
    cannot be listed now stay as they are.
    """
    away = {to_text(os.path.abspath(path)) for path in work.missing}
    closed = tuple(to_text(path) + os.sep for path in work.unreadable)
    gone = [
        known.id
        for path, known in work.known.items()
        if known.present
        and known.id not in work.seen
        and known.subset[0] not in away
        and not path.startswith(closed)
    ]
    for start in range(0, len(gone), _NAMES_AT_ONCE):
        part = gone[start : start + _NAMES_AT_ONCE]
        with work.store.change() as connection:
            connection.executemany(
                "UPDATE pictures SET present = 0 WHERE id = ?", [(key,) for key in part]
            )
        work.step(Changes(removed=tuple(part)))
    return gone
