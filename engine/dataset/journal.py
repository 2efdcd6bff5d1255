"""What the user decided, written a second time: one JSON line per edit, added at the end.

The index can be lost; stars, flags, categories, held-out pictures, recipes and pairs told apart
come back from here. Lines name pictures by path, the first line says where the project lay, and a
line that cannot be read costs only itself. Written inside the index's transactions, so that two
processes take turns.
"""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.paths import to_text
from engine.runtime.errors import StylekilnError
from engine.runtime.files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

log = logging.getLogger(__name__)

MARKS = ("own_category", "stars", "flag", "held_out", "recipe")
"""Columns of a picture that hold what the user decided."""

_SURROGATE = re.compile("[\ud800-\udfff]")
APART = "not_duplicates"
LARGEST = 1 << 20
"""Bytes above which opening a project writes its journal anew, without what was taken back."""


Marks = dict[str, dict[str, Any]]
"""Columns that say something, by path and name."""


@dataclass
class Decisions:
    """Marks by path, and pairs of paths told apart."""

    marks: Marks = field(default_factory=dict)
    apart: set[tuple[str, str]] = field(default_factory=set)


class Journal:
    """The journal at ``path``, beside the index."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._root = to_text(os.path.abspath(self.path.parent))

    def wants_rewrite(self) -> bool:
        """Whether it is missing, of another place, or has grown large."""
        try:
            with open(self.path, "rb") as stream:
                head = _record(stream.readline())
            return head.get("root") != self._root or os.path.getsize(self.path) > LARGEST
        except OSError:
            return True

    def rewrite(self, marks: Marks, apart: Iterable[tuple[str, str]]) -> bool:
        """Replace it by these decisions; False when that fails, and the old one stays."""
        lines: list[dict[str, Any]] = [{"journal": 1, "root": self._root}]
        for name in MARKS:
            known = {path: row[name] for path, row in marks.items() if name in row}
            lines += _by_value(name, known)
        lines += [{"field": APART, "value": 1, "paths": pair} for pair in apart]
        try:
            write_bytes(self.path, _encoded(lines))
        except StylekilnError as error:
            log.warning("the journal was not written: %s", error)
            return False
        return True

    def add(self, name: str, values: Mapping[str, Any]) -> bool:
        """Add what ``name`` is now, by path; whether it was written. The edit stands also where
        this cannot be.
        """
        return self._append(_by_value(name, values))

    def tell_apart(self, pairs: Mapping[tuple[str, str], int]) -> bool:
        """Add whether pairs of paths are told apart; whether it was written."""
        lines = ({"field": APART, "value": v, "paths": pair} for pair, v in pairs.items())
        return self._append(lines)

    def size(self) -> int:
        """Its length in bytes."""
        try:
            return os.path.getsize(self.path)
        except OSError:
            return 0

    def cut(self, size: int) -> None:
        """Take back what a transaction that failed has added to the first ``size`` bytes."""
        if self.size() > size:
            try:
                os.truncate(self.path, size)
            except OSError as error:
                log.warning("the journal was not written: %s", error)

    def read(self) -> Decisions:
        """Everything it tells, for the place where the project lies now."""
        found = Decisions()
        try:
            lines = self.path.read_bytes().splitlines()
        except OSError:
            return found
        old = _record(lines[0]).get("root", self._root) if lines else self._root
        for line in lines:
            record = _record(line)
            paths = [_moved(path, str(old), self._root) for path in _texts(record.get("paths"))]
            _take(found, record.get("field"), paths, record.get("value"))
        return found

    def _append(self, records: Iterable[dict[str, Any]]) -> bool:
        try:
            # Opened each time: another process may have put a rewritten file in its place.
            with open(self.path, "ab", buffering=0) as stream:
                # The line end first, for a line that a full disk or a crash cut short.
                data = b"\n" + _encoded(records)
                return stream.write(data) == len(data)
        except OSError as error:
            log.warning("the journal was not written: %s", error)
            return False


def _by_value(name: str, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One line for all pictures that have the same value."""
    groups: dict[Any, list[str]] = {}
    for path, value in values.items():
        groups.setdefault(value, []).append(path)
    for value, paths in groups.items():
        yield {"field": name, "value": value, "paths": paths}


def _encoded(records: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _texts(value: Any) -> list[str]:
    """Those that a path can be; half a pair of surrogates is what a damaged escape leaves."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str) and _SURROGATE.search(item) is None]


def _moved(path: str, old: str, new: str) -> str:
    inside = old != new and path.startswith(old + os.sep)
    return new + path[len(old) :] if inside else path


def _take(found: Decisions, name: Any, paths: list[str], value: Any) -> None:
    if name == APART and len(paths) == 2:
        pair = (paths[0], paths[1])
        (found.apart.add if value else found.apart.discard)(pair)
    elif name in MARKS:
        for path in paths:
            found.marks.setdefault(path, {})[name] = value
