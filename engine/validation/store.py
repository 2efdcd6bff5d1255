"""Cells by recipe: the identity of a picture before it is drawn, and the folder of drawn ones.

A cell's identifier is the SHA-256 of the canonical JSON of all that influences it, with files named
by their content. So a changed setting, prompt or file makes another cell, a moved or renamed file
does not, and grids share what they have in common.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.models.catalogue import find_lora
from engine.models.family import CLIP_VOCABULARY, FAMILIES, STARTER, STARTER_FOLDER
from engine.models.hashes import file_sha256
from engine.models.headers import read_json
from engine.models.inspect import inspect
from engine.models.native import native_size
from engine.prompt.schedule import Voice, course
from engine.prompt.syntax import take_loras
from engine.runtime.errors import StorageError, StylekilnError
from engine.runtime.files import exists, require_file
from engine.sampling.picture_text import save_picture
from engine.sampling.request import ImageRequest
from engine.validation.small import write_small

# Raise it when the same request would give other pictures: a change of noise, sampler or decoder.
RECIPE_VERSION = 1
WITHOUT_EFFECT = ("batch_size", "count", "output_dir", "file_name", "file_format")
_DECIMALS = 9
_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".json")


class FileHashes:
    """Hashes by path, each looked up once: a plan of many cells names few files. They are those of
    one moment; who asks later makes another one.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._sides: dict[str, int] = {}
        self._sets: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}

    def model(self, ref: str) -> str:
        """Of a base model; MissingFileError when it is gone."""
        return self._known.get(ref) or self._known.setdefault(ref, model_hash(ref))

    def file(self, path: str) -> str:
        """Of a file; MissingFileError when it is gone."""
        known = self._known.get(path)
        return known or self._known.setdefault(path, file_sha256(require_file(Path(path))))

    def own_side(self, ref: str) -> int:
        """The side of a base model's pictures where its folder tells it for sure, else 0."""
        if ref not in self._sides:
            self._sides[ref] = _own_side(ref)
        return self._sides[ref]

    def of(self, image: ImageRequest) -> tuple[tuple[str, str], ...]:
        """Paths and hashes of all files that ``image`` is made with."""
        found = [(image.model, self.model(image.model))]
        found += [(path, self.file(path)) for path in _files(image)]
        return self._sets.setdefault(tuple(found), tuple(found))


def files_of(image: ImageRequest) -> dict[str, str]:
    """Hashes of the files that ``image`` is made with, as they are now, by their paths.

    MissingFileError when one is gone.
    """
    return dict(FileHashes().of(image))


def _files(image: ImageRequest) -> list[str]:
    named = [tag.name for tag in take_loras(image.prompt)[1] if tag.valid]
    starts = [path for path in (image.init_image, image.mask) if path]
    uses = [use.path for use in image.loras if use.weight or use.text]
    return [*uses, *(str(find_lora(name)) for name in named), *starts]


def recipe_of(image: ImageRequest, hashes: FileHashes | None = None) -> dict[str, Any]:
    """All that influences the first picture of ``image``; MissingFileError if a file is gone."""
    hashes = hashes or FileHashes()
    values: dict[str, Any] = {
        name: _plain(value) if isinstance(value, float) else value
        for name, value in image.__dict__.items()
        if name not in WITHOUT_EFFECT
    }
    prompt, tags = take_loras(image.prompt)
    values["prompt"] = prompt
    values |= _grammar(image)
    values["model"] = hashes.model(image.model)
    values["loras"] = [
        [hashes.file(use.path), _plain(use.weight), _plain(use.text)]
        for use in image.loras
        if use.weight or use.text
    ]
    values["loras"] += [
        [hashes.file(str(find_lora(tag.name))), _plain(tag.unet_weight), _plain(tag.text_weight)]
        for tag in tags
        if tag.valid
    ]
    for name in ("wildcards", "lora_folders"):  # where words and files are looked for
        values.pop(name)
    if image.init_image is None:
        for name in ("init_image", "mask", "strength"):
            values.pop(name)
        for name in ("width", "height"):
            if values[name] and values[name] == hashes.own_side(image.model):
                values[name] = 0
    else:
        for name in ("init_image", "mask"):
            if values[name] is not None:
                values[name] = hashes.file(values[name])
    return {"recipe_version": RECIPE_VERSION, **values}


