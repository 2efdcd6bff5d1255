"""Pictures from files that list them: kohya's dataset TOML or JSON, and metadata JSON or JSONL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.dataset.problem import Problem
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_folder
from engine.runtime.schema import validated
from engine.training.config import TrainRequest
from engine.training.dataset_file import Place, places, read_dataset_file
from engine.training.metadata_file import in_metadata_file
from engine.training.settings.buckets import BucketSettings
from engine.training.settings.captions import CaptionRules
from engine.training.settings.pictures import PictureSettings
from engine.training.sources_folder import in_folder, nothing_in, regularization, with_masks
from engine.training.ways import TrainingSample, Way, drawn_anew, way_of

Tell = Callable[[str], None]
HELD = "diff_output_preservation"


def samples_of(request: TrainRequest, tell: Tell) -> list[TrainingSample]:
    """The samples that a request's dataset file or metadata file lists.

    Raises MissingFileError, or BadInputError for a file that cannot be trained as it stands.
    """
    if request.dataset_config:
        path = Path(request.dataset_config)
        for name in ("train_data_dir", "reg_data_dir", "in_json", "conditioning_data_dir"):
            if getattr(request, name):
                ignored = Problem(
                    "{setting} is not read, because {name} says what is trained.",
                    setting=name,
                    name=path.name,
                )
                tell(ignored)
        found = _in_dataset_file(path, request, tell)
    else:
        path = Path(request.in_json)
        way = way_of(request)
        root = _folder(request.train_data_dir, path)
        found = list(in_metadata_file(path, root, request.dataset_repeats, way, tell))
        if request.conditioning_data_dir:
            found = with_masks(found, Path(request.conditioning_data_dir))
        found += regularization(request, way, tell)
    if not any(not sample.is_reg for sample in found):
        raise nothing_in(path)
    return found


def _folder(text: str, path: Path) -> Path | None:
    """A folder named in the file ``path``, or beside it on the command line."""
    return require_folder((path.absolute().parent / text).absolute()) if text else None


def _in_dataset_file(path: Path, request: TrainRequest, tell: Tell) -> list[TrainingSample]:
    file = read_dataset_file(path)
    for number, dataset in enumerate(file.datasets):
        listed = [subset.metadata_file is not None for subset in dataset.subsets]
        if any(listed) and not all(listed):
            raise BadInputError(
                "{name}: dataset {number} mixes folders and metadata files.",
                name=path.name,
                number=number + 1,
                remedy="Give each kind a dataset of its own.",
            )
    found: list[TrainingSample] = []
    seen: set[tuple[int, str]] = set()
    for place in places(file):
        key = place.number, str(place.subset.image_dir)
        if key in seen and place.subset.metadata_file is None:
            twice = Problem(
                "{folder} is named twice in one dataset; the second is left out.", folder=key[1]
            )
            tell(twice)
            continue
        seen.add(key)
        found += _in_subset(place, path, request, tell)
    return found


def _in_subset(place: Place, path: Path, request: TrainRequest, tell: Tell) -> list[TrainingSample]:
    subset = place.subset
    attributes = place.value("custom_attributes", {})
    for key in ("network_multiplier", "cache_info", *attributes):
        if key != HELD and (key in attributes or place.value(key) is not None):
            tell(Problem("{name} in the dataset file has no effect.", name=key))
    way = _way(place, path, request)
    repeats = place.value("num_repeats", request.dataset_repeats)
    root = _folder(subset.image_dir or "", path)
    if repeats < 1:
        return []
    if subset.metadata_file is not None:
        listing = path.absolute().parent / subset.metadata_file
        found = list(in_metadata_file(listing, root, repeats, way, tell))
    else:
        if root is None:
            raise BadInputError(
                "{name}: a subset has no image_dir.",
                name=path.name,
                remedy="Add the folder of its pictures.",
            )
        words = place.value("class_tokens", "")
        ending = _ending(place.value("caption_extension", request.caption_extension))
        found = list(in_folder(root, repeats, words, ending, way, tell, is_reg=subset.is_reg))
        if not found:
            tell(Problem("There are no pictures in {folder}.", folder=root))
    masks = subset.conditioning_data_dir
    return with_masks(found, path.absolute().parent / masks) if masks else found


def _ending(text: str) -> str:
    return text if text.startswith(".") else f".{text}"


def _way(place: Place, path: Path, request: TrainRequest) -> Way:
    """The rules of a subset: its own, else its dataset's, the general ones, those of the run."""
    buckets = _settings(BucketSettings, place, path, request)
    pictures = _settings(PictureSettings, place, path, request)
    way = Way(
        captions=_settings(CaptionRules, place, path, request),
        pictures=pictures,
        buckets=buckets,
        face_range=None if buckets.enable_bucket else pictures.face_range,
        batch_size=place.value("batch_size", request.train_batch_size),
        dataset=place.number,
        validation_split=place.value("validation_split", request.validation_split),
        validation_seed=place.value("validation_seed", request.validation_seed),
        held=place.value("custom_attributes", {}).get(HELD) is True,
    )
    if request.cache_latents and drawn_anew(way):
        raise BadInputError(
            "{name}: colors and crops that change at every draw cannot be cached.",
            name=path.name,
            remedy="Turn the caching of latents off.",
        )
    return way


def _settings(kind: type[Any], place: Place, path: Path, request: TrainRequest) -> Any:
    """The settings of ``kind`` as they hold for a subset. Raises BadInputError."""
    values = {name: place.value(name, getattr(request, name)) for name in kind.model_fields}
    return validated(kind, values, where=path.name)
