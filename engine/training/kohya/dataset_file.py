"""The dataset TOML of kohya's scripts: which folders are trained, at which sizes and by which
rules of captions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w

from engine.dataset.folders import kohya_name, natural_key
from engine.project.project import Project
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_folder
from engine.training.kohya.writing import Outgoing
from engine.training.reasons import Reason

_FOR_ALL = (
    "caption_extension", "shuffle_caption", "keep_tokens", "keep_tokens_separator",
    "secondary_separator", "caption_separator", "caption_prefix", "caption_suffix",
    "enable_wildcard", "caption_dropout_rate", "caption_dropout_every_n_epochs",
    "caption_tag_dropout_rate", "token_warmup_min", "token_warmup_step", "color_aug", "flip_aug",
    "random_crop", "face_crop_aug_range", "resize_interpolation",
)  # fmt: skip
_FOR_DATASET = (
    "enable_bucket", "bucket_no_upscale", "min_bucket_reso", "max_bucket_reso",
    "bucket_reso_steps", "validation_split", "validation_seed",
)  # fmt: skip
_FLOATS = ("validation_split", "caption_dropout_rate", "caption_tag_dropout_rate")


def as_dataset(out: Outgoing) -> str:
    """The dataset TOML of a run. BadInputError when the run names a dataset file already."""
    general = _chosen(out.values, _FOR_ALL)
    if "face_crop_aug_range" in general:
        sides = str(general["face_crop_aug_range"]).split(",")
        general["face_crop_aug_range"] = [float(side) for side in sides]
    size = [int(side) for side in out.values["resolution"].split(",")]
    dataset = {"resolution": size, "batch_size": out.request.train_batch_size}
    dataset |= _chosen(out.values, _FOR_DATASET)
    subsets = list(_subsets(out))
    parts = [("[general]", general), ("[[datasets]]", dataset)]
    parts += [("[[datasets.subsets]]", subset) for subset in subsets]
    return "\n".join(f"{head}\n{tomli_w.dumps(values)}" for head, values in parts)


def _chosen(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    chosen = {name: values[name] for name in names if values.get(name) not in (None, 0, False, "")}
    return {name: float(v) if name in _FLOATS else v for name, v in chosen.items()}


def _subsets(out: Outgoing) -> Iterator[dict[str, Any]]:
    run = out.request
    if run.dataset_config:
        raise BadInputError(
            "This run names its dataset file already: {path}.", path=run.dataset_config,
            remedy="Use that file.",
        )  # fmt: skip
    if run.in_json:
        where = {"image_dir": run.train_data_dir} if run.train_data_dir else {}
        yield {"metadata_file": run.in_json, **where, "num_repeats": run.dataset_repeats}
        return
    extra: dict[str, Any] = {"alpha_mask": True} if run.alpha_mask else {}
    if run.conditioning_data_dir:
        extra["conditioning_data_dir"] = run.conditioning_data_dir
    for folder, repeats, words, is_reg in _folders(out):
        if run.categories and not is_reg and words not in run.categories:
            continue
        values: dict[str, Any] = {"image_dir": str(folder), "num_repeats": repeats}
        if words:
            values["class_tokens"] = words
        yield {**values, "is_reg": True} if is_reg else {**values, **extra}


def _folders(out: Outgoing) -> Iterator[tuple[Path, int, str, bool]]:
    """Folders with their repeats and class tokens, and whether they hold the model in place."""
    run = out.request
    if not run.project:
        for place, is_reg in ((run.train_data_dir, False), (run.reg_data_dir, True)):
            if place:
                yield from ((*row, is_reg) for row in _named(Path(place).absolute()))
        return
    note = Reason("The file names the folders of the project as they are: rejected and held-out "
                  "pictures are in them, edits are not. Export the project as a training folder "
                  "to train what the project trains.")  # fmt: skip
    out.notes.append(note)
    for source in Project.open(Path(run.project)).file.folders:
        root = Path(source.path)
        rows = list(_named(root)) or [(root, source.repeats, source.category)]
        yield from ((*row, source.regularization) for row in rows)


def _named(root: Path) -> Iterator[tuple[Path, int, str]]:
    """The folders ``<repeats>_<class tokens>`` in ``root``."""
    for name in sorted(os.listdir(require_folder(root)), key=natural_key):
        parts = kohya_name(name)
        if parts is not None and parts[0] > 0 and (root / name).is_dir():
            yield root / name, *parts
