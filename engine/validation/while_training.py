"""The over-fit check of a run that goes on: a small grid whose rows come with the checkpoints.

A row is drawn from the checkpoint as it was just saved, on the model that the run has in memory. So
its cells are those that a grid of these files has, and lie in the same store: a run that goes on
draws none twice, and Validate finds them. The whole is a grid of the project, too, and is measured
and judged as any other. Heavy: torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.project import links
from engine.project.project import Project
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.training.asides import CELL, CHECKED
from engine.training.config import TrainRequest
from engine.training.held_out import spread
from engine.training.previews import QuietJob
from engine.training.recorder import Recorder
from engine.training.route import Position
from engine.validation.check_places import meanwhile
from engine.validation.evidence import (
    Evidence,
    PromptKind,
    Reference,
    RowEvidence,
    assess_against,
    reference_of,
)
from engine.validation.features_cache import FeatureCache
from engine.validation.filling import Filling
from engine.validation.grid import draw_on
from engine.validation.held_out import held_out_of
from engine.validation.learned import TrainedRun, so_far
from engine.validation.limits import Limits, load
from engine.validation.manifest import Grid, GridCell, open_grid
from engine.validation.overfit_rules import Rules
from engine.validation.pace import Pace
from engine.validation.planning import plan
from engine.validation.plans import check_prompts
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore

MOST_COMPARED = 2000
"""Training pictures that are compared with; of more these many, evenly spread."""
BATCH = 4


class Watch:
    """Draws the rows of one run and tells them."""

    def __init__(
        self, request: TrainRequest, model: LoadedModel, recorder: Recorder, job: Job
    ) -> None:
        self._request, self._model = request, model
        self._recorder, self._job = recorder, job
        self._run = recorder.run
        root = links.root_of(self._run.folder)
        self._project = Project.open(root) if root is not None else None
        # Drawn on a changed model, its cells are not those of a grid.
        shared = host().is_usual(request.base_model, model)
        places = meanwhile(self._run.folder, shared=shared)
        self.folder, self.cells = places.folder, places.cells

    def look(self, at: Position, checkpoint: Path | None) -> None:
        """Draw and measure the rows of ``checkpoint``, or of the base model, unless they were told.
        Raises StylekilnError, or JobCancelled.
        """
        name = checkpoint.name if checkpoint is not None else ""
        told = {row["checkpoint"] for row in self._told()}
        if "" not in told:
            self._tell(Position(0, 0, 0), "", self._draw(Position(0, 0, 0), [""]))
        if name:
            self._tell(
                at,
                str(checkpoint),
                self._draw(at, ["", *self._kept(told - {name}), str(checkpoint)]),
            )

    def _told(self) -> list[dict[str, Any]]:
        """The rows of the run so far."""
        return [row for row in self._run.events() if row["kind"] == CHECKED]

    def _kept(self, names: set[str]) -> list[str]:
        """The checkpoints that were checked before and are still there."""
        files = [str(one.path) for one in self._run.checkpoints()]
        return [file for file in files if Path(file).name in names and Path(file).is_file()]

    def _draw(self, at: Position, checkpoints: Sequence[str]) -> Grid:
        """The grid of ``checkpoints``. BadInputError when one of the last could not be drawn."""
        request = self._grid(checkpoints)
        job = _Teller(self._job, str(self._run.folder), at)
        filling = Filling(request, plan(request), CellStore(self.cells), job)
        self._job.say("Drawing the over-fit check")
        filling.run(partial(draw_on, self._model, Pace()))
        grid = open_grid(self.folder)
        failed = [one for one in grid.cells if one.error]
        if any(one.position.checkpoint == checkpoints[-1] for one in failed):
            raise BadInputError(
                "The over-fit check could not be drawn: {reason}", reason=failed[-1].error
            )
        return grid

    def _grid(self, checkpoints: Sequence[str]) -> GridRequest:
        request = self._request
        return GridRequest(
            folder=str(self.folder),
            cells=str(self.cells),
            image=ImageRequest(
                model=request.base_model, steps=request.check_steps, batch_size=BATCH
            ),
            axes=four_axes(
                checkpoints,
                (0.0, *request.check_weights) if checkpoints[-1] else (0.0,),
                range(1, request.check_seeds + 1),
                list(self.prompts),
            ),
            trigger=self._trained.trigger,
        )

    @cached_property
    def prompts(self) -> dict[str, PromptKind]:
        """What is drawn and what it shows: of the prompts of an over-fit check as many as are
        wanted, one of each kind first.
        """
        known = check_prompts(self._trained)
        found = {text: kind for text, kind in known.items() if kind is not None}
        kinds = list(found.values())
        place = {text: kinds[:at].count(kind) for at, (text, kind) in enumerate(found.items())}
        chosen = sorted(found, key=lambda text: place[text])[: self._request.check_prompts]
        return {text: kind for text, kind in found.items() if text in chosen}

    @cached_property
    def _trained(self) -> TrainedRun:
        return so_far(self._run)

    @cached_property
    def _reference(self) -> Reference:
        trained = self._trained
        if trained.problem is not None:
            raise trained.problem
        path = self._project.cache / "features.sqlite" if self._project is not None else None
        found = reference_of(
            _some(trained.training), _some(trained.held_out), self._read, cache=FeatureCache(path)
        )
        if not found.trained.paths:
            raise MissingFileError(
                "None of the {count} training pictures can be read; {path} is the first.",
                count=len(trained.training),
                path=trained.training[0],
                remedy="Bring them back to where they were, or name their new folder.",
            )
        return found

    def _read(self, path: Path) -> np.ndarray:
        self._job.go_on()
        return self._trained.read(path)

    def _tell(self, at: Position, checkpoint: str, grid: Grid) -> None:
        """Measure ``grid``, and tell the rows of ``checkpoint``."""
        self._job.say("Measuring the over-fit check")
        evidence = assess_against(
            self._reference, grid, prompts=self.prompts, losses=held_out_of(self._run)
        )
        if not checkpoint:
            if evidence.base is not None:
                self._tell_row(at, evidence.base, grid, evidence, ())
            return
        limits = load(self._project.root)[0] if self._project is not None else Limits()
        rules = Rules(evidence, limits, {row.checkpoint: "" for row in evidence.rows})
        for weight in self._request.check_weights:
            row = evidence.row(checkpoint, weight)
            if row is not None:
                flags = [flag.kind for flag in rules.flags(row)]
                self._tell_row(at, row, grid, evidence, flags)

    def _tell_row(
        self,
        at: Position,
        row: RowEvidence,
        grid: Grid,
        evidence: Evidence,
        flags: Sequence[str],
    ) -> None:
        cells = [self._told_cell(one, evidence) for one in self._cells_of(row, grid)]
        self._recorder.event(
            CHECKED,
            epoch=at.epoch,
            step=at.step,
            checkpoint=Path(row.checkpoint).name,
            weight=row.weight,
            cells=links.portable(cells, links.root_of(self._run.folder)),
            copying=row.copying,
            copies=row.copies,
            diversity=row.diversity,
            style_fit=row.style_fit,
            threshold=evidence.threshold,
            between=evidence.between_training,
            flags=list(flags),
            compared=len(self._reference.trained.paths),
            trained=len(self._trained.training),
        )

    @staticmethod
    def _cells_of(row: RowEvidence, grid: Grid) -> list[GridCell]:
        """The pictures of ``row``, in the order of the grid."""
        own = set(row.cells)
        return list({one.id: one for one in grid.cells if one.id in own}.values())

    def _told_cell(self, cell: GridCell, evidence: Evidence) -> dict[str, Any]:
        found, place = evidence.cells[cell.id], cell.position
        return {
            "prompt": place.prompt,
            "kind": self.prompts.get(place.prompt, ""),
            "seed": place.seed,
            "path": str(cell.path),
            "copying": found.copying,
            "nearest": str(found.nearest),
        }


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


def _some(paths: Sequence[Path]) -> list[Path]:
    return [paths[at] for at in spread(len(paths), MOST_COMPARED)]