def _grammar(image: ImageRequest) -> dict[str, int]:
    """What tells a prompt that changes on its way from the same text drawn when brackets and AND
    were only words; others keep the cells they had.
    """
    if "[" not in image.prompt + image.negative_prompt and "AND" not in image.prompt:
        return {}
    steps = image.steps
    sides = (
        course(image.prompt, steps, image.emphasis),
        course(image.negative_prompt, steps, image.emphasis, together=False),
    )
    texts = (take_loras(image.prompt)[0], take_loras(image.negative_prompt)[0])
    same = all(side == ((Voice(text),),) * steps for side, text in zip(sides, texts, strict=True))
    return {} if same else {"prompt_grammar": 2}


def _plain(number: float) -> float:
    """``number`` without what sums of decimals leave behind, where minus zero is zero."""
    return round(number, _DECIMALS) + 0.0


def cell_id(image: ImageRequest, hashes: FileHashes | None = None) -> str:
    """The identifier of the first picture of ``image``, 64 hex digits."""
    recipe = recipe_of(image, hashes)
    text = json.dumps(recipe, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _own_side(ref: str) -> int:
    path = STARTER_FOLDER if ref == STARTER else Path(ref)
    try:
        # Of a single file it may hang on what loading finds out.
        return native_size(inspect(ref)) if path.is_dir() else 0
    except (OSError, ValueError, KeyError, TypeError, StylekilnError):  # loading tells it
        return 0


def model_hash(ref: str) -> str:
    """SHA-256 of a single file, or of the names and contents of a folder's weights and configs,
    with the byte pairs of its tokenizers where they are used.
    """
    path = STARTER_FOLDER if ref == STARTER else Path(ref)
    if not (exists(path) and path.is_dir()):
        return file_sha256(require_file(path))
    digest, merges = hashlib.sha256(), _own_merges(path)
    for file in sorted(path.glob("*/*")):
        if (file.suffix in _WEIGHT_SUFFIXES or file in merges) and file.is_file():
            digest.update(f"{file.relative_to(path).as_posix()} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


def _own_merges(folder: Path) -> set[Path]:
    """The byte pairs of tokenizers that are read from ``folder``. With CLIP's vocabulary our own
    copy is, whatever lies there.
    """
    found = set()
    for encoder in (one for family in FAMILIES.values() for one in family.text_encoders):
        with contextlib.suppress(StylekilnError):  # loading tells it
            config = read_json(folder / encoder.folder / "config.json")
            if config.get("vocab_size", CLIP_VOCABULARY) != CLIP_VOCABULARY:
                found.add(folder / encoder.tokenizer / "merges.txt")
    return found


_PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
_PNG_ENDS = b"\x00\x00\x00\x00IEND\xaeB`\x82"


class CellStore:
    """Finished cells in one folder, one PNG per identifier."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def path(self, cell: str) -> Path:
        """Where a cell is, or will be."""
        return self.folder / self.name(cell)

    @staticmethod
    def name(cell: str) -> str:
        """What the file of a cell is called."""
        return f"{cell}.png"

    def names(self) -> frozenset[str]:
        """The names of all files that are there."""
        try:
            return frozenset(os.listdir(self.folder))
        except OSError:  # nothing was drawn yet, or the folder is gone
            return frozenset()

    def size(self, cell: str) -> int:
        """Bytes of a cell on disk, 0 when it is not there."""
        try:
            return self.path(cell).stat().st_size
        except OSError:
            return 0

    def looks_whole(self, cell: str) -> bool:
        """Whether a cell is a PNG from its first bytes to its last; :meth:`find` reads what lies
        between as well.
        """
        try:
            with self.path(cell).open("rb") as file:
                begins = file.read(len(_PNG_BEGINS)) == _PNG_BEGINS
                file.seek(-len(_PNG_ENDS), os.SEEK_END)
                return begins and file.read() == _PNG_ENDS
        except OSError:
            return False

    def find(self, cell: str, size: tuple[int, int] = (0, 0)) -> Path | None:
        """The picture of a cell, or None when it is not there, not whole, or not of ``size``: width
        and height, 0 for any.
        """
        path = self.path(cell)
        try:
            with Image.open(path) as image:
                if any(side not in (0, own) for side, own in zip(size, image.size, strict=True)):
                    return None
                image.verify()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            # Absent or damaged: either way it has to be drawn.
            return None
        return path

    def put(self, cell: str, picture: np.ndarray, infotext: str) -> Path:
        """Keep the picture (RGB uint8) of a cell; StorageError when it cannot be written."""
        path = self.path(cell)
        save_picture(path, picture, infotext)
        with contextlib.suppress(StorageError):  # the picture is there; its copy only saves time
            write_small(path, picture)
        return path
