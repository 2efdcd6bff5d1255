"""Lists of known tags in the a1111 form: ``name,category,count,"alias,alias"`` a line.

With or without a header and a byte order mark; a line that cannot be read is left out and counted.
The user's lists lie in the folder ``tags`` of the application's data.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.files import reason_of, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 64 << 20
"""Bytes of the largest list that is read; the whole of Danbooru with aliases is a tenth of it."""
_BATCH = 1024
_LONGEST_NAME = 256
_HEAD = 1 << 14
"""Bytes that tell what a file is."""
_HEADERS = ("name", "tag", "tags", "tag_name")


@dataclass
class TagList:
    """A list as read: four columns of one length, and how many lines were left out."""

    names: list[str] = field(default_factory=list)
    categories: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    """Those of a tag in one text, between commas."""
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.names)


def folder_of_lists(home: Path) -> Path:
    """Where the lists of the application's data folder ``home`` lie."""
    return home / "tags"


def tag_lists(home: Path) -> list[Path]:
    """The user's lists, by name."""
    folder = folder_of_lists(home)
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() == ".csv"]
    except OSError:
        return []
    return sorted((path for path in found if path.is_file()), key=lambda path: path.name.casefold())


def add_tag_list(home: Path, source: Path) -> Path:
    """Copy the list ``source`` to the user's lists, in the place of one of the same name.

    Raises MissingFileError, StorageError, and BadInputError for a file that holds no tags.
    """
    data = _read(source)
    if not len(parse_tag_list(data)):
        raise _no_tags(source)
    target = folder_of_lists(home) / (source.stem + ".csv")
    if source.resolve() != target.resolve():
        write_bytes(target, data)
    return target


def read_tag_list(path: Path, breathe: Callable[[], object] | None = None) -> TagList:
    """The list in ``path``. Raises MissingFileError, and BadInputError when it is too large or
    holds no tags.
    """
    found = parse_tag_list(_read(path), breathe)
    if not len(found):
        raise _no_tags(path)
    return found


def is_tag_list(path: Path) -> bool:
    """Whether the CSV file ``path`` is a list of tags, not of pictures; only its head is read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    whole = head if len(head) < _HEAD else head.rpartition(b"\n")[0]
    first = whole.decode("utf-8-sig", "replace").partition("\n")[0]
    columns = [cell.strip().casefold() for cell in _cells(first.rstrip("\r"))]
    return "file_name" not in columns and len(parse_tag_list(whole)) > 0


def parse_tag_list(data: bytes, breathe: Callable[[], object] | None = None) -> TagList:
    """The list in ``data``. Each line is read by itself, so that a quotation mark without its
    partner costs one line. ``breathe`` is called between lines; what it raises ends the work.
    """
    found = TagList()
    lines = data.decode("utf-8-sig", "replace").split("\n")
    for number, line in enumerate(lines):
        if breathe is not None and number % _BATCH == 0:
            breathe()
        if line.strip() and not _add(found, line.rstrip("\r")) and number:
            found.skipped += 1
    return found


def _add(found: TagList, line: str) -> bool:
    """Whether ``line`` was a tag."""
    cells = _cells(line)
    name = cells[0].strip()
    if not name or len(name) > _LONGEST_NAME or "," in name or "\ufffd" in name or "\0" in name:
        return False
    try:
        category = int(cells[1]) if len(cells) > 1 and cells[1].strip() else 0
        count = int(cells[2]) if len(cells) > 2 and cells[2].strip() else 0
    except ValueError:
        return False
    if not -128 <= category < 128 or not 0 <= count < 2**31:
        return False
    if len(cells) == 1 and name.casefold() in _HEADERS and not found.names:
        return False
    found.names.append(name)
    found.categories.append(category)
    found.counts.append(count)
    found.aliases.append(",".join(cells[3:]))
    return True


def _cells(line: str) -> list[str]:
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader((line,)), [""])
    except csv.Error:
        return [""]


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise BadInputError(
                "The tag list {name} is too large.",
                remedy="Use one of at most {size} MB.",
                name=path.name,
                size=LARGEST >> 20,
            )
        return path.read_bytes()
    except OSError as error:
        raise MissingFileError(
            "{path} cannot be read: {reason}.", path=path.name, reason=reason_of(error)
        ) from error


def _no_tags(path: Path) -> BadInputError:
    return BadInputError(
        "The tag list {name} holds no tags.",
        remedy="Choose a CSV file with lines of name,category,count,aliases.",
        name=path.name,
    )
