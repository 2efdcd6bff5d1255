"""Taggers of the WD family: an ONNX picture classifier and the list of its tags.

Input: one float32 ``[N, S, S, 3]``, colors in the order blue, green, red, values 0 to 255, the
picture in the middle of a white square. Output: ``[N, tags]``, the probability of each line of
``selected_tags.csv`` (columns ``tag_id,name,category,count``; categories are Danbooru's numbers
and 9 for the rating).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from engine.dataset.captioners import MODEL, TAGS
from engine.dataset.tagging import CaptionRequest, TagCategory
from engine.dataset.tags import alike
from engine.dataset.writing import Described
from engine.runtime.errors import ModelFileError
from engine.runtime.onnx import open_session, run_session

if TYPE_CHECKING:
    from collections.abc import Sequence

_CATEGORIES: dict[int, TagCategory] = {
    0: "general",
    1: "artist",
    3: "copyright",
    4: "character",
    5: "meta",
    9: "rating",
}
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_LEAST_CHARACTER = 0.15  # below which the widest gap says nothing about characters
TOP = 20
"""How many of the likeliest tags are reported of each picture."""


@dataclass(frozen=True)
class Tag:
    """One line of selected_tags.csv."""

    name: str
    category: TagCategory


class WdTagger:
    """A tagger in memory. Raises MissingFileError, ModelFileError or MemoryError."""

    def __init__(self, folder: Path) -> None:
        self.tags = read_tags(folder / TAGS)
        self._session = open_session(folder / MODEL)
        self._input, self._type, self._side, self._fixed = _read_input(self._session)
        self._output = self._find_output()

    def describe(self, pictures: Sequence[np.ndarray], request: CaptionRequest) -> list[Described]:
        """What each uint8 RGB ``[H, W, 3]`` shows, as ``request`` chooses."""
        found = []
        step = self._fixed or len(pictures)
        for start in range(0, len(pictures), max(1, step)):
            found += list(self.probabilities(pictures[start : start + step]))
        return [_described(self.tags, row, request) for row in found]

    def probabilities(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[N, tags]``, 0 to 1."""
        squares = [square(picture, self._side) for picture in pictures]
        batch: np.ndarray = np.zeros(
            (self._fixed or len(squares), self._side, self._side, 3), self._type
        )
        batch[: len(squares)] = squares
        values = run_session(self._session, {self._input: batch})[self._output]
        if values.shape != (len(batch), len(self.tags)):
            raise _foreign_tags(len(self.tags), values.shape[-1])
        values = values[: len(squares)].astype(np.float32)
        if values.min() < 0.0 or values.max() > 1.0:  # exported without the last sigmoid
            values = 1.0 / (1.0 + np.exp(-values.clip(-60.0, 60.0)))
        return values

    def _find_output(self) -> int:
        """The output that has a value for each tag."""
        shapes = [list(output.shape) for output in self._session.get_outputs()]
        fitting = [n for n, shape in enumerate(shapes) if _fits(shape, len(self.tags))]
        if not fitting:
            raise _foreign_tags(len(self.tags), shapes[0][-1] if shapes and shapes[0] else 0)
        return fitting[-1]


def read_tags(path: Path) -> list[Tag]:
    """The tags in the order of the model's output. Raises ModelFileError."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        if not rows:
            raise ValueError("no tags")
        return [Tag(row["name"], _CATEGORIES.get(int(row["category"]), "general")) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise ModelFileError(
            "{path} is not a list of tags with the columns name and category.",
            path=path,
            remedy="Copy or download it again.",
        ) from error


def square(picture: np.ndarray, side: int) -> np.ndarray:
    """uint8 RGB ``[H, W, 3]`` in the middle of a white square, as uint8 BGR ``[side, side, 3]``."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    canvas = np.full((longest, longest, 3), 255, np.uint8)
    top, left = (longest - height) // 2, (longest - width) // 2
    canvas[top : top + height, left : left + width] = picture
    resized = Image.fromarray(canvas).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(resized)[..., ::-1]


