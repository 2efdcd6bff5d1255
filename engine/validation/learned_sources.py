"""The pictures that a run learned from, found again: what is used today may be another set.

The run's own record decides. A picture that was rejected or held out since, or that another split
measures now, was learned from all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.dataset.library import Library
from engine.dataset.samples import Sample, sample_of
from engine.project.project import Project
from engine.runtime.errors import StylekilnError
from engine.training.config import TrainRequest
from engine.training.pictures import Sources
from engine.training.ways import on_its_way, way_of


@dataclass(frozen=True)
class Found:
    """``training`` are the pictures learned from that are still there with the same content,
    ``samples`` how each was edited where that is known, ``held_out`` those that were not learned
    from, and ``total`` how many the record names.
    """

    training: tuple[Path, ...]
    samples: Mapping[Path, Sample]
    held_out: tuple[Sample, ...]
    total: int


def find_again(request: TrainRequest, sources: Sources | None, noted: Mapping[str, int]) -> Found:
    """What ``noted``, bytes by path, says was learned from, beside what ``sources`` are today (None
    where they cannot be read). A picture that lies elsewhere in them by the same name, with as many
    bytes, is the one that was moved. A run that noted nothing is taken to have learned from all.
    """
    now = () if sources is None else sources.training
    held_out = () if sources is None else sources.held_out
    if not noted:
        plain = {one.path: one for one in now if not one.is_reg}
        return Found(tuple(plain), plain, held_out, len(plain))
    known = {one.path: one for one in (*_of_library(request), *held_out, *now)}
    moved = {_mark(path): path for path in known if str(path) not in noted}
    samples: dict[Path, Sample] = {}
    training: dict[Path, None] = {}
    names: set[str] = set()
    for name, size in noted.items():
        path = Path(name)
        if _is_regularization(path, known, request):
            continue
        names.add(name)
        found = path if _size(path) == size else moved.get((path.name, size))
        if found is not None:
            training[found] = None
            if found in known:
                samples[found] = known[found]
    unseen = tuple(
        one for one in held_out if str(one.path) not in names and one.path not in training
    )
    return Found(tuple(training), samples, unseen, len(names))


def _is_regularization(path: Path, known: Mapping[Path, Sample], request: TrainRequest) -> bool:
    if path in known:
        return known[path].is_reg
    folder = request.reg_data_dir
    return bool(folder) and path.is_relative_to(Path(folder).absolute())


def _of_library(request: TrainRequest) -> Iterator[Sample]:
    """All pictures of the run's project, also those that are no longer used."""
    if not request.project:
        return
    way = way_of(request)
    with suppress(StylekilnError):
        project = Project.open(Path(request.project))
        with closing(Library(project.database)) as library:
            for picture in library.pictures():
                yield on_its_way(sample_of(picture, project), way)


def _mark(path: Path) -> tuple[str, int]:
    return path.name, _size(path)


def _size(path: Path) -> int:
    """Bytes; -1 of a file that is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return -1
