"""Files that a verb writes at its end: told by their ending, refused before it begins."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine.runtime.errors import BadInputError
from engine.runtime.files import require_target


def add_language(parser: argparse.ArgumentParser) -> None:
    """Declare the language of what is written."""
    parser.add_argument(
        "--language", choices=("en", "zh_CN"), default="en", help="language of the file (en)"
    )


def format_of(path: Path, formats: Sequence[str]) -> str:
    """The one of ``formats`` that the ending of ``path`` names. BadInputError for another ending,
    StorageError where no file can be written.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in formats:
        raise BadInputError(
            "{name} has another ending than {endings}.",
            name=path.name,
            endings=", ".join(f".{one}" for one in formats),
            remedy="The ending says what is written.",
        )
    require_target(path)
    return ending