def choose(
    tags: Sequence[Tag], probabilities: np.ndarray, request: CaptionRequest
) -> list[tuple[str, float]]:
    """The tags to write and their probabilities, likeliest first. Of the ratings only one."""
    found: list[tuple[str, float]] = []
    excluded = {alike(tag) for tag in request.excluded}
    for category in dict.fromkeys(request.categories):
        places = [n for n, tag in enumerate(tags) if tag.category == category]
        if not places:
            continue
        values = probabilities[places]
        chosen = (
            [int(values.argmax())] if category == "rating" else _above(values, category, request)
        )
        found += [(tags[places[n]].name, float(values[n])) for n in chosen]
    found.sort(key=lambda item: -item[1])
    written = [(_written(name, request), value) for name, value in found]
    return [(name, value) for name, value in written if alike(name) not in excluded]


def widest_gap(values: np.ndarray) -> float:
    """The middle of the widest gap between neighbors in ``values`` (Largeron, Moulin and Géry,
    "MCut: A Thresholding Strategy for Multi-label Classification", 2012).
    """
    if len(values) < 2:
        return 0.0
    ordered = np.sort(values.astype(np.float64))[::-1]
    place = int((ordered[:-1] - ordered[1:]).argmax())
    return float(ordered[place] + ordered[place + 1]) / 2


def is_face(tag: str) -> bool:
    """Whether ``tag`` is drawn with signs, as ``^_^`` and ``o_o``: its underscore is a mouth."""
    sides = tag.split("_")
    return len(sides) == 2 and all(sum(map(str.isalnum, side)) <= 1 for side in sides)


def _above(values: np.ndarray, category: str, request: CaptionRequest) -> list[int]:
    characters = category == "character"
    least = request.character_threshold if characters else request.threshold
    if request.cut == "gap":
        least = max(widest_gap(values), _LEAST_CHARACTER if characters else 0.0)
    return [int(n) for n in np.flatnonzero(values >= least)]


def _written(name: str, request: CaptionRequest) -> str:
    return name if not request.replace_underscores or is_face(name) else name.replace("_", " ")


def _described(tags: Sequence[Tag], row: np.ndarray, request: CaptionRequest) -> Described:
    top = np.argsort(-row, kind="stable")[:TOP]
    likeliest = {_written(tags[n].name, request): round(float(row[n]), 4) for n in top}
    return Described(tuple(name for name, _ in choose(tags, row, request)), probabilities=likeliest)


def _read_input(session: Any) -> tuple[str, type, int, int]:
    """Name, type and side of the input, and how many pictures it takes (0 for any number)."""
    inputs = session.get_inputs()
    shape = list(inputs[0].shape) if len(inputs) == 1 else []
    kind = _TYPES.get(inputs[0].type) if inputs else None
    right = len(shape) == 4 and shape[3] == 3 and shape[1] == shape[2]
    if not right or not isinstance(shape[1], int) or kind is None:
        raise ModelFileError(
            "{name} takes {shape}, not pictures of the shape N, side, side, 3.",
            name=MODEL,
            shape=", ".join(map(str, shape)) or f"{len(inputs)} inputs",
            remedy="Choose a tagger of the WD family.",
        )
    return inputs[0].name, kind, shape[1], shape[0] if isinstance(shape[0], int) else 0


def _fits(shape: list[Any], tags: int) -> bool:
    return len(shape) == 2 and (shape[1] == tags or not isinstance(shape[1], int))


def _foreign_tags(tags: int, outputs: object) -> ModelFileError:
    return ModelFileError(
        "{tags} tags are listed, but the model gives {outputs} values: they are not of one model.",
        tags=tags,
        outputs=outputs,
        remedy="Use the model.onnx and selected_tags.csv of the same tagger.",
    )
