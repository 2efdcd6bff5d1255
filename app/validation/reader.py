"""What is read from disk for Validate: the project's runs, models, prompts and its newest grid."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.models.at_hand import read_models
from app.validation import kept_form
from app.validation.cells import Cells, cells_of
from app.validation.choices import read_runs
from app.validation.memory import Memory
from app.validation.runner import latest_grid
from engine.runtime.errors import BadInputError, StylekilnError
from engine.validation.manifest import open_grid

if TYPE_CHECKING:
    from app.session import Session
    from app.validation.evidence import EvidenceState
    from app.validation.model import GridState
    from app.validation.runner import GridRunner
    from app.validation.setup import GridSetup
    from engine.runtime.events import Event
    from engine.validation.manifest import Grid
    from engine.validation.request import GridRequest


PROMPTS = "grids/prompts.json"
_NEWS = ("train.started", "train.checkpoint")


class Reader(QObject):
    """Reads off the UI thread, and again when the session tells of something new. What is handed
    over waits until the project is read.
    """

    def __init__(
        self,
        session: Session,
        state: GridState,
        setup: GridSetup,
        runner: GridRunner,
        evidence: EvidenceState,
    ) -> None:
        super().__init__(state)
        self._session, self._state, self._setup = session, state, setup
        self._runner, self._evidence = runner, evidence
        prompts = setup.prompts
        self._prompts = Memory(session, prompts, prompts.changed, prompts.record, prompts.recall)
        self._form = Memory(
            session,
            setup,
            setup.changed,
            partial(kept_form.record_of, setup),
            partial(kept_form.recall, setup),
        )
        self._opening = asyncio.Lock()
        # Bound methods: the session outlives the page, and drops them with it.
        session.project_changed.connect(self._project_changed)
        session.job_finished.connect(self._job_finished)
        session.engine_event.connect(self._hear)
        session.pictures_changed.connect(self._pictures_changed)
        runner.adopted.connect(self._adopted)

    def _project_changed(self, _: object) -> None:
        self._session.start(self.open_project())

    def _job_finished(self, _: object) -> None:
        self._session.start(self.load())

    def _hear(self, event: Event) -> None:
        if event.kind in _NEWS:
            self._session.start(self.load())

    def _pictures_changed(self, _: object) -> None:
        self._session.start(self.suggest())

    def _adopted(self, request: GridRequest) -> None:
        self._session.start(self.adopt(request))

    async def open_project(self) -> None:
        """Another project: its runs, prompts and newest grid."""
        async with self._opening:
            self._state.clear()
            self._evidence.clear()
            for memory in (self._prompts, self._form):
                await memory.close()
            await self._evidence.follow()
            self._setup.prompts.clear()
            self._setup.set_runs([])
            project = self._session.project
            if project is not None:
                self._setup.set_project_trigger(project.file.trigger_word)
            await self.load()
            await self.suggest()
            if project is not None:
                await self._prompts.open(project.root, PROMPTS)
            shown = await self._open_latest()
            if project is not None:
                await self._form.open(project.root, kept_form.FILE_NAME)
            if shown:
                await self._evidence.measure()

    async def take(self, run: str, files: tuple[str, ...]) -> None:
        """Compare LoRA ``files``, or the checkpoints of the ``run`` with its newest grid."""
        async with self._opening:
            await self.load()
            if files:
                self._setup.choose_files(files)
                await self.load_models()
            elif run:
                self._setup.choose(str(run))
                await self.show_latest()

    async def adopt(self, request: GridRequest) -> None:
        """Show in the left column what a grid of another job asks for, while it is drawn."""
        self._setup.adopt(request)
        async with self._opening:
            await self.load()
            self._setup.find_source(request)
            self._setup.adopt(request)

    async def load(self) -> None:
        """Read the project's runs anew."""
        project = self._session.project
        if project is None:
            return
        runs = await self._session.bridge.io(read_runs, project.runs)
        untouched = self._form.is_settled
        if runs != self._setup.runs:
            self._setup.set_runs(runs)
        await self.load_models()
        if untouched:
            self._form.settle()  # a run that has come is no wish of the user

    async def load_models(self) -> None:
        """Look for base models, and for those that the chosen LoRAs fit."""
        setup, project = self._setup, self._session.project
        wanted = setup.base_model, setup.files
        setup.set_models(await self._session.bridge.io(read_models, project, *wanted))

    async def suggest(self) -> None:
        """Suggest prompts from the library's pictures."""
        library = self._session.library
        if library is not None:
            self._setup.prompts.suggest(await self._session.bridge.io(library.pictures))

    async def show_latest(self) -> None:
        """Show the newest grid of what is compared with its evidence, unless one is being drawn."""
        if await self._open_latest():
            await self._evidence.measure()

    async def open_earlier(self, folder: str) -> bool:
        """Show a grid of the project again, and ask for what it did; False where it is gone, or
        another one is being drawn.
        """
        if self._runner.running:
            return False
        async with self._opening:
            found = await self._session.bridge.io(_read_grid, Path(folder))
            if found is None:
                self._session.show_error(
                    BadInputError("The grid {name} is not there any more.", name=Path(folder).name)
                )
                return False
            await self.load()
            request = found[0].request
            self._setup.find_source(request)
            self._setup.adopt(request)
            self._evidence.clear()
            self._state.open(*found)
        await self._evidence.measure()
        return True

    async def show_again(self, request: GridRequest | None) -> None:
        """Show the grid of ``request`` as it is on disk; without one, none. What the left column
        asks for stays.
        """
        found = None
        if request is not None:
            found = await self._session.bridge.io(_read_grid, Path(request.folder))
        if found is None:
            self._state.clear()
        else:
            self._state.open(*found)
            await self._evidence.measure()

    async def _open_latest(self) -> bool:
        project = self._session.project
        paths = {item.path for item in self._setup.available}
        if project is None or self._runner.running or not paths:
            return False
        found = await self._session.bridge.io(_read_latest, project.grids, paths)
        if found is None:
            return False
        grid, cells = found
        self._state.tags |= {text: self._setup.prompts.tag(text) for text in grid.request.prompts}
        self._setup.adopt(grid.request)
        self._state.open(grid, cells)
        return True


def _read_latest(grids: Path, checkpoints: set[str]) -> tuple[Grid, Cells] | None:
    grid = latest_grid(grids, checkpoints)
    return None if grid is None else (grid, cells_of(grid))


def _read_grid(folder: Path) -> tuple[Grid, Cells] | None:
    try:
        grid = open_grid(folder)
    except StylekilnError:  # it is gone meanwhile, or was never begun
        return None
    return grid, cells_of(grid)
