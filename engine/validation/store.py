"""Cells by recipe: the identity of a picture before it is drawn, and the folder of drawn ones.

A cell's identifier is the SHA-256 of the canonical JSON of all that influences it, with files named
by their content. So a changed setting, prompt or file makes another cell, a moved or renamed file
does not, and grids share what they have in common.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.models.catalogue import find_lora
from engine.models.family import STARTER, STARTER_FOLDER
from engine.models.hashes import file_sha256
from engine.prompt.syntax import take_loras
from engine.runtime.files import require_file
from engine.sampling.picture_text import save_picture
from engine.sampling.request import ImageRequest

# Raise it when the same request would give other pictures: a change of noise, sampler or decoder.
RECIPE_VERSION = 1
_WITHOUT_EFFECT = ("batch_size", "count", "output_dir", "file_name", "file_format")
_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".json")


def recipe_of(image: ImageRequest) -> dict[str, Any]:
    """All that influences the first picture of ``image``; MissingFileError if a file is gone."""
    values = image.model_dump(mode="json", exclude=set(_WITHOUT_EFFECT))
    prompt, tags = take_loras(image.prompt)
    values["prompt"] = prompt
    values["model"] = model_hash(image.model)
    values["loras"] = [
        [file_sha256(require_file(Path(use.path))), use.weight, use.text]
        for use in image.loras
        if use.weight or use.text
    ]
    values["loras"] += [
        [file_sha256(find_lora(tag.name)), tag.unet_weight, tag.text_weight]
        for tag in tags
        if tag.valid
    ]
    if image.init_image is None:
        for name in ("init_image", "mask", "strength"):
            values.pop(name)
    else:
        for name in ("init_image", "mask"):
            if values[name] is not None:
                values[name] = file_sha256(require_file(Path(values[name])))
    return {"recipe_version": RECIPE_VERSION, **values}


def cell_id(image: ImageRequest) -> str:
    """The identifier of the first picture of ``image``, 64 hex digits."""
    text = json.dumps(recipe_of(image), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def model_hash(ref: str) -> str:
    """SHA-256 of a single file, or of the names and contents of a folder's weights and configs."""
    path = STARTER_FOLDER if ref == STARTER else Path(ref)
    if not path.is_dir():
        return file_sha256(require_file(path))
    digest = hashlib.sha256()
    for file in sorted(path.glob("*/*")):
        if file.suffix in _WEIGHT_SUFFIXES and file.is_file():
            digest.update(f"{file.relative_to(path).as_posix()} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


class CellStore:
    """Finished cells in one folder, one PNG per identifier."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def path(self, cell: str) -> Path:
        """Where a cell is, or will be."""
        return self.folder / f"{cell}.png"

    def names(self) -> frozenset[str]:
        """The names of all files that are there."""
        try:
            return frozenset(os.listdir(self.folder))
        except OSError:  # nothing was drawn yet, or the folder is gone
            return frozenset()

    def find(self, cell: str) -> Path | None:
        """The picture of a cell, or None when it is not there or not whole."""
        path = self.path(cell)
        try:
            with Image.open(path) as image:
                image.verify()
        except (OSError, SyntaxError, ValueError):
            # Absent or damaged: either way it has to be drawn.
            return None
        return path

    def put(self, cell: str, picture: np.ndarray, infotext: str) -> Path:
        """Keep the picture (RGB uint8) of a cell; StorageError when it cannot be written."""
        path = self.path(cell)
        save_picture(path, picture, infotext)
        return path
