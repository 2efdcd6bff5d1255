"""The tables of kohya's dataset TOML or JSON: which keys may stand where, and who inherits them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.dataset.formats.records_in import read_json, read_text
from engine.project.project import MOST_REPEATS
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file
from engine.runtime.parsing import not_valid
from engine.runtime.schema import validated

Number = int | float
Pair = tuple[Number, Number]


class _Table(BaseModel):
    """Keys that may stand at every level. None is "not said"; 0 and false are said."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    num_repeats: int | None = Field(None, ge=0, le=MOST_REPEATS)
    shuffle_caption: bool | None = None
    enable_wildcard: bool | None = None
    color_aug: bool | None = None
    flip_aug: bool | None = None
    random_crop: bool | None = None
    caption_separator: str | None = None
    keep_tokens: int | None = None
    keep_tokens_separator: str | None = None
    secondary_separator: str | None = None
    caption_prefix: str | None = None
    caption_suffix: str | None = None
    face_crop_aug_range: Pair | None = None
    caption_dropout_rate: Number | None = None
    caption_tag_dropout_rate: Number | None = None
    caption_dropout_every_n_epochs: int | None = None
    token_warmup_min: int | None = None
    token_warmup_step: Number | None = None
    resize_interpolation: str | None = None
    custom_attributes: dict[str, Any] | None = None
    caption_extension: str | None = None
    class_tokens: str | None = None
    cache_info: bool | None = None


class General(_Table):
    """``[general]``, and what a dataset may say too."""

    resolution: int | tuple[int, int] | None = None
    batch_size: int | None = Field(None, ge=1)
    enable_bucket: bool | None = None
    bucket_no_upscale: bool | None = None
    min_bucket_reso: int | None = None
    max_bucket_reso: int | None = None
    bucket_reso_steps: int | None = None
    validation_split: Number | None = Field(None, ge=0, le=1)
    validation_seed: int | None = None
    network_multiplier: Number | None = None


class Subset(_Table):
    """``[[datasets.subsets]]``: a folder or a list of pictures."""

    image_dir: str | None = None
    metadata_file: str | None = None
    conditioning_data_dir: str | None = None
    is_reg: bool = False
    alpha_mask: bool | None = None


class Dataset(General):
    """``[[datasets]]``: subsets that share sizes and batches."""

    subsets: tuple[Subset, ...] = Field(min_length=1)


class DatasetFile(BaseModel):
    """A whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    general: General = General()
    datasets: tuple[Dataset, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Place:
    """A subset with the tables it inherits from, and its dataset's number."""

    subset: Subset
    dataset: Dataset
    general: General
    number: int

    def value(self, key: str, default: Any = None) -> Any:
        """What is said of ``key``, from the inside out, else ``default``."""
        for table in (self.subset, self.dataset, self.general):
            found = getattr(table, key, None)
            if found is not None:
                return found
        return default


def read_dataset_file(path: Path) -> DatasetFile:
    """The tables in ``path``, a .toml or .json file.

    Raises MissingFileError, or BadInputError for another ending, for what is not valid, and for
    keys that are unknown or stand where they may not, naming them.
    """
    path = require_file(path, remedy="Check the name of the dataset file.")
    return validated(DatasetFile, _parsed(path), where=path.name)


def places(file: DatasetFile) -> Iterator[Place]:
    """All subsets of ``file`` with what they inherit."""
    for number, dataset in enumerate(file.datasets):
        for subset in dataset.subsets:
            yield Place(subset, dataset, file.general, number)


def says_batch(path: Path) -> bool:
    """Whether the file at ``path`` says the size of a batch itself. Raises like
    :func:`read_dataset_file`.
    """
    return any(place.value("batch_size") is not None for place in places(read_dataset_file(path)))


def _parsed(path: Path) -> Any:
    if path.suffix.lower() == ".json":
        return read_json(path)
    if path.suffix.lower() != ".toml":
        raise BadInputError(
            "{name} is no dataset file.", name=path.name, remedy="It ends in .toml or .json."
        )
    try:
        return tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise not_valid(path.name, "TOML", error) from error
