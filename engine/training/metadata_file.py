"""Pictures listed by kohya's metadata: a JSON object by picture, or one JSON object per line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.dataset.formats.records_in import parse, read_json, read_text
from engine.dataset.problem import Problem
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file
from engine.training.settings.captions import CaptionRules
from engine.training.sources_folder import sample_of_file
from engine.training.ways import TrainingSample, Way

Tell = Callable[[str], None]


def in_metadata_file(
    path: Path, root: Path | None, repeats: int, way: Way, tell: Tell
) -> Iterator[TrainingSample]:
    """The samples that ``path`` lists; relative paths in it start at ``root``.

    Raises MissingFileError, or BadInputError for what is no such file and for a relative path
    without a ``root``.
    """
    path = require_file(path, remedy="Check the name of the metadata file.")
    for key, record in _records(path):
        picture = _picture(key, root, path)
        if picture is None:
            tell(
                Problem("{name} lists {picture}, which is not there.", name=path.name, picture=key)
            )
            continue
        caption = caption_of(record, way.captions)
        sample = sample_of_file(picture, caption, repeats, way, tell, group=path.name)
        if sample is not None:
            yield sample


def caption_of(record: dict[str, Any], rules: CaptionRules) -> str:
    """Caption and tags of a record as one caption; with wildcards every line has the tags."""
    caption = str(record.get("caption") or "").strip()
    separator = rules.caption_separator
    tags = separator.join(str(record.get("tags") or "").strip().splitlines())
    lines = [line.strip() for line in caption.splitlines() if line.strip()]
    if not rules.enable_wildcard:
        lines = lines[:1]
    if not tags:
        return "\n".join(lines)
    return "\n".join(f"{line}{separator}{tags}" for line in lines) or tags


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if path.suffix.lower() == ".jsonl":
        yield from _lines(path)
        return
    table = read_json(path)
    if not isinstance(table, dict):
        raise _no_metadata(path)
    for key, record in table.items():
        if not isinstance(record, dict):
            raise _no_metadata(path)
        yield key, record


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in read_text(path).split("\n"):
        if not line.strip():
            continue
        try:
            record = parse(line)
        except ValueError as error:
            raise _no_metadata(path) from error
        if not isinstance(record, dict) or not isinstance(record.get("image_path"), str):
            raise _no_metadata(path)
        yield record["image_path"], record


def _no_metadata(path: Path) -> BadInputError:
    return BadInputError(
        "{name} is no metadata file of kohya's scripts.",
        name=path.name,
        remedy="It lists pictures with a caption or tags each.",
    )


def _picture(key: str, root: Path | None, path: Path) -> Path | None:
    """The file of ``key``, whose ending may be left out; None when there is none."""
    named = Path(key)
    if not named.is_absolute():
        if root is None:
            raise BadInputError(
                "{name} lists {picture} without its folder.",
                name=path.name,
                picture=key,
                remedy="Name the image folder that its paths start at.",
            )
        named = root / named
    if not named.name:
        return None
    endings = ("", *sorted(PICTURE_SUFFIXES))
    candidates = (named.with_name(named.name + ending) for ending in endings)
    return next((file for file in candidates if file.is_file()), None)
