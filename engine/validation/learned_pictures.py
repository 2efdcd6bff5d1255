"""The pictures that a grid is compared with, as training saw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
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
from engine.training.runs import folder_of_run
from engine.validation.learned import learned_by
from engine.validation.overfit_data import read_plain

SHOWN = 320
"""Pixels of the longer side of a training picture beside a generated one."""


class Learned(NamedTuple):
    """The pictures that were trained on, those held out, and how training sees them."""

    training: Sequence[Path]
    held_out: Sequence[Path]
    read: Callable[[Path], np.ndarray]

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
    """What the run of ``checkpoints`` learned from; where they are not of one run, or its files are
    damaged, what ``project`` has: its ``pictures``, read here unless given. Without either they are
    not known, and read as they lie, transparent parts on white.

    Raises the error of a run whose pictures are gone.
    """
    folder = run_of(checkpoints)
    if folder is not None:
        try:
            run = learned_by(folder)
        except StylekilnError:
            run = None  # a run whose files are damaged: the project's pictures stand in
        if run is not None and run.problem is not None:
            raise run.problem
        if run is not None:
            return Learned(run.training, run.held_out, run.read)
    if project is None:
        return Learned((), (), read_plain)
    return _of_project(project, _pictures_of(project) if pictures is None else pictures)


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


def run_of(checkpoints: Iterable[str]) -> Path | None:
    """The run's folder if all ``checkpoints`` are of one run; the base model's is empty."""
    folders = {folder_of_run(Path(path)) for path in checkpoints if path}
    return folders.pop() if len(folders) == 1 else None
