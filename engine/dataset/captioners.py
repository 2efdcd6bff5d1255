"""Models that write captions: which ones are known, and which one a folder holds.

A folder is recognised by the files in it, so that models from anywhere can be used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.project.settings import data_dir
from engine.runtime.errors import MissingFileError, ModelFileError, StylekilnError
from engine.runtime.files import require_folder

Kind = Literal["wd", "blip", "florence"]

MODEL = "model.onnx"
TAGS = "selected_tags.csv"
CONFIG = "config.json"
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
_TOKENIZERS = ("tokenizer.json", "vocab.json", "vocab.txt")
_PROCESSORS = ("preprocessor_config.json", "processor_config.json")
_LARGEST_CONFIG = 1 << 24


@dataclass(frozen=True)
class KnownCaptioner:
    """A model that can be downloaded. ``repo`` is its place on the Hugging Face Hub."""

    id: str
    label: str
    kind: Kind
    repo: str

    @property
    def folder(self) -> Path:
        """Where it lies once it is downloaded."""
        return downloads() / self.id


@dataclass(frozen=True)
class Captioner:
    """A captioner on this computer. ``writes_tags`` is False for those that write sentences."""

    folder: Path
    kind: Kind

    @property
    def name(self) -> str:
        """What the user knows it by."""
        known = next((item for item in KNOWN if item.folder == self.folder), None)
        return known.label if known else self.folder.name

    @property
    def writes_tags(self) -> bool:
        """Whether it gives tags with probabilities."""
        return self.kind == "wd"


def _tagger(name: str, label: str) -> KnownCaptioner:
    return KnownCaptioner(name, label, "wd", f"SmilingWolf/{name}")


KNOWN = (
    _tagger("wd-swinv2-tagger-v3", "WD SwinV2 v3"),
    _tagger("wd-convnext-tagger-v3", "WD ConvNeXt v3"),
    _tagger("wd-vit-tagger-v3", "WD ViT v3"),
    _tagger("wd-vit-large-tagger-v3", "WD ViT Large v3"),
    _tagger("wd-eva02-large-tagger-v3", "WD EVA02 Large v3"),
    _tagger("wd-v1-4-moat-tagger-v2", "WD 1.4 MOAT v2"),
    _tagger("wd-v1-4-swinv2-tagger-v2", "WD 1.4 SwinV2 v2"),
    _tagger("wd-v1-4-convnextv2-tagger-v2", "WD 1.4 ConvNeXtV2 v2"),
    _tagger("wd-v1-4-convnext-tagger-v2", "WD 1.4 ConvNeXt v2"),
    _tagger("wd-v1-4-vit-tagger-v2", "WD 1.4 ViT v2"),
    KnownCaptioner(
        "florence-2-base", "Florence-2", "florence", "florence-community/Florence-2-base"
    ),
    KnownCaptioner(
        "florence-2-large", "Florence-2 Large", "florence", "florence-community/Florence-2-large"
    ),
    KnownCaptioner("blip-base", "BLIP", "blip", "Salesforce/blip-image-captioning-base"),
    KnownCaptioner("blip-large", "BLIP Large", "blip", "Salesforce/blip-image-captioning-large"),
)
"""What the application offers to download. Microsoft's own Florence-2 repositories are not among
them: their files run code of their own; the community's copies have the same weights without.
"""


def known(captioner_id: str) -> KnownCaptioner | None:
    """The downloadable captioner of that id."""
    return next((item for item in KNOWN if item.id == captioner_id), None)


def downloads() -> Path:
    """The folder that downloaded captioners go to."""
    return data_dir() / "captioners"


def find_captioners(folders: Iterable[Path | str]) -> list[Captioner]:
    """The complete captioners that are downloaded, or in ``folders`` or directly inside them."""
    places = [downloads(), *map(Path, folders)]
    found: dict[Path, Captioner] = {}
    for place in places:
        for folder in (place, *_subfolders(place)):
            try:
                found.setdefault(folder.resolve(), recognize(folder))
            except StylekilnError:
                continue  # a folder of something else
    return list(found.values())


def recognize(folder: Path) -> Captioner:
    """The captioner in ``folder``.

    Raises MissingFileError when the folder or a part of the model is missing, and ModelFileError
    when it holds another kind of model.
    """
    folder = require_folder(folder)
    if (folder / CONFIG).is_file() and not (folder / MODEL).is_file():
        kind = _kind_of(folder)
        if kind is not None:
            _require(folder, _WEIGHTS)
            _require(folder, _TOKENIZERS)
            _require(folder, _PROCESSORS)
            return Captioner(folder, kind)
    if not (folder / MODEL).is_file() and not (folder / TAGS).is_file():
        raise ModelFileError(
            "{path} holds no model that writes captions.",
            path=folder,
            remedy="Choose a folder with a WD tagger (model.onnx and selected_tags.csv), BLIP or "
            "Florence-2.",
        )
    _require(folder, (MODEL,))
    _require(folder, (TAGS,))
    return Captioner(folder, "wd")


def read_config(folder: Path) -> dict[str, Any]:
    """The model's config.json. Raises ModelFileError."""
    path = folder / CONFIG
    try:
        if path.stat().st_size > _LARGEST_CONFIG:
            raise ValueError("too large")
        config = json.loads(path.read_text("utf-8-sig"))
        if not isinstance(config, dict):
            raise ValueError("not an object")
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(
            "{path} cannot be read.", path=path, remedy="Copy or download it again."
        ) from error
    return config


def _kind_of(folder: Path) -> Kind | None:
    """What a transformers folder holds, None for another model."""
    config = read_config(folder)
    kinds: dict[str, Kind] = {"blip": "blip", "florence2": "florence"}
    kind = kinds.get(str(config.get("model_type")))
    if kind is not None and "auto_map" in config:
        raise ModelFileError(
            "The model in {path} needs code of its own, which is never run.",
            path=folder,
            remedy="Use its version for transformers, such as florence-community/Florence-2-base.",
        )
    return kind


def _require(folder: Path, names: tuple[str, ...]) -> None:
    """At least one of ``names`` is in ``folder``."""
    if not any((folder / name).is_file() for name in names):
        raise MissingFileError(
            "{name} is missing in {path}.",
            name=names[0],
            path=folder,
            remedy="Copy or download the model again.",
        )


def _subfolders(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir())
    except OSError:
        return []
