"""The pictures that a grid is compared with, as training saw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from engine.dataset.edits import Recipe, bake
from engine.dataset.library import Library
from engine.dataset.masks import MaskStore
from engine.dataset.picture import Picture
from engine.imaging.adjust import resize
from engine.imaging.alpha import Fill
from engine.imaging.decode import load_rgba
from engine.project import links
from engine.project.project import Project
from engine.runtime.errors import StylekilnError
from engine.training.runs import Run, folder_of_run
from engine.validation.held_out import HeldOut
from engine.validation.learned import TrainedRun, so_far
from engine.validation.overfit_data import read_plain
from engine.validation.sentences import Sentence

SHOWN = 320
"""Pixels of the longer side of a training picture beside a generated one."""


class Learned(NamedTuple):
    """The pictures that were trained on, those held out, and how training sees them; the held-out
    ``losses`` of checkpoints by file, and ``notes`` on whose pictures they are.
    """

    training: Sequence[Path]
    held_out: Sequence[Path]
    read: Callable[[Path], np.ndarray]
    losses: Mapping[str, HeldOut] = MappingProxyType({})
    notes: tuple[Sentence, ...] = ()

    def small(self, path: Path, side: int = SHOWN) -> np.ndarray:
        """A picture as it was trained on, its longer side at most ``side`` pixels, uint8
        ``[H, W, 3]``. Raises PictureError or MissingFileError.
        """
        picture = self.read(path)
        height, width = picture.shape[:2]
        scale = min(1.0, side / max(height, width))
        return resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))


class Prepared(NamedTuple):
    """How each training picture is edited and its transparent parts are filled, by path, and where
    the masks and pictures of both lie.
    """

    edits: Mapping[str, tuple[Recipe, Fill]]
    masks: MaskStore

    def read(self, path: Path) -> np.ndarray:
        """A picture as training sees it before its bucket, uint8 ``[H, W, 3]``."""
        recipe, fill = self.edits.get(str(path), (Recipe(), Fill()))
        return bake(load_rgba(path), recipe, fill, self.masks)


def learned_with(
    checkpoints: Sequence[str],
    project: Project | None = None,
    pictures: Iterable[Picture] | None = None,
) -> Learned:
    """What the runs of ``checkpoints`` learned from, all together. Where none is of a run, what
    ``project`` has: its ``pictures``, read here unless given. Without either they are not known,
    and read as they lie, transparent parts on white. ``notes`` say which it is, and what is gone.
    """
    runs, strangers = runs_of(checkpoints)
    if runs:
        return _of_runs(runs, strangers)
    if project is None:
        return Learned((), (), read_plain)
    found = _of_project(project, _pictures_of(project) if pictures is None else pictures)
    words = (
        "{name} belongs to no run here, so it is compared with the pictures of the open project."
    )
    return found._replace(notes=(Sentence(words, {"name": _listed(strangers)}),))


def _of_runs(runs: Sequence[TrainedRun], strangers: Sequence[str]) -> Learned:
    """Together: a picture that one of them learned from is held out for none."""
    training = dict.fromkeys(path for run in runs for path in run.training)
    held_out = dict.fromkeys(path for run in runs for path in run.held_out)
    samples = {path: run for run in reversed(runs) for path in run.samples}

    def read(path: Path) -> np.ndarray:
        run = samples.get(path)
        return read_plain(path) if run is None else run.read(path)

    return Learned(
        list(training),
        [path for path in held_out if path not in training],
        read,
        losses={file: loss for run in runs for file, loss in run.measured.items()},
        notes=tuple(_notes(runs, strangers)),
    )


def _notes(runs: Sequence[TrainedRun], strangers: Sequence[str]) -> Iterator[Sentence]:
    known = [run.name for run in runs if run.problem is None]
    if len(known) > 1:
        words = "Compared with what {count} runs learned from, together: {names}."
        yield Sentence(words, {"count": str(len(known)), "names": ", ".join(known)})
    for run in runs:
        if run.problem is not None:
            yield Sentence(run.problem.sentence, run.problem.facts)
        elif len(run.training) < run.total:
            words = (
                "Compared with {count} of the {total} pictures that {name} learned from; the "
                "others are gone or were changed since, so copies of them are not seen."
            )
            facts = {"count": str(len(run.training)), "total": str(run.total), "name": run.name}
            yield Sentence(words, facts)
    if strangers:
        words = "{name} belongs to no run here, so nobody can tell what it learned from."
        yield Sentence(words, {"name": _listed(strangers)})


def _listed(files: Sequence[str]) -> str:
    return ", ".join(Path(file).name for file in files)


def _of_project(project: Project, pictures: Iterable[Picture]) -> Learned:
    usable = [item for item in pictures if not item.problem]
    edits = {str(item.path): (item.recipe, project.file.fill_of(item.category)) for item in usable}
    return Learned(
        [item.path for item in usable if item.usable],
        [item.path for item in usable if item.held_out],
        Prepared(edits, MaskStore(project.masks)).read,
    )


def _pictures_of(project: Project) -> list[Picture]:
    with closing(Library(project.database)) as library:
        return library.pictures()


def project_of(folder: Path) -> Project | None:
    """The project that ``folder`` lies in."""
    root = links.root_of(folder)
    return None if root is None else Project.open(root)


def runs_of(checkpoints: Iterable[str]) -> tuple[list[TrainedRun], list[str]]:
    """The runs that ``checkpoints`` are of, and those that are of none whose files can be read; the
    base model's is empty.
    """
    runs: dict[Path, TrainedRun] = {}
    strangers = []
    for file in dict.fromkeys(one for one in checkpoints if one):
        folder = folder_of_run(Path(file))
        try:
            if folder is None:
                strangers.append(file)
            elif folder not in runs:
                runs[folder] = so_far(Run.open(folder))
        except StylekilnError:
            strangers.append(file)
    return list(runs.values()), strangers
