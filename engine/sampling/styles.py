"""Styles: prompts with a name, and with them what they were made for: model, LoRAs, sampling.

Kept in ``styles.json``. Where a style's text says ``{prompt}``, the artist's own words go; else it
is added behind them, after a comma: as A1111 does, whose ``styles.csv`` (name, prompt,
negative_prompt) is read too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file, write_json
from engine.sampling.request import LoraUse

FILE_NAME = "styles.json"
PLACE = "{prompt}"
_VERSION = 1
_LARGEST = 16 * 2**20


class Style(BaseModel):
    """``model`` empty and numbers None leave what is set as it is."""

    model_config = ConfigDict(frozen=True)
    name: str = Field(min_length=1, max_length=200)
    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    loras: tuple[LoraUse, ...] = ()
    sampler: str = ""
    schedule: str = ""
    emphasis: str = ""
    steps: int | None = Field(None, ge=1, le=150)
    guidance_scale: float | None = Field(None, ge=1, le=30, allow_inf_nan=False)
    strength: float | None = Field(None, gt=0, le=1, allow_inf_nan=False)


def merged(style: str, own: str) -> str:
    """The artist's ``own`` words with a style's text."""
    if PLACE in style:
        return style.replace(PLACE, own)
    return ", ".join(part for part in (own.strip(), style.strip()) if part)


def load_styles(path: Path) -> list[Style]:
    """The styles in ``path``, none when there is no such file. BadInputError when it is damaged."""
    try:
        if path.stat().st_size > _LARGEST:
            raise _damaged(path)
        values = json.loads(path.read_text("utf-8"))
        return [Style.model_validate(value) for value in values["styles"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path) from error


def save_styles(path: Path, styles: Iterable[Style]) -> None:
    """Write ``styles`` atomically. Raises StorageError."""
    records = [style.model_dump(mode="json", exclude_defaults=True) for style in styles]
    write_json(path, {"version": _VERSION, "styles": records})


def with_style(styles: Sequence[Style], style: Style) -> list[Style]:
    """``styles`` with ``style`` in the place of the one of its name, or at the end."""
    names = [known.name for known in styles]
    if style.name in names:
        return [style if known.name == style.name else known for known in styles]
    return [*styles, style]


def read_csv(path: Path) -> list[Style]:
    """The styles of an A1111 ``styles.csv``. Raises MissingFileError or BadInputError."""
    if require_file(path).stat().st_size > _LARGEST:
        raise _no_styles(path)
    text = path.read_bytes().decode("utf-8-sig", "replace")
    if "\0" in text:
        raise _no_styles(path)
    found: dict[str, Style] = {}
    try:
        for row in csv.DictReader(io.StringIO(text, newline="")):
            style = _of_row(row)
            if style is not None:
                found[style.name] = style
    except (csv.Error, ValidationError) as error:
        raise _no_styles(path) from error
    if not found:
        raise _no_styles(path)
    return list(found.values())


def _of_row(row: dict[str | None, str | list[str] | None]) -> Style | None:
    """A row as a style; None for dividers, which have a name and no words."""
    name, prompt, negative = (
        str(row.get(key) or "").strip() for key in ("name", "prompt", "negative_prompt")
    )
    if not name or not (prompt or negative):
        return None
    return Style(name=name[:200], prompt=prompt, negative_prompt=negative)


def _no_styles(path: Path) -> BadInputError:
    return BadInputError(
        "{name} is not a file of styles.",
        name=path.name,
        remedy="Choose a styles.csv with the columns name, prompt and negative_prompt.",
    )


def _damaged(path: Path) -> BadInputError:
    return BadInputError(
        "The styles in {path} cannot be read.",
        path=path,
        remedy="Mend the file, or move it away to start without styles.",
    )
