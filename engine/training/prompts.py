"""Sample prompts with kohya's options: ``castle, icon --n blurry --w 128 --d 42 --s 20``; and the
text, TOML and JSON files that hold many.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.dataset.formats.records_in import read_json, read_text
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file
from engine.runtime.parsing import refuse_large
from engine.training.settings.base import MOST_ENTRIES

_OPTIONS = re.compile(r"\s+--(?=[A-Za-z])")
_NUMBERS = {"w": "width", "h": "height", "d": "seed", "s": "steps", "l": "guidance_scale"}
_TEXTS = {"n": "negative_prompt", "ss": "sampler"}
FILE_KEYS = {
    "negative_prompt": "n",
    "width": "w",
    "height": "h",
    "seed": "d",
    "sample_steps": "s",
    "scale": "l",
    "sample_sampler": "ss",
}
"""Kohya's keys of TOML and JSON files, and the options of a line that say the same."""


@dataclass(frozen=True)
class SamplePrompt:
    """One line of the sample prompts; None where the line says nothing. ``sampler`` is as written,
    kohya's name or ours.
    """

    prompt: str
    negative_prompt: str = ""
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    sampler: str | None = None


def parse_prompt(line: str) -> SamplePrompt:
    """Read one line. Options start with a space and two dashes; others than kohya's ``w h d s l n``
    and ``ss`` are left out of the prompt and have no effect: they are for models of other families.
    Sizes are floored to multiples of 8, at least 64.
    """
    prompt, *options = _OPTIONS.split(f" {line.strip()}")
    values: dict[str, float | int | str] = {}
    for option in options:
        name, _, value = option.partition(" ")
        values.update(_option(name.lower(), value.strip()))
    return SamplePrompt(prompt.strip(), **values)  # type: ignore[arg-type]


def prompt_lines(path: Path) -> list[str]:
    """The prompts of a .txt, .toml or .json file as lines for :func:`parse_prompt`.

    Raises MissingFileError, or BadInputError for what is no such file or too large.
    """
    path = require_file(path, remedy="Check the name of the prompt file.")
    refuse_large(path)
    kind = path.suffix.lower()
    if kind == ".toml":
        found = _of_toml(path)
    elif kind == ".json":
        found = _of_list(read_json(path), {}, path)
    else:
        found = text_lines(read_text(path))
    if len(found) > MOST_ENTRIES:
        raise BadInputError(
            "{name} holds {n} sample prompts; a run has {most} at most.", name=path.name,
            n=f"{len(found):,}", most=f"{MOST_ENTRIES:,}", remedy="Choose a file with fewer.",
        )  # fmt: skip
    return found


def text_lines(text: str) -> list[str]:
    """The prompts in a text, one per line; blank lines and lines that start with # are skipped."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _of_toml(path: Path) -> list[str]:
    try:
        table = tomllib.loads(read_text(path)).get("prompt")
    except tomllib.TOMLDecodeError as error:
        raise _no_prompts(path) from error
    if not isinstance(table, dict):
        raise _no_prompts(path)
    shared = {key: value for key, value in table.items() if key != "subset"}
    return _of_list(table.get("subset", [shared]), shared, path)


def _of_list(entries: Any, shared: dict[str, Any], path: Path) -> list[str]:
    if not isinstance(entries, list):
        raise _no_prompts(path)
    found = []
    for entry in entries:
        if isinstance(entry, str):
            entry = {"prompt": entry}
        if not isinstance(entry, dict):
            raise _no_prompts(path)
        found.append(_line(shared | entry))
    return found


def _line(entry: dict[str, Any]) -> str:
    """An entry of a file as a line with options."""
    # A line break would end the line; in a prompt it means as much as a space.
    texts = {key: " ".join(str(value).split()) for key, value in entry.items()}
    options = [f"--{name} {texts[key]}" for key, name in FILE_KEYS.items() if texts.get(key)]
    return " ".join([texts.get("prompt", ""), *options]).strip()


def _no_prompts(path: Path) -> BadInputError:
    return BadInputError(
        "{name} holds no sample prompts.",
        name=path.name,
        remedy="Write one prompt per line, or a table as kohya's scripts read it.",
    )


def _option(name: str, value: str) -> dict[str, float | int | str]:
    if name in _TEXTS:
        return {_TEXTS[name]: value} if value else {}
    field = _NUMBERS.get(name)
    number = re.match(r"\d+(\.\d*)?|\.\d+", value)
    if field is None or number is None:
        return {}
    if field == "guidance_scale":
        return {field: float(number[0])}
    whole = int(number[0].partition(".")[0] or 0)  # a float would round a large seed
    if field in ("width", "height"):
        return {field: max(64, whole - whole % 8)}
    return {field: min(1000, max(1, whole)) if field == "steps" else whole}
