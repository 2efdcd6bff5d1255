"""What a run reads otherwise than the library of its project says, found before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.dataset.edits import Fill
from engine.training.config import TrainRequest
from engine.training.sources_folder import regularization
from engine.training.ways import TrainingSample, Way, held_apart, way_of

if TYPE_CHECKING:
    from engine.dataset.picture import Picture


class Regular(NamedTuple):
    """A picture of the regularization folder."""

    size: tuple[int, int]
    repeats: int
    caption: str


@dataclass(frozen=True)
class SetApart:
    """``held_out`` are the files of the held-out share; ``regular`` is what the regularization
    folder adds.
    """

    held_out: frozenset[Path] = frozenset()
    regular: tuple[Regular, ...] = ()


NOTHING = SetApart()


def set_apart(pictures: Iterable[Picture], request: TrainRequest) -> SetApart:
    """What ``request`` sets apart of a project's ``pictures``, and adds to them. Reads files.

    Raises MissingFileError for a missing folder, BadInputError when nothing is left to learn.
    """
    way = way_of(request)
    regular = regularization(request, way, lambda _: None)
    found = (Regular(one.size, one.repeats, one.caption) for one in regular)
    return SetApart(_held_out(list(pictures), way), tuple(found))


def _held_out(pictures: list[Picture], way: Way) -> frozenset[Path]:
    """By the same rule as in the run: what is held out by hand is enough."""
    if not way.validation_split or any(picture.is_measured for picture in pictures):
        return frozenset()
    samples = [
        TrainingSample(
            picture.path, "", picture.repeats, (0, 0), picture.recipe, Fill(), picture.is_reg,
            str(picture.path.parent), way=way,
        )
        for picture in pictures if picture.usable
    ]  # fmt: skip
    if all(sample.is_reg for sample in samples):
        return frozenset()  # nothing to learn anyway
    return frozenset(sample.path for sample in held_apart(samples, lambda _: None)[1])
