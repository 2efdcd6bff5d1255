"""Logs of a run: one JSON object a line, readable while they grow and after a kill."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from engine.runtime.files import storage_errors, write_text


def append(path: Path, row: dict[str, Any]) -> None:
    """Add one line; it is with the operating system when this returns. Raises StorageError."""
    append_bytes(path, (json.dumps(row, ensure_ascii=False) + "\n").encode())


def append_bytes(path: Path, data: bytes) -> None:
    """Add ``data`` at the end, whole or not at all: what follows a torn part could not be read.

    It is one short write, so that a killed process leaves at most its own data torn, at the end.
    Raises StorageError.
    """
    # Unbuffered: a buffer would keep what did not fit, and put it down again behind the cut.
    with storage_errors(path), path.open("ab", buffering=0) as stream:
        end = stream.tell()
        try:
            while data:  # a full disk may take a part and refuse only the rest
                data = data[stream.write(data) :]
        except OSError:
            stream.truncate(end)
            raise


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that are whole, oldest first."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.split("\n"):  # a prompt may hold other line ends
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the torn last line of a killed process
        if isinstance(row, dict):
            yield row


def trim(path: Path, step: int, kept: Collection[str] = ()) -> None:
    """Take back the lines of later steps than ``step``, but for those of a ``kind`` in ``kept``,
    and a torn last line. Raises StorageError; the log is then as it was.
    """
    lines = [
        json.dumps(row, ensure_ascii=False) + "\n"
        for row in rows(path)
        if row.get("kind") in kept or not _later(row.get("step"), step)
    ]
    write_text(path, "".join(lines))


def _later(value: Any, step: int) -> bool:
    return isinstance(value, (int, float)) and value > step
