"""What a filter can ask of a picture, read of one picture or of all at once."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.dataset.picture import column
from engine.dataset.query_text import fold, fold_path, neat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.dataset.picture import Picture

_TYPES = {"jpeg": "jpg", "jpe": "jpg", "tiff": "tif"}


def kin(pictures: Sequence[Picture]) -> list[str]:
    """Of each picture which others it is compared with: its category, or where it has none the
    folder it lies in.
    """
    given = column(pictures, "category")
    if all(given):
        return given
    folders = _folders(pictures)
    names = {folder: os.path.basename(folder) for folder in set(folders)}
    return [name or names[folder] for name, folder in zip(given, folders, strict=True)]


def file_type(name: str) -> str:
    """``"jpg"`` for ``"jpg"``, ``".JPEG"`` and the like."""
    bare = name.casefold().lstrip(".")
    return _TYPES.get(bare, bare)


def _known(number: float) -> float:
    return float(number) if number else math.nan


NUMBERS: dict[str, Callable[[Picture], float]] = {
    "stars": lambda p: p.stars,
    "width": lambda p: _known(p.width),
    "height": lambda p: _known(p.height),
    "area": lambda p: _known(p.width * p.height),
    "aspect": lambda p: p.width / p.height if p.height else math.nan,
    "chars": lambda p: len(p.caption),
    "sharpness": lambda p: math.nan if p.sharpness is None else p.sharpness,
    "repeats": lambda p: p.repeats,
    "size": lambda p: p.bytes,
    "modified": lambda p: p.modified,
    "alpha": lambda p: p.has_alpha,
    "mask": lambda p: any(step.kind == "mask" and step.on for step in p.recipe.steps),
    "crop": lambda p: p.recipe.crop is not None,
    "edited": lambda p: any(step.on for step in p.recipe.steps),
    "heldout": lambda p: p.held_out,
    "reg": lambda p: p.is_reg,
    "unreadable": lambda p: bool(p.problem),
}
"""What is read of a picture as a number; yes and no are 1 and 0."""

TEXTS: dict[str, Callable[[Picture], str]] = {
    "raw caption": lambda p: neat(p.caption),
    "raw name": lambda p: neat(p.path.name),
    "caption": lambda p: fold(p.caption),
    "stem": lambda p: fold(p.name),
    "name": lambda p: fold(p.path.name),
    "path": lambda p: fold_path(str(p.path)),
}
"""What is read of a picture as a text of its own, folded unless it is raw."""

GROUPS: dict[str, Callable[[Picture], str]] = {
    "category": lambda p: p.category,
    "folder": lambda p: str(p.path.parent),
    "type": lambda p: file_type(p.path.suffix),
    "flag": lambda p: p.flag,
}
"""What is read of a picture as a text that many share."""


def _plain(name: str) -> Callable[[Sequence[Picture]], Any]:
    return lambda pictures: column(pictures, name)


def _folders(pictures: Sequence[Picture]) -> list[str]:
    return [file[: file.rfind(os.sep)] or os.sep for file in column(pictures, "file")]


def _sides(pictures: Sequence[Picture]) -> tuple[np.ndarray, np.ndarray]:
    width = np.array(column(pictures, "width"), np.float64)
    height = np.array(column(pictures, "height"), np.float64)
    width[width == 0] = height[height == 0] = math.nan
    return width, height


def _edits(name: str) -> Callable[[Sequence[Picture]], list[float]]:
    """Of pictures without edits it is known without reading any."""

    def read_all(pictures: Sequence[Picture]) -> list[float]:
        recipes = column(pictures, "recipe")
        read = NUMBERS[name]
        return [
            read(picture) if recipe else 0.0
            for picture, recipe in zip(pictures, recipes, strict=True)
        ]

    return read_all


def _names(pictures: Sequence[Picture]) -> list[str]:
    return list(map(os.path.basename, column(pictures, "file")))


WHOLE: dict[str, Callable[[Sequence[Picture]], Any]] = {
    "ids": _plain("id"),
    "stars": _plain("stars"),
    "width": lambda pictures: _sides(pictures)[0],
    "height": lambda pictures: _sides(pictures)[1],
    "area": lambda pictures: np.multiply(*_sides(pictures)),
    "aspect": lambda pictures: np.divide(*_sides(pictures)),
    "chars": lambda pictures: list(map(len, column(pictures, "caption"))),
    "sharpness": lambda pictures: np.array(column(pictures, "sharpness"), np.float64),
    "repeats": _plain("repeats"),
    "size": _plain("bytes"),
    "modified": _plain("modified"),
    "alpha": _plain("has_alpha"),
    "mask": _edits("mask"),
    "crop": _edits("crop"),
    "edited": _edits("edited"),
    "heldout": _plain("held_out"),
    "reg": _plain("is_reg"),
    "unreadable": lambda pictures: list(map(bool, column(pictures, "problem"))),
    "raw caption": lambda pictures: list(map(neat, column(pictures, "caption"))),
    "raw name": lambda pictures: list(map(neat, _names(pictures))),
    "caption": lambda pictures: list(map(fold, column(pictures, "caption"))),
    "stem": lambda pictures: list(map(fold, column(pictures, "name"))),
    "name": lambda pictures: list(map(fold, _names(pictures))),
    "path": lambda pictures: list(map(fold_path, column(pictures, "file"))),
    "group category": _plain("category"),
    "group folder": _folders,
    "group type": lambda pictures: [
        file_type(os.path.splitext(file)[1]) for file in column(pictures, "file")
    ],
    "group flag": _plain("flag"),
}
"""The same as the three above, of all pictures at once; what is not here is asked one by one."""
