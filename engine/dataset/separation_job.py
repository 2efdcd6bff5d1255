"""The job behind SeparateRequest: masks are stored as they come, edits are made in one step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np

from engine.dataset.edits import Recipe
from engine.dataset.library import Library
from engine.dataset.masks import MaskStore
from engine.dataset.picture import Picture
from engine.dataset.problem import Problem
from engine.dataset.separation import SeparateRequest, SeparationResult
from engine.dataset.side_masks import load_side_mask
from engine.dataset.steps import Cutout, Mask
from engine.imaging.background import from_plain, plain_color, separate
from engine.imaging.decode import load_rgba
from engine.imaging.mask_tools import feathered, holes_filled, largest_part
from engine.project.project import Project
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.job import Job

LABEL = "Separate backgrounds"
_LEAST = 0.001  # of the pixels: a subject smaller than this, or a background, is none

Finder = Callable[[Picture, np.ndarray], np.ndarray]


def run(request: SeparateRequest, job: Job) -> SeparationResult:
    """Separate the pictures; those done stay when the job is cancelled or fails on the way.

    Raises BadInputError when there is nothing to do, and what a missing or damaged model raises.
    A picture that cannot be separated is left out and named in the result.
    """
    project = Project.open(Path(request.project))
    masks = MaskStore(project.masks)
    with closing(Library(project.database)) as library:
        pictures = _chosen(library, project, request, job)
        kept = [p for p in pictures if request.existing == "skip" and p.recipe.step(request.into)]
        wanted = [p for p in pictures if p not in kept]
        if not wanted:
            raise _nothing_left(pictures)
        finder = _finder(request)
        found: dict[int, str] = {}
        problems: list[str] = []
        try:
            for number, picture in enumerate(wanted):
                job.breathe()
                job.progress(number, len(wanted), "Separate {name}", name=picture.path.name)
                try:
                    found[picture.id] = masks.add(_mask(picture, finder, request))
                except (PictureError, MissingFileError) as error:
                    problems.append(Problem.of(error))
                    continue
                job.emit("separation.done", id=picture.id, mask=found[picture.id])
        finally:
            _keep(library, found, request)
        job.progress(len(wanted), len(wanted))
    return SeparationResult(len(found), len(pictures) - len(found), tuple(problems))


def with_mask(recipe: Recipe, key: str, request: SeparateRequest) -> Recipe:
    """``recipe`` with the cut-out or training mask of the stored mask ``key``."""
    if request.into == "cutout":
        return recipe.with_step(Cutout(mask=key, grow=request.grow, feather=request.feather))
    source: Literal["painted", "background"] = (
        "painted" if request.method == "file" else "background"
    )
    return recipe.with_step(Mask(source=source, mask=key, feather=request.feather))


def _chosen(
    library: Library, project: Project, request: SeparateRequest, job: Job
) -> list[Picture]:
    if request.pictures:
        return library.some(request.pictures)
    library.scan(project.file.folders, job)
    return [p for p in library.pictures() if p.flag != "rejected" and not p.problem]


def _keep(library: Library, found: dict[int, str], request: SeparateRequest) -> None:
    """One undo step. Edits the user made meanwhile are kept: the recipes are read only now."""
    if found:
        recipes = {p.id: with_mask(p.recipe, found[p.id], request) for p in library.some(found)}
        library.set_recipes(recipes, label=LABEL)


def _mask(picture: Picture, finder: Finder, request: SeparateRequest) -> np.ndarray:
    mask = finder(picture, load_rgba(picture.path))
    if request.largest:
        mask = largest_part(mask)
    if request.fill_holes:
        mask = holes_filled(mask)
    inside = np.count_nonzero(mask >= 128) / mask.size
    if request.method != "file" and not _LEAST <= inside <= 1 - _LEAST:
        raise PictureError(
            "No subject stands out from the background of {name}.",
            name=picture.path.name,
            remedy="Mark it with the brush, or try another method.",
        )
    return feathered(mask, request.grow, 0) if request.into == "mask" else mask


def _finder(request: SeparateRequest) -> Finder:
    """What finds the mask of a picture (and its uint8 RGBA)."""
    if request.method == "model":
        from engine.dataset.separation_onnx import Separator

        separator = Separator(Path(request.model).absolute(), request.family)
        return lambda picture, rgba: separator.mask(rgba)
    if request.method == "plain":
        return lambda picture, rgba: _of_plain(picture, rgba, request.tolerance)
    if request.method == "file":
        return lambda picture, rgba: load_side_mask(picture.path, (rgba.shape[1], rgba.shape[0]))
    return lambda picture, rgba: separate(rgba)


def _of_plain(picture: Picture, rgba: np.ndarray, tolerance: int) -> np.ndarray:
    background = plain_color(rgba, tolerance)
    if not background.is_plain:
        raise PictureError(
            "The background of {name} is not one color.",
            name=picture.path.name,
            remedy="Raise the tolerance, or try another method.",
        )
    return from_plain(rgba, tolerance, color=background.color)


def _nothing_left(pictures: list[Picture]) -> BadInputError:
    if not pictures:
        return BadInputError(
            "There are no pictures to separate.",
            remedy="Add pictures, or take back some that were rejected.",
        )
    return BadInputError(
        "All {n} pictures have one already.", n=len(pictures), remedy="Choose to do them again."
    )
