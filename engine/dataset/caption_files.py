"""Writing one caption file of many: if it still says what we last read, or can be merged."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.dataset.caption_merge import merge
from engine.dataset.captions import (
    behind_links,
    caption_path,
    read_caption,
    read_stored,
    remove_caption,
    write_caption,
)
from engine.dataset.paths import from_text
from engine.dataset.problem import Problem
from engine.runtime.errors import StylekilnError
from engine.runtime.files import write_unsynced

_FINE = Problem()

Result = Literal["written", "same", "skipped", "conflict"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caption of the picture at ``path`` (as stored) shall be. None is no file."""

    picture: int
    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a wish. ``before`` and ``after`` are what the file held and holds.

    ``unreadable`` is what is wrong with the file, ``failure`` why it could not be written.
    """

    wish: Wish
    result: Result
    before: str | None = None
    after: str | None = None
    unreadable: Problem = _FINE
    failure: Problem = _FINE
    stamp: tuple[int | None, int | None] = (None, None)
    original: bytes | None = None


def caption_file(wish: Wish) -> Path:
    """The file that a wish is about, which a link may lead to."""
    return behind_links(caption_path(Path(from_text(wish.path))))


def put(wish: Wish, *, merging: bool, keep_original: bool) -> Written:
    """Carry out a wish. ``merging`` brings together what two sides changed.

    Raises StorageError only where no other file could be written either: the disk is full.
    """
    picture = from_text(wish.path)
    path = caption_path(Path(picture))
    now, original = read_stored(path)
    text = now.text if now.exists else None
    target, result = _target(wish, text, merging=merging)
    if now.problem or not os.path.exists(picture):
        result = "skipped"
    if result != "written":
        return Written(wish, result, text, text, now.problem, stamp=_stamp(path))
    try:
        if target is None:
            remove_caption(path)
        else:
            write_caption(path, target, now, synced=False)
    except StylekilnError as error:
        if disk_full(error):
            raise
        return Written(wish, "skipped", text, text, failure=Problem.of(error), stamp=_stamp(path))
    kept = original if keep_original else None
    return Written(wish, "written", text, target, stamp=_stamp(path), original=kept)


def take_back(written: Written) -> None:
    """Give a file its bytes back, unless it was changed once more. Raises StorageError."""
    path = caption_path(Path(from_text(written.wish.path)))
    if written.result != "written" or _stamp(path) != written.stamp:
        return
    if written.original is None:
        remove_caption(path)
    else:
        write_unsynced(behind_links(path), written.original)


def rewrite_lost(wish: Wish, mtime: int | None) -> None:
    """Write once more what a power failure took; a file changed later than ``mtime`` stays."""
    path = caption_path(Path(from_text(wish.path)))
    now = read_caption(path)
    stamp = _stamp(path)[0]
    changed_later = stamp is not None and mtime is not None and stamp > mtime
    if wish.after is None or changed_later or (now.exists and now.text == wish.after):
        return
    if os.path.exists(from_text(wish.path)):
        with contextlib.suppress(StylekilnError):  # then the caption is what the disk says
            write_caption(path, wish.after, now)


def caption_columns(path: str) -> dict[str, Any]:
    """What the index says about the caption of the picture at ``path`` (as stored)."""
    file = caption_path(Path(from_text(path)))
    stamp = _stamp(file)  # before reading: a change in between is then seen by the next scan
    caption = read_caption(file)
    return {
        "caption": caption.text,
        "caption_problem": caption.problem.to_record(),
        "caption_mtime": stamp[0],
        "caption_bytes": stamp[1],
    }


def disk_full(error: StylekilnError) -> bool:
    """Whether an error of a write says that nothing more fits on the disk."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)


def _target(wish: Wish, text: str | None, *, merging: bool) -> tuple[str | None, Result]:
    if text == wish.before:
        return wish.after, "written"
    if text == wish.after:
        return text, "same"
    if not merging:
        return text, "skipped"
    merged = merge(wish.before or "", text or "", wish.after or "")
    if merged is None:
        return text, "conflict"
    return merged, "same" if merged == text else "written"


def _stamp(path: Path) -> tuple[int | None, int | None]:
    try:
        facts = os.stat(path)
    except OSError:
        return None, None
    return facts.st_mtime_ns, facts.st_size
