"""The job behind CaptionRequest: pictures through a model, captions written as they come.

All captions of one job are one undo step, also when it is cancelled on the way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from engine.dataset.captioners import Captioner, recognize
from engine.dataset.edits import Recipe, bake
from engine.dataset.library import Library
from engine.dataset.picture import Picture
from engine.dataset.problem import Problem
from engine.dataset.samples import sample_of
from engine.dataset.tagging import CaptionRequest, CaptionResult
from engine.dataset.writing import Described, caption_of
from engine.imaging.adjust import resize
from engine.imaging.alpha import Fill
from engine.imaging.decode import load_rgba
from engine.project.project import Project
from engine.runtime import device
from engine.runtime.errors import BadInputError, MissingFileError, PictureError, StorageError
from engine.runtime.job import Job

LABEL = "Write captions"
_LARGEST = 2048  # pixels a side; the models take up to 768


class Model(Protocol):
    """What every captioner offers."""

    def describe(self, pictures: Sequence[np.ndarray], request: CaptionRequest) -> list[Described]:
        """One for each uint8 RGB ``[H, W, 3]``. Raises MemoryError or RuntimeError without room."""


@dataclass
class _Kept:
    """The captioner that was used last: a second run need not load it again."""

    key: tuple[Any, ...] = ()
    model: Model | None = None

    def release(self) -> None:
        self.key, self.model = (), None


_KEPT = _Kept()
device.on_release(_KEPT.release)


@dataclass
class _Tally:
    written: int = 0
    done: int = 0
    problems: list[Problem] = field(default_factory=list)


def run(request: CaptionRequest, job: Job) -> CaptionResult:
    """Write the captions; what is written stays when the job is cancelled.

    Raises BadInputError when no picture is left to describe, and what a missing or damaged model
    raises. A picture that cannot be read is left out and named in the result.
    """
    project = Project.open(Path(request.project))
    captioner = recognize(Path(request.captioner).absolute())
    with closing(Library(project.database, project)) as library:
        library.scan(project.file.folders, job)
        pictures = _chosen(library.pictures(), request)
        wanted = _wanted(pictures, request)
        job.progress(0, len(wanted), "Load {name}", name=captioner.name)
        work = _Work(request, project, _loaded(captioner), job, len(wanted))
        tally = _Tally()
        with library.one_step(LABEL):
            for batch in filter(None, work.described(wanted, tally)):
                _write(library, batch, request, job, tally)
    return CaptionResult(tally.written, len(pictures) - tally.written, tuple(tally.problems))


def _write(
    library: Library,
    batch: list[tuple[Picture, Described]],
    request: CaptionRequest,
    job: Job,
    tally: _Tally,
) -> None:
    """Write what is said of a batch, beside what another program may have written meanwhile."""
    new = {picture.id: caption_of(picture.caption, said, request) for picture, said in batch}
    seen = {picture.id: picture.caption for picture, _ in batch}
    changes = library.set_captions(new, seen=seen)
    tally.written += len(changes.changed)
    if changes.problem:
        tally.problems.append(changes.problem)
    for picture, said in batch:
        if picture.id in changes.conflicts:
            tally.problems.append(_changed_meanwhile(picture))
        elif picture.id not in changes.skipped:
            likeliest = dict(said.probabilities)
            job.emit("caption.done", id=picture.id, text=new[picture.id], probabilities=likeliest)


class _Work:
    """Batches of pictures on their way through the model."""

    def __init__(
        self, request: CaptionRequest, project: Project, model: Model, job: Job, total: int
    ) -> None:
        self._request, self._project, self._model = request, project, model
        self._job, self._total = job, total
        self._size = request.batch_size

    def described(
        self, pictures: list[Picture], tally: _Tally
    ) -> Iterator[list[tuple[Picture, Described]]]:
        """Each batch with what the model says; the next one is decoded meanwhile."""
        with ThreadPoolExecutor(1, "captions") as reader:
            waiting = iter(pictures)
            ahead = reader.submit(self._read, list(islice(waiting, self._size)))
            while True:
                read = ahead.result()
                if not read:
                    return
                ahead = reader.submit(self._read, list(islice(waiting, self._size)))
                good = [(p, pixels) for p, pixels in read if not isinstance(pixels, Problem)]
                tally.problems += [pixels for _, pixels in read if isinstance(pixels, Problem)]
                self._report(tally, read[0][0])
                said = self._describe([pixels for _, pixels in good])
                pairs = [(p, what) for (p, _), what in zip(good, said, strict=True)]
                tally.problems += [_silent(p) for p, what in pairs if not what]
                yield [(p, what) for p, what in pairs if what]
                tally.done += len(read)
                self._report(tally, read[-1][0])

    def _report(self, tally: _Tally, picture: Picture) -> None:
        self._job.breathe()
        self._job.progress(tally.done, self._total, "Describe {name}", name=picture.path.name)

    def _read(self, pictures: list[Picture]) -> list[tuple[Picture, np.ndarray | Problem]]:
        return [(picture, self._pixels(picture)) for picture in pictures]

    def _pixels(self, picture: Picture) -> np.ndarray | Problem:
        """What the model sees, or the sentence why it cannot be seen."""
        if picture.caption_problem:
            return picture.caption_problem
        sample = sample_of(picture, self._project)
        recipe = sample.recipe if self._request.shows == "edited" else Recipe()
        fill = sample.fill
        if self._request.background == "white":
            recipe, fill = recipe.without("fill"), Fill()
        try:
            return _handy(bake(load_rgba(picture.path), recipe, fill, sample.masks))
        except (PictureError, MissingFileError) as error:
            return Problem.of(error)

    def _describe(self, pixels: list[np.ndarray]) -> list[Described]:
        """In smaller batches from then on when memory runs out, down to single pictures."""
        said: list[Described] = []
        while len(said) < len(pixels):
            try:
                part = pixels[len(said) : len(said) + self._size]
                said += self._model.describe(part, self._request)
                continue
            except (MemoryError, RuntimeError) as error:
                if not device.is_out_of_memory(error) or self._size == 1:
                    raise
            # Only here, with the exception and its frames gone, can their tensors be freed.
            device.free_memory(unload=True)
            self._size = max(1, self._size // 2)
        return said


def _handy(rgb: np.ndarray) -> np.ndarray:
    """``rgb`` without the pixels that no model looks at: scans would fill the memory in batches."""
    height, width = rgb.shape[:2]
    scale = _LARGEST / max(height, width)
    if scale >= 1:
        return rgb
    return resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))))


def _chosen(pictures: list[Picture], request: CaptionRequest) -> list[Picture]:
    ids = set(request.pictures)
    if ids:
        return [picture for picture in pictures if picture.id in ids]
    return [p for p in pictures if p.flag != "rejected" and not p.problem]


def _wanted(pictures: list[Picture], request: CaptionRequest) -> list[Picture]:
    """The pictures to describe. Raises before a model is loaded when there is nothing to do."""
    if not pictures:
        raise BadInputError(
            "There are no pictures to describe.",
            remedy="Add pictures, or take back some that were rejected.",
        )
    wanted = [p for p in pictures if request.existing != "skip" or not p.caption.strip()]
    if not wanted:
        raise BadInputError(
            "All {n} pictures have a caption already.",
            n=len(pictures),
            remedy="Choose to append to captions or to replace them.",
        )
    folders = {picture.path.parent for picture in wanted}
    closed = [folder for folder in folders if not os.access(folder, os.W_OK)]
    if closed:
        raise StorageError(
            "Captions cannot be written in {path}.",
            path=min(closed),
            remedy="Check the folder's permissions, or leave its pictures out.",
        )
    return wanted


def _loaded(captioner: Captioner) -> Model:
    """The model in memory; files that changed are read again."""
    facts = [(entry.name, entry.stat()) for entry in os.scandir(captioner.folder)]
    key = (captioner, *sorted((name, fact.st_mtime_ns, fact.st_size) for name, fact in facts))
    if _KEPT.model is None or _KEPT.key != key:
        _KEPT.release()
        model = None
        try:
            model = _load(captioner)
        except (MemoryError, RuntimeError) as error:
            if not device.is_out_of_memory(error):
                raise
        if model is None:  # now the base model may go that a picture was drawn with
            device.free_memory(unload=True)
            model = _load(captioner)
        _KEPT.model, _KEPT.key = model, key
    return _KEPT.model


def _load(captioner: Captioner) -> Model:
    """Only the libraries that this kind of model needs are imported."""
    if captioner.kind == "wd":
        from engine.dataset.tagging_wd import WdTagger

        return WdTagger(captioner.folder)
    if captioner.kind == "blip":
        from engine.dataset.tagging_blip import Blip

        return Blip(captioner.folder)
    from engine.dataset.tagging_florence import Florence

    return Florence(captioner.folder)


def _silent(picture: Picture) -> Problem:
    return Problem(
        "The model has nothing to say of {name}.",
        name=picture.path.name,
        remedy="Lower the thresholds or choose more kinds of tags.",
    )


def _changed_meanwhile(picture: Picture) -> Problem:
    return Problem(
        "The caption of {name} was changed by another program meanwhile; it waits for your choice.",
        name=picture.path.name,
    )
