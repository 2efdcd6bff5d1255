"""What a checkpoint tells of the pictures it learned from, as kohya's scripts write it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.models.loading import LoadedModel
from engine.training.config import TrainRequest
from engine.training.pictures import PictureSet, TrainingPicture, bucket_spec

# Rules of a folder that stand in the list of a dataset file's folders under their own name.
_CAPTIONS = (
    "shuffle_caption",
    "keep_tokens",
    "keep_tokens_separator",
    "secondary_separator",
    "enable_wildcard",
    "caption_prefix",
    "caption_suffix",
)
_PIXELS = ("color_aug", "flip_aug", "random_crop")


def dataset_facts(
    request: TrainRequest, model: LoadedModel, pictures: PictureSet, processes: int = 1
) -> dict[str, Any]:
    """The fields of a run on folders, or of one on a dataset file, which may hold many datasets."""
    plain = [picture for picture in pictures.training if not picture.regularization]
    counts = {
        "ss_num_train_images": sum(picture.repeats for picture in plain),
        "ss_num_reg_images": sum(picture.repeats for picture in pictures.regularization),
    }
    if request.dataset_config:
        return counts | _of_file(request, model, pictures)
    return counts | _of_folders(request, model, pictures, processes)


def _of_file(request: TrainRequest, model: LoadedModel, pictures: PictureSet) -> dict[str, Any]:
    every = [*(p for p in pictures.training if not p.regularization), *pictures.regularization]
    numbers = sorted({picture.way.dataset for picture in every})
    datasets = [
        _dataset(request, model, [one for one in every if one.way.dataset == number])
        for number in numbers
    ]
    plain = [picture for picture in every if not picture.regularization]
    return {
        "ss_datasets": _json(datasets),
        "ss_tag_frequency": _json(_tags(every)),
        "ss_dataset_dirs": _json(_folders(plain)),
    }


def _dataset(
    request: TrainRequest, model: LoadedModel, members: Sequence[TrainingPicture]
) -> dict[str, Any]:
    way = members[0].way
    spec = bucket_spec(way.buckets or request, model.native_size)
    plain = [picture for picture in members if not picture.regularization]
    interpolation = way.pictures.resize_interpolation
    folders = {picture.sample.source_dir: picture for picture in reversed(members)}
    return {
        "is_dreambooth": True,
        "batch_size_per_device": way.batch_size or request.train_batch_size,
        "num_train_images": sum(picture.repeats for picture in plain),
        "num_reg_images": sum(p.repeats for p in members if p.regularization),
        "resolution": list(spec.resolution),
        "enable_bucket": spec.enabled,
        "min_bucket_reso": spec.adjusted_minimum if spec.enabled else None,
        "max_bucket_reso": spec.adjusted_maximum if spec.enabled else None,
        "tag_frequency": _tags(members),
        "bucket_info": _buckets(members) if spec.enabled else None,
        "resize_interpolation": None if interpolation == "auto" else interpolation,
        "subsets": [
            _subset(first, [one for one in members if one.sample.source_dir == folder])
            for folder, first in folders.items()
        ],
    }


def _subset(first: TrainingPicture, members: Sequence[TrainingPicture]) -> dict[str, Any]:
    captions, pixels = first.way.captions, first.way.pictures
    return {
        "img_count": len(members),
        "num_repeats": first.sample.repeats,
        "image_dir": first.folder,
        "is_reg": first.regularization,
        **{name: getattr(captions, name) for name in _CAPTIONS},
        **{name: getattr(pixels, name) for name in _PIXELS},
    }


def _of_folders(
    request: TrainRequest, model: LoadedModel, pictures: PictureSet, processes: int
) -> dict[str, Any]:
    plain = [picture for picture in pictures.training if not picture.regularization]
    regular = pictures.regularization
    buckets = bucket_spec(request, model.native_size)
    return {
        "ss_batch_size_per_device": request.train_batch_size,
        "ss_total_batch_size": request.train_batch_size
        * request.gradient_accumulation_steps
        * processes,
        "ss_resolution": buckets.resolution,
        "ss_enable_bucket": request.enable_bucket,
        "ss_bucket_no_upscale": request.bucket_no_upscale,
        "ss_min_bucket_reso": buckets.adjusted_minimum if buckets.enabled else None,
        "ss_max_bucket_reso": buckets.adjusted_maximum if buckets.enabled else None,
        "ss_dataset_dirs": _json(_folders(plain)),
        "ss_reg_dataset_dirs": _json(_folders(regular)),
        "ss_tag_frequency": _json(_tags([*plain, *regular])),
        "ss_bucket_info": _json(_buckets(pictures.training) if buckets.enabled else None),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _folders(pictures: Sequence[TrainingPicture]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for picture in pictures:
        entry = found.setdefault(picture.folder, {"n_repeats": picture.repeats, "img_count": 0})
        entry["img_count"] += 1
    return found


def _tags(pictures: Sequence[TrainingPicture]) -> dict[str, dict[str, int]]:
    """Tags of each folder, lower case, counted once per picture."""
    found: dict[str, Counter[str]] = {}
    for picture in pictures:
        tags = (tag.strip().lower() for tag in picture.caption.split(","))
        found.setdefault(picture.folder, Counter()).update(tag for tag in tags if tag)
    return {folder: dict(count) for folder, count in found.items()}


def _buckets(pictures: Sequence[TrainingPicture]) -> dict[str, Any]:
    counts: Counter[tuple[int, int]] = Counter()
    for picture in pictures:
        counts[picture.bucket] += picture.repeats
    rows = {
        str(at): {"resolution": list(bucket), "count": counts[bucket]}
        for at, bucket in enumerate(sorted(counts))
    }
    errors = [picture.ar_error for picture in pictures]
    return {"buckets": rows, "mean_img_ar_error": sum(errors) / max(1, len(errors))}
