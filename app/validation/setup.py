"""What is to be compared: run or LoRA files, axes and prompts, and the request they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.models.at_hand import ModelsAtHand
from app.validation.choices import FILES, Axes, RunChoice, Sampling
from app.validation.model import Checkpoint
from app.validation.prompts import PromptRow, spread, subjects
from app.validation.runner import grid_folder
from engine.models.family import STARTER
from engine.runtime.errors import BadInputError
from engine.sampling.request import ImageRequest
from engine.validation.planning import plan
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore
from engine.validation.values import format_values, parse_floats, parse_integers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.models.at_hand import BaseChoice
    from engine.dataset.picture import Picture
    from engine.project.project import Project
    from engine.runtime.errors import StylekilnError

PROMPTS_OF_A_KIND = 2


class GridSetup(QObject):
    """The left column's state. ``source`` is a run's folder, or FILES for chosen LoRA files."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunChoice] = []
        self.source = ""
        self.files: tuple[str, ...] = ()
        self.axes = Axes()
        self.models = ModelsAtHand()
        self.chosen_model = ""  # empty: as follows from what is compared
        self.prompts: list[PromptRow] = []
        self._captions: tuple[str, ...] = ()
        self._removed: set[str] = set()

    # Sources

    def set_runs(self, runs: list[RunChoice]) -> None:
        """The runs of the project, newest first; keeps what is chosen if it is still there."""
        self.runs = runs
        if self.source != FILES and self.source not in [run.folder for run in runs]:
            self.choose(runs[0].folder if runs else "")
            return
        self._fit_epochs()
        self.changed.emit()

    def choose(self, source: str) -> None:
        """Check another run, or the chosen files."""
        self.source, self.chosen_model = source, ""
        self.axes.checkpoints = ""
        self._fit_epochs()
        self.changed.emit()

    def choose_files(self, paths: Sequence[str]) -> None:
        """Check LoRA files."""
        self.files = tuple(dict.fromkeys(paths))
        self.choose(FILES)

    @property
    def run(self) -> RunChoice | None:
        """The run that is chosen."""
        return next((run for run in self.runs if run.folder == self.source), None)

    @property
    def available(self) -> tuple[Checkpoint, ...]:
        """Everything the checkpoint axis can take, in order."""
        if self.source == FILES:
            return tuple(Checkpoint(path, Path(path).stem) for path in self.files)
        return self.run.checkpoints if self.run is not None else ()

    # Base model

    @property
    def base_model(self) -> str:
        """The base model that the LoRAs are tried on: the one chosen, the run's, or one that fits.

        LoRA files do not name their base: it is the first model at hand that takes all of them.
        """
        if self.chosen_model:
            return self.chosen_model
        if self.run is not None:
            return self.run.base_model
        for base in self.models.bases:
            if base.info.error is None and self._misfit(base) is None:
                return base.ref
        return STARTER

    def set_models(self, models: ModelsAtHand) -> None:
        """Which base models there are, and what the LoRA files are."""
        self.models = models
        self.changed.emit()

    def choose_model(self, ref: str) -> None:
        """Try the LoRAs on another base model."""
        self.chosen_model = ref
        self.changed.emit()

    def _misfit(self, base: BaseChoice) -> StylekilnError | None:
        found = (self.models.lora(item.path).misfit(base) for item in self.available)
        return next((error for error in found if error is not None), None)

    def _model_problem(self) -> StylekilnError | None:
        """Why the base model cannot be used, or not with these LoRAs."""
        base = self.models.base(self.base_model)
        if base is None:
            return None
        return base.info.error or self._misfit(base)

    def _fit_epochs(self) -> None:
        if not self.axes.checkpoints and self.run is not None:
            self.axes.checkpoints = format_values([item.epoch for item in self.run.checkpoints])

    # Axes

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The checkpoints chosen; BadInputError names an epoch that is not there."""
        if self.source == FILES:
            return self.available
        if not self.axes.checkpoints.strip():
            return ()
        by_epoch = {item.epoch: item for item in self.available}
        wanted = parse_integers(self.axes.checkpoints)
        missing = [epoch for epoch in wanted if epoch not in by_epoch]
        if missing:
            raise BadInputError(
                "This run has no checkpoint of epoch {epoch}.",
                epoch=missing[0],
                remedy="It has epochs {epochs}.",
                epochs=format_values(sorted(by_epoch)),
            )
        return tuple(by_epoch[epoch] for epoch in wanted)

    def weights(self) -> tuple[float, ...]:
        """The weights typed; BadInputError when they cannot be read."""
        return parse_floats(self.axes.weights)

    def seeds(self) -> tuple[int, ...]:
        """The seeds typed; BadInputError when they cannot be read."""
        return parse_integers(self.axes.seeds)

    def chosen_prompts(self) -> tuple[str, ...]:
        """The prompts that are ticked."""
        return tuple(row.text for row in self.prompts if row.chosen)

    def edit(self, **values: object) -> None:
        """Change an axis as typed, or the base row."""
        for name, value in values.items():
            setattr(self.axes, name, value)
        self.changed.emit()

    def edit_sampling(self, **values: object) -> None:
        """Change what all cells share."""
        for name, value in values.items():
            setattr(self.axes.sampling, name, value)
        self.changed.emit()

    def find_source(self, request: GridRequest) -> None:
        """Choose the run that a grid's checkpoints come from, if it is another one."""
        wanted = set(request.checkpoints)
        sources = [run for run in self.runs if wanted & {item.path for item in run.checkpoints}]
        if sources and self.run not in sources:
            self.choose(sources[0].folder)

    def adopt(self, request: GridRequest) -> None:
        """Ask for what a grid, drawn before or by another job, has asked for."""
        epochs = {item.path: item.epoch for item in self.available}
        shown = [epochs[path] for path in request.checkpoints if path in epochs]
        if self.source != FILES and shown:
            self.axes.checkpoints = format_values(shown)
        self.axes.weights = format_values(request.weights)
        self.axes.seeds = format_values(request.seeds)
        self.axes.base_row = "" in request.checkpoints
        image = request.image
        self.chosen_model = "" if image.model == self.base_model else image.model
        self.axes.sampling = Sampling(
            image.steps, image.guidance_scale, image.sampler, image.schedule, image.negative_prompt
        )
        for row in self.prompts:
            row.chosen = row.text in request.prompts
        known = [row.text for row in self.prompts]
        self.prompts += [
            PromptRow(text, self.tag(text), own=True)
            for text in request.prompts
            if text not in known
        ]
        self.changed.emit()

    # Prompts

    def suggest_prompts(self, pictures: Sequence[Picture]) -> None:
        """Offer captions of held-out pictures (unseen) and of training pictures (seen).

        File names are offered where no picture has a caption. What was offered before goes; what
        the user typed or a grid asked for stays.
        """
        trained = subjects([item for item in pictures if item.usable])
        held = subjects([item for item in pictures if item.held_out])
        self._captions = tuple(trained)
        offered = [*spread(held, PROMPTS_OF_A_KIND), *spread(trained, PROMPTS_OF_A_KIND)]
        before = {row.text: row for row in self.prompts}
        rows = {
            text: PromptRow(text, self.tag(text), number % 2 == 0)
            for number, text in enumerate(dict.fromkeys(offered))
            if text not in self._removed
        }
        for text, row in before.items():
            if text in rows or row.own:
                rows[text] = PromptRow(text, self.tag(text), row.chosen, row.own)
        self.prompts = list(rows.values())
        self.changed.emit()

    def add_prompt(self, text: str) -> None:
        """Put a prompt on the list, ticked."""
        text = text.strip()
        if text and text not in [row.text for row in self.prompts]:
            self.prompts.append(PromptRow(text, self.tag(text), own=True))
            self.changed.emit()

    def remove_prompt(self, text: str) -> None:
        """Take a prompt off the list; it is not offered again."""
        self._removed.add(text)
        self.prompts = [row for row in self.prompts if row.text != text]
        self.changed.emit()

    def tick(self, text: str, chosen: bool) -> None:
        """Use a prompt or leave it out."""
        for row in self.prompts:
            if row.text == text:
                row.chosen = chosen
        self.changed.emit()

    def tag(self, prompt: str) -> str:
        """Whether a caption of the training pictures names the subject of ``prompt``."""
        subject = prompt.split(",")[0].strip().lower()
        seen = any(
            subject in [part.strip().lower() for part in caption.split(",")]
            for caption in self._captions
        )
        return "seen" if seen else "unseen"

    # The request

    def problem(self) -> StylekilnError | None:
        """Why no grid can be made of what is typed."""
        try:
            if not self.checkpoints():
                return BadInputError("Choose a run with checkpoints, or LoRA files.")
            self.weights()
            self.seeds()
        except BadInputError as error:
            return error
        if not self.prompts:
            return BadInputError("Add a prompt with +.")
        if not self.chosen_prompts():
            return BadInputError("Tick at least one prompt.")
        return self._model_problem()

    def request(self, project: Project | None, fallback: Path) -> GridRequest:
        """The grid asked for; raises what :meth:`problem` tells."""
        problem = self.problem()
        if problem is not None:
            raise problem
        root = project.grids if project is not None else fallback / "grids"
        cache = project.cache if project is not None else fallback / "cache"
        name = self.run.name if self.run is not None else "files"
        sampling = self.axes.sampling
        image = ImageRequest(
            model=self.base_model,
            negative_prompt=sampling.negative,
            steps=sampling.steps,
            guidance_scale=sampling.guidance,
            sampler=sampling.sampler,
            schedule=sampling.schedule,
            batch_size=8,
        )
        base = ("",) if self.axes.base_row else ()
        return GridRequest(
            folder=str(grid_folder(root, name)),
            cells=str(cache / "cells"),
            image=image,
            axes=four_axes(
                (*base, *(item.path for item in self.checkpoints())),
                self.weights(),
                self.seeds(),
                self.chosen_prompts(),
            ),
        )


def count_cells(request: GridRequest) -> tuple[int, int]:
    """How many pictures a grid needs, and how many of them are there already; hashes the files."""
    cells = plan(request)
    store = CellStore(request.cells_folder)
    return len(cells), sum(store.find(cell.id) is not None for cell in cells)
