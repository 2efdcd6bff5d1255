"""Reading kohya's folders, and the dataset TOML (or JSON) that names folders."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.captions import caption_path, read_caption
from engine.dataset.folders import kohya_name
from engine.dataset.formats.incoming import Entry, Incoming
from engine.dataset.formats.kohya import REGULARIZATION
from engine.dataset.formats.records_in import metadata_json, read_json, read_text
from engine.dataset.problem import Problem
from engine.imaging.decode import PICTURE_SUFFIXES
from engine.project.project import SourceFolder
from engine.runtime.errors import BadInputError
from engine.runtime.parsing import not_valid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TRAINING = frozenset(
    {
        "batch_size", "enable_bucket", "bucket_no_upscale", "min_bucket_reso", "max_bucket_reso",
        "bucket_reso_steps", "shuffle_caption", "keep_tokens", "caption_separator", "flip_aug",
        "color_aug", "random_crop", "caption_dropout_rate", "caption_tag_dropout_rate",
        "caption_dropout_every_n_epochs", "token_warmup_min", "token_warmup_step",
    }
)  # fmt: skip
"""Keys that belong to the training, not to the pictures."""
_TAKEN = {"image_dir", "num_repeats", "class_tokens", "is_reg", "caption_extension", "resolution",
          "metadata_file", "subsets"}  # fmt: skip


def folders_in(folder: Path) -> Incoming:
    """A folder of art or of ``30_name`` folders; those in ``reg/`` are regularization pictures."""
    incoming = Incoming("kohya")
    regular = folder / REGULARIZATION
    if regular.is_dir() and any(_is_named(name) for name in os.listdir(regular)):
        # First: each picture belongs to the first folder that holds it.
        incoming.folders.append(SourceFolder(path=str(regular), regularization=True))
    incoming.folders.append(SourceFolder(path=str(folder)))
    return incoming


def dataset_config(path: Path, values: Any = None) -> Incoming:
    """A dataset TOML, or ``values`` of the JSON with the same keys.

    Raises BadInputError for what is no such file.
    """
    values = _toml(path) if values is None else values
    incoming = Incoming("kohya-toml")
    datasets = _tables(values, "datasets", path)
    general = values.get("general", {})
    if not isinstance(general, dict):
        raise _no_config(path)
    _report(general, incoming)
    resolutions = []
    for dataset in datasets:
        _report(dataset, incoming)
        resolutions.append(_value("resolution", dataset, general))
        for subset in _tables(dataset, "subsets", path):
            _report(subset, incoming)
            _take_subset(incoming, path, subset, dataset, general)
    _take_resolution(incoming, resolutions)
    return incoming


def _take_subset(
    incoming: Incoming, path: Path, subset: dict[str, Any], *defaults: Mapping[str, Any]
) -> None:
    listed = subset.get("metadata_file")
    given = subset.get("image_dir") or (os.path.dirname(str(listed)) if listed else None)
    if not isinstance(given, str) or "\0" in given:
        raise _no_config(path)
    folder = Path(os.path.abspath(path.parent / given))
    repeats = _value("num_repeats", subset, *defaults)
    source = SourceFolder(
        path=str(folder),
        repeats=repeats if isinstance(repeats, int) and repeats >= 1 else 1,
        category=str(_value("class_tokens", subset, *defaults) or ""),
        regularization=subset.get("is_reg") is True,
    )
    if not folder.is_dir():
        incoming.unmatched.append(Problem("The folder {path} does not exist.", path=folder))
    elif any(known.path == source.path for known in incoming.folders):
        incoming.unplace(
            Problem("{path} is named twice; a project holds a folder once.", path=folder)
        )
    else:
        _note_differences(incoming, source)
        incoming.folders.append(source)
        if isinstance(listed, str):
            table = path.parent / listed
            said = metadata_json(read_json(table), table, folder)
            incoming.entries += said.entries
            incoming.unmatched += said.unmatched
            incoming.unplaced += said.unplaced
        else:
            ending = _value("caption_extension", subset, *defaults) or ".caption"
            incoming.entries += _captions(folder, str(ending))


def _note_differences(incoming: Incoming, source: SourceFolder) -> None:
    """Where a project reads a folder otherwise than kohya's scripts read one of a TOML."""
    name = kohya_name(os.path.basename(source.path))
    if source.repeats == 1 and name is not None and name[0] > 1:
        incoming.unplace(
            Problem(
                "{path} has 1 repeat there and {count} here, for its name.",
                path=source.path,
                count=name[0],
            )
        )
    if any(entry.is_dir() and not entry.name.startswith(".") for entry in os.scandir(source.path)):
        incoming.unplace(Problem("Folders inside {path} are read too.", path=source.path))


def _captions(folder: Path, ending: str) -> Iterator[Entry]:
    """Captions with another ending than ours, beside pictures."""
    if ending == ".txt" or not ending.startswith(".") or "/" in ending or "\\" in ending:
        return
    for name in sorted(os.listdir(folder)):
        if os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES:
            caption = read_caption(caption_path(folder / name, ending))
            if caption.text.strip():
                yield Entry(name, folder, caption.text)


def _take_resolution(incoming: Incoming, resolutions: list[Any]) -> None:
    """One square size is the project's; others are reported."""
    sizes = {
        tuple(size) if isinstance(size, list) else (size, size) for size in resolutions if size
    }
    for size in sorted(sizes, key=str):
        side = size[0]
        if len(sizes) == 1 and isinstance(side, int) and {*size} == {side} and 64 <= side <= 8192:
            incoming.resolution = side
        else:
            shown = "x".join(map(str, dict.fromkeys(size)))
            incoming.unplace(_training("resolution", shown))


def _report(table: dict[str, Any], incoming: Incoming) -> None:
    for key, value in table.items():
        if key in TRAINING:
            incoming.unplace(_training(key, value))
        elif key not in _TAKEN:
            incoming.unplace(
                Problem("{name} = {value} has no place in a project.", name=key, value=value)
            )


def _training(key: str, value: Any) -> Problem:
    return Problem(
        "{name} = {value} was not taken over.",
        name=key,
        value=value,
        remedy="Set it where you train.",
    )


def _value(key: str, *tables: Mapping[str, Any]) -> Any:
    """The first value of ``key``, from the inside out, as kohya's scripts look it up."""
    return next((table[key] for table in tables if table.get(key) is not None), None)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise not_valid(path.name, "TOML", error) from error


def _tables(values: Any, key: str, path: Path) -> list[dict[str, Any]]:
    tables = values.get(key) if isinstance(values, dict) else None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _no_config(path)
    return tables


def _no_config(path: Path) -> BadInputError:
    return BadInputError(
        "{name} is no dataset configuration of kohya's scripts.",
        name=path.name,
        remedy="It needs datasets with subsets, each with an image_dir.",
    )


def _is_named(name: str) -> bool:
    found = kohya_name(name)
    return found is not None and found[0] >= 1
