"""Reading files that list pictures and captions: metadata JSON, JSON lines, CSV, imagefolder."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from engine.dataset.captions import decode
from engine.dataset.formats.incoming import Entry, Incoming
from engine.dataset.operations import storable
from engine.dataset.problem import Problem
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.files import reason_of
from engine.runtime.parsing import not_valid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 128 << 20
CONTAINERS = 2_000_000
"""More lists and tables than this in a JSON file are no pictures: each takes 30 times its text."""
FILES = ("file_name", "image_path", "image", "file", "path")
TEXTS = ("text", "caption", "prompt", "tags")
INDEXES = ("metadata.jsonl", "metadata.csv")
PARTS = {"train": False, "validation": True, "valid": True, "val": True, "dev": True, "test": True}
"""Folders of an imagefolder, and whether their pictures are held out."""
_KNOWN = {*FILES, *TEXTS, "category", "held_out", "image_size", "train_resolution"}


_TOO_MUCH_REASON = "it holds too much"
_TOO_DEEP_REASON = "it is nested too deep"
_NO_TABLE_REASON = "it holds no table of pictures"
_NO_COLUMN_REASON = "it has no column file_name"


class _OtherJSONError(ValueError):
    """JSON that is right, but no list of pictures."""


def read_text(path: Path) -> str:
    """The text of a file that lists pictures. Raises MissingFileError or BadInputError."""
    try:
        size, data = path.stat().st_size, b""
        if size <= LARGEST:
            data = path.read_bytes()
    except OSError as error:
        raise MissingFileError(
            "{path} cannot be read: {reason}.",
            path=path,
            reason=reason_of(error),
            remedy="Check the path and its permissions.",
        ) from error
    if size > LARGEST:
        raise BadInputError("{name} is too large to list pictures.", name=path.name)
    found = decode(data)
    if found is None:
        raise BadInputError(
            "{name} is in an unknown text encoding.",
            name=path.name,
            remedy="Save it as UTF-8 in a text editor.",
        )
    return found.text


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises MissingFileError or BadInputError."""
    try:
        return parse(read_text(path))
    except _OtherJSONError as error:
        raise _not_valid(path, "JSON", error) from error
    except ValueError as error:
        raise not_valid(path.name, "JSON", error) from error


def parse(text: str, most: int = CONTAINERS) -> Any:
    """The value in JSON that a stranger wrote. Raises ValueError, also for what would take much
    more memory than a list of pictures does.
    """
    if text.count("[") + text.count("{") > most:
        raise _OtherJSONError(_TOO_MUCH_REASON)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise _OtherJSONError(_TOO_DEEP_REASON) from error


def metadata_json(table: Any, path: Path, base: Path | None = None) -> Incoming:
    """Kohya's ``{key: {"caption", "tags"}}``; keys are paths from ``base`` or the file's folder."""
    incoming = Incoming("metadata-json")
    if not isinstance(table, dict):
        raise _not_valid(path, "JSON", _NO_TABLE_REASON)
    for key, value in table.items():
        record = {"caption": value} if isinstance(value, str) else value
        _take(
            incoming,
            {**record, "file": key} if isinstance(record, dict) else None,
            key,
            base or path.parent,
        )
    return incoming


def json_lines(path: Path, *, held_out: bool | None = None) -> Incoming:
    """One JSON object per line, with a file and a text under any of the usual names."""
    incoming = Incoming("jsonl")
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = parse(line)
        except ValueError:
            record = None
        where = f"{path.name}, line {number}"
        _take(incoming, record, where, path.parent, held_out=held_out)
    return incoming


def csv_rows(path: Path, *, held_out: bool | None = None) -> Incoming:
    """A CSV with a head line, and a file and a text under any of the usual names."""
    incoming = Incoming("imagefolder")
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path), newline="")))
    except csv.Error as error:
        raise _not_valid(path, "CSV", error) from error
    if rows and not any(name in rows[0] for name in FILES):
        raise _not_valid(path, "CSV", _NO_COLUMN_REASON)
    for number, row in enumerate(rows, 2):
        where = f"{path.name}, line {number}"
        if None in row:
            incoming.unmatched.append(
                Problem("{where} has more cells than the head line.", where=where)
            )
            continue
        _take(incoming, row, where, path.parent, held_out=held_out)
    return incoming


def image_folder(folder: Path) -> Incoming:
    """Hugging Face's imagefolder: a metadata file in ``folder`` or in each of its parts."""
    incoming = Incoming("imagefolder")
    for path, held_out in indexes(folder):
        read = json_lines if path.suffix == ".jsonl" else csv_rows
        part = read(path, held_out=held_out)
        incoming.entries += part.entries
        incoming.unmatched += part.unmatched
        for problem in part.unplaced:
            incoming.unplace(problem)
    return incoming


def indexes(folder: Path) -> Iterator[tuple[Path, bool | None]]:
    """The metadata files of an imagefolder, and whether they list held-out pictures."""
    for name in INDEXES:
        if (folder / name).is_file():
            yield folder / name, None
    for part, held_out in PARTS.items():
        for name in INDEXES:
            if (folder / part / name).is_file():
                yield folder / part / name, held_out


def _take(
    incoming: Incoming, record: Any, where: str, base: Path, *, held_out: bool | None = None
) -> None:
    """Add what a record says; what it says beyond that goes into the report."""
    file = (
        next((record[k] for k in FILES if record.get(k)), None)
        if isinstance(record, dict)
        else None
    )
    if not isinstance(file, str) or "\0" in file:
        incoming.unmatched.append(Problem("{where} names no picture.", where=where))
        return
    category = record.get("category")
    text = _text(record)
    try:
        storable("".join(value for value in (file, category, text) if isinstance(value, str)))
    except BadInputError as error:
        incoming.unmatched.append(
            Problem("{where} was left out: {reason}", where=where, reason=error)
        )
        return
    for name in record:
        if name not in _KNOWN:
            incoming.unplace(Problem("{name} has no place in a project.", name=name))
    said = record.get("held_out")
    incoming.entries.append(
        Entry(
            file,
            base,
            text,
            category if isinstance(category, str) and category else None,
            said if isinstance(said, bool) else held_out,
        )
    )


def _text(record: dict[str, Any]) -> str | None:
    """The caption of a record: its text, with its tags behind it; None when it has neither."""
    found = [_words(record[name]) for name in TEXTS if name in record]
    parts = [text for text in dict.fromkeys(found) if text]
    return ", ".join(parts) if parts else None


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(item.strip() for item in value if isinstance(item, str) and item.strip())
    return value.strip() if isinstance(value, str) else ""


def _not_valid(path: Path, kind: str, reason: object) -> BadInputError:
    return BadInputError(
        "{path} is not valid {kind}: {reason}.",
        path=path,
        kind=kind,
        reason=str(reason).rstrip("."),
        remedy="Correct it and try again.",
    )
