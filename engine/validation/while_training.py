"""The over-fit check of a run that goes on: a small grid whose rows come with the checkpoints.

A row is drawn from the checkpoint as it was just saved, on the model that the run has in memory. So
its cells are those that a grid of these files has, and lie in the same store: a run that goes on
draws none twice, and Validate finds them. The whole is a grid of the project, too. Heavy: torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.project import links
from engine.project.project import Project
from engine.runtime.errors import BadInputError, MissingFileError, PictureError
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.training.config import TrainRequest
from engine.training.held_out import spread
from engine.training.pictures import PictureSet, TrainingPicture
from engine.training.previews import QuietJob
from engine.training.recorder import Recorder
from engine.training.route import Position
from engine.training.watching import CELL, CHECKED
from engine.validation.check_measures import Drawn, Measured, Measures, small
from engine.validation.check_prompts import check_prompts
from engine.validation.filling import Filling
from engine.validation.grid import draw_on
from engine.validation.pace import Pace
from engine.validation.planning import plan
from engine.validation.request import GridRequest, four_axes
from engine.validation.resolve import Position as Place
from engine.validation.store import CellStore

MOST_COMPARED = 2000
"""Training pictures that are compared with; of more these many, evenly spread."""
BATCH = 4
FOLDER = "check"
"""The folder of a run without a project that holds the grid."""


class Watch:
    """Draws the rows of one run and tells them."""

    def __init__(
        self,
        request: TrainRequest,
        model: LoadedModel,
        pictures: PictureSet,
        recorder: Recorder,
        job: Job,
    ) -> None:
        self._request, self._model, self._recorder = request, model, recorder
        self._pictures, self._job = pictures, job
        self._base_is_known = False
        self.folder, self.cells = places(recorder.run.folder)
        if not host().is_usual(request.base_model, model):
            # Drawn on a changed model, its cells are not those of a grid.
            self.folder = recorder.run.folder / FOLDER
            self.cells = self.folder / "cells"
        trained = [one for one in pictures.training if not one.regularization]
        self._trained = list({one.sample.path: one for one in trained}.values())
        self.prompts = check_prompts(
            [one.caption for one in self._trained],
            [one.caption for one in pictures.held_out],
            pictures.trigger_word,
            request.check_captions,
        )

    def look(self, at: Position, checkpoint: Path | None) -> None:
        """Draw and measure the rows of ``checkpoint``, or of the base model. Raises StylekilnError,
        or JobCancelled.
        """
        if checkpoint is None:
            self._base_row()
            return
        self._base_row()
        cells = self._draw(at, str(checkpoint))
        for weight in self._request.check_weights:
            row = cells.get((str(checkpoint), weight), [])
            if row:
                self._tell(at, checkpoint, weight, row, self._measures.row(row))

    def _base_row(self) -> None:
        """It is told once in a run, also in one that goes on."""
        if self._base_is_known:
            return
        cells = self._draw(Position(0, 0, 0), "").get(("", 0.0), [])
        if cells:
            measured = self._measures.row(cells, base=True)
            self._base_is_known = True
            if not self._told():
                self._tell(Position(0, 0, 0), None, 0.0, cells, measured)

    def _told(self) -> list[dict[str, Any]]:
        """The rows of the run so far."""
        return [row for row in self._recorder.run.events() if row["kind"] == CHECKED]

    def _draw(self, at: Position, checkpoint: str) -> dict[tuple[str, float], list[Drawn]]:
        """The cells of the rows that are there, by checkpoint and weight. BadInputError when one of
        ``checkpoint`` could not be drawn.
        """
        request = self.request(checkpoint)
        filling = Filling(request, plan(request), CellStore(self.cells), self._quiet(at))
        self._job.say("Drawing the over-fit check")
        filling.run(partial(draw_on, self._model, Pace()))
        rows: dict[tuple[str, float], list[Drawn]] = {}
        for cell in filling.cells:
            for place in cell.positions:
                if place.checkpoint != checkpoint:
                    continue
                if cell.id in filling.errors:
                    raise BadInputError(
                        "The over-fit check could not be drawn: {reason}",
                        reason=filling.errors[cell.id],
                    )
                key = place.checkpoint, place.weight
                rows.setdefault(key, []).append(_drawn(place, filling.store.path(cell.id)))
        return rows

    def request(self, checkpoint: str = "") -> GridRequest:
        """The grid of the base model, of the checkpoints that were checked, and ``checkpoint``."""
        folder = self._recorder.run.folder / "checkpoints"
        names = [row["checkpoint"] for row in self._told() if row["checkpoint"]]
        kept = [str(folder / name) for name in names if (folder / name).is_file()]
        files = dict.fromkeys(["", *kept, checkpoint] if checkpoint else [""])
        weights = (0.0, *self._request.check_weights) if checkpoint else (0.0,)
        return GridRequest(
            folder=str(self.folder),
            cells=str(self.cells),
            image=ImageRequest(
                model=self._request.base_model,
                steps=self._request.check_steps,
                batch_size=BATCH,
            ),
            axes=four_axes(
                tuple(files),
                weights,
                tuple(range(1, self._request.check_seeds + 1)),
                tuple(prompt.text for prompt in self.prompts),
            ),
            trigger=self._pictures.trigger_word,
        )

    def _quiet(self, at: Position) -> Job:
        return _Teller(self._job, str(self._recorder.run.folder), at)

    @cached_property
    def _references(self) -> tuple[list[Path], list[np.ndarray]]:
        """The training pictures that rows are compared with, as they are learned."""
        chosen = [self._trained[at] for at in spread(len(self._trained), MOST_COMPARED)]
        return self._read(chosen)

    @cached_property
    def _measures(self) -> Measures:
        paths, pictures = self._references
        if not paths:
            raise BadInputError("No training picture could be read to compare with.")
        held_out = [self._pictures.held_out[at] for at in spread(len(self._pictures.held_out), 200)]
        return Measures(pictures, self._read(held_out)[1])

    def _read(self, pictures: Sequence[TrainingPicture]) -> tuple[list[Path], list[np.ndarray]]:
        """Those that can be read, as they are learned, with their files."""
        found: list[tuple[Path, np.ndarray]] = []
        for picture in pictures:
            self._job.go_on()
            try:
                found.append((picture.sample.path, small(picture.baked().rgb)))
            except (PictureError, MissingFileError) as error:
                self._recorder.warn(error)  # it went away since the run began
        return [path for path, _ in found], [pixels for _, pixels in found]

    def _tell(
        self,
        at: Position,
        checkpoint: Path | None,
        weight: float,
        cells: Sequence[Drawn],
        measured: Measured,
    ) -> None:
        paths, root = self._references[0], links.root_of(self._recorder.run.folder)
        kinds = {prompt.text: prompt.kind for prompt in self.prompts}
        rows: list[dict[str, Any]] = [
            {
                "prompt": cell.prompt,
                "kind": kinds[cell.prompt],
                "seed": cell.seed,
                "path": str(cell.path),
                "copying": similarity,
                "nearest": str(paths[index]),
            }
            for cell, (similarity, index) in zip(cells, measured.each, strict=True)
        ]
        self._recorder.event(
            CHECKED,
            epoch=at.epoch,
            step=at.step,
            checkpoint="" if checkpoint is None else checkpoint.name,
            weight=weight,
            cells=links.portable(rows, root),
            copying=measured.copying,
            copies=measured.copies,
            diversity=measured.diversity,
            style_fit=measured.style_fit,
            threshold=self._measures.threshold,
            between=self._measures.between,
            flags=list(measured.flags),
            compared=len(paths),
            trained=len(self._trained),
        )


class _Teller(QuietJob):
    """The training job as the grid sees it: what is drawn is told as a part of the run."""

    def __init__(self, outer: Job, run: str, at: Position) -> None:
        super().__init__(outer)
        self._run, self._at = run, at

    def emit(self, kind: str, **data: Any) -> None:
        """Cells that were drawn now; the rest is told with the row."""
        if kind == "grid.cell" and data["path"] and not data["cached"]:
            checkpoint, weight, seed, prompt = self._facts(data["place"])
            self.tell(
                CELL,
                run=self._run,
                epoch=self._at.epoch,
                step=self._at.step,
                weight=weight if checkpoint else 0.0,
                seed=seed,
                prompt=prompt,
                path=data["path"],
            )

    @staticmethod
    def _facts(place: Sequence[Any]) -> tuple[str, float, int, str]:
        checkpoint, weight, prompt, seed = place
        return checkpoint, weight, seed, prompt


def places(run: Path) -> tuple[Path, Path]:
    """The folder of the check's grid for the run folder ``run``, and that of its cells: in a
    project where all of its grids are, so that they are found there.
    """
    root = links.root_of(run)
    if root is None:
        return run / FOLDER, run / FOLDER / "cells"
    project = Project.open(root)
    return project.grids / f"{run.name}-check", project.cache / "cells"


def _drawn(place: Place, path: Path) -> Drawn:
    return Drawn(place.prompt, place.seed, path, small(fill_color(load_rgba(path), "#FFFFFF")))
