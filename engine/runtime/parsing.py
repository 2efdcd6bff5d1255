"""Tables that people write, as TOML or JSON, and the place where one of them is wrong.

The parsers of the standard library say in English what they expect; what is told here is the line,
in sentences that are translated.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.files import exists, reason_of, require_file

LARGEST = 2 << 20
"""Bytes of a table that somebody writes: a hundred times what the longest ones need. A parser that
holds the interpreter until it is done stops the window no longer than a blink with it."""
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def load_table(
    path: Path, kind: str = "", *, remedy: str = "Check the path.", largest: int = LARGEST
) -> Any:
    """What a file of this ``kind`` holds, which is TOML or JSON by its ending when it is not said.
    ``remedy`` is for a missing file, ``largest`` its bytes at most.

    Raises MissingFileError, or BadInputError for what is no such file, too large or no Unicode.
    """
    path = require_file(path, remedy=remedy)
    kind = kind or ("TOML" if path.suffix.lower() == ".toml" else "JSON")
    try:
        refuse_large(path, largest)
        data = path.read_bytes()
    except OSError as error:
        raise MissingFileError(
            "{name} cannot be read: {reason}.", name=path.name, reason=reason_of(error),
            remedy="Check its permissions.",
        ) from error  # fmt: skip
    try:
        text = data.decode("utf-8-sig")
        table = tomllib.loads(text) if kind == "TOML" else json.loads(text)
        # Halves of letters, which JSON can name, are no text that could be written or printed.
        json.dumps(table, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        raise not_valid(path.name, kind, error) from error
    return table


def load_kept(path: Path, *, largest: int = LARGEST) -> Any:
    """What ``path`` holds, a JSON file of our own, or None where nothing was kept. Raises
    BadInputError, also for one that cannot be opened.
    """
    if not exists(path):
        return None
    try:
        return load_table(path, "JSON", largest=largest)
    except MissingFileError as error:
        raise BadInputError(error.sentence, remedy=error.remedy, **error.facts) from error


def refuse_large(path: Path, largest: int = LARGEST) -> None:
    """BadInputError for a file that is larger than any that people write by hand or in a form."""
    size = path.stat().st_size
    if size > largest:
        raise BadInputError(
            "{name} has {size} MB; files of settings or prompts have {most} MB at most.",
            name=path.name, size=f"{size / (1 << 20):.1f}", most=largest >> 20,
            remedy="Choose another file.",
        )  # fmt: skip


def not_valid(name: str, kind: str, error: Exception, *, remedy: str = "") -> BadInputError:
    """The refusal of ``name``, a file of this ``kind``, for what its parser raised; with a
    ``remedy`` of its own.
    """
    found = _not_valid(name, kind, error)
    return BadInputError(found.sentence, remedy=remedy, **found.facts) if remedy else found


def _not_valid(name: str, kind: str, error: Exception) -> BadInputError:
    if isinstance(error, UnicodeEncodeError):
        return BadInputError(
            "{name} holds half a letter.", name=name, remedy="Correct it and try again."
        )
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        return BadInputError(
            "{name} is not text in UTF-8, as line {line} shows.", name=name, line=line,
            remedy="Save it as UTF-8 in a text editor.",
        )  # fmt: skip
    if isinstance(error, RecursionError):
        return BadInputError(
            "{name} is nested too deep.", name=name, remedy="Correct it and try again."
        )
    place = _place(error)
    if place is not None:
        return BadInputError(
            "{name} is not valid {kind}: there is a mistake in line {line}, column {column}.",
            name=name, kind=kind, line=place[0], column=place[1],
            remedy="Correct that line and try again.",
        )  # fmt: skip
    if "at end of document" in str(error):
        return BadInputError(
            "{name} is not valid {kind}: there is a mistake at its end.", name=name, kind=kind,
            remedy="Correct it and try again.",
        )  # fmt: skip
    return BadInputError(
        "{name} is not valid {kind}.", name=name, kind=kind, remedy="Correct it and try again."
    )


def _place(error: Exception) -> tuple[int, int] | None:
    """Line and column of a mistake, where the parser knows them."""
    if isinstance(error, json.JSONDecodeError):
        return error.lineno, error.colno
    found = _TOML_PLACE.search(str(error))
    return (int(found[1]), int(found[2])) if found else None
