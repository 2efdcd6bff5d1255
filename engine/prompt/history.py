"""The prompts that were painted with, newest first, kept as one JSON line each.

A line is only ever added, so that a kill loses at most the newest one; a file that has grown too
long is written anew with what is remembered. Lines that cannot be read are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from engine.runtime.files import storage_errors, write_text

FILE_NAME = "prompts.jsonl"
MOST = 1000
_LARGEST = 2**20


class Spoken(NamedTuple):
    """A prompt with its negative prompt, and when it was last used (seconds since 1970)."""

    prompt: str
    negative_prompt: str
    when: float = 0.0

    @property
    def words(self) -> tuple[str, str]:
        """What makes it the same as another one."""
        return self.prompt, self.negative_prompt


def read_history(path: Path) -> list[Spoken]:
    """What is remembered, newest first, each pair of prompts once. Never raises."""
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - 4 * _LARGEST))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return _once(filter(None, map(_parsed, reversed(lines))))


def remember(path: Path, spoken: Spoken) -> None:
    """Add ``spoken`` to the file. Raises StorageError."""
    line = json.dumps([spoken.when, *spoken.words], ensure_ascii=False) + "\n"
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as stream:
            if stream.tell():
                stream.seek(-1, 2)
                # A kill may have cut the line before this one.
                line = line if stream.read(1) == b"\n" else "\n" + line
            stream.write(line.encode("utf-8", "replace"))
            size = stream.tell()
    if size > _LARGEST:
        _write_anew(path)


def found(history: Iterable[Spoken], words: str) -> list[Spoken]:
    """Those in which every one of ``words`` occurs, in either prompt."""
    wanted = words.casefold().split()
    return [
        one for one in history if all(word in "\n".join(one.words).casefold() for word in wanted)
    ]


def _write_anew(path: Path) -> None:
    kept = read_history(path)
    lines = [json.dumps([one.when, *one.words], ensure_ascii=False) for one in reversed(kept)]
    while sum(map(len, lines)) > _LARGEST // 4 and len(lines) > 1:
        lines = lines[len(lines) // 2 :]
    write_text(path, "\n".join(lines) + "\n")


def _parsed(line: str) -> Spoken | None:
    try:
        when, prompt, negative = json.loads(line)
        return Spoken(str(prompt), str(negative), float(when))
    except (ValueError, TypeError, RecursionError):
        return None


def _once(spoken: Iterable[Spoken]) -> list[Spoken]:
    known: dict[tuple[str, str], Spoken] = {}
    for one in spoken:
        known.setdefault(one.words, one)
        if len(known) == MOST:
            break
    return list(known.values())
