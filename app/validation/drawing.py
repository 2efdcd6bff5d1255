"""Has grids drawn: the one asked for, the one shown again or with more, and what is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.validation.extending import more_seeds
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from app.session import Session
    from app.validation.dry_run import DryRun
    from app.validation.model import GridState
    from app.validation.runner import GridRunner
    from app.validation.setup import GridSetup
    from engine.validation.request import GridRequest


class Drawing(QObject):
    """``started`` tells that another grid is asked for, ``ended`` that what was asked for is there,
    or was given up; ``given_back`` that it never had its turn, with the grid shown before or None.
    """

    started = Signal()
    ended = Signal()
    given_back = Signal(object)  # GridRequest or None

    def __init__(
        self,
        session: Session,
        state: GridState,
        setup: GridSetup,
        runner: GridRunner,
        dry_run: DryRun,
    ) -> None:
        super().__init__(state)
        self._session, self._state, self._setup = session, state, setup
        self._runner, self._dry_run = runner, dry_run
        self._before: GridRequest | None = None
        runner.finished.connect(self._finished)
        setup.grown.connect(self._grown)

    @property
    def possible(self) -> bool:
        """Whether there is anything to draw, and nothing against it."""
        return (
            not self._runner.running
            and self._setup.problem() is None
            and not self._dry_run.is_drawn
        )

    def start(self) -> None:
        """Draw the grid; cells that were drawn before are taken as they are."""
        if self._runner.running:
            return
        try:
            request = self._setup.request(self._session.project, data_dir())
        except StylekilnError as error:
            self._session.show_error(error)
            return
        survey, self._before = self._dry_run.survey, self._state.request
        self._setup.go_on_with(request)
        self.started.emit()
        self._runner.start(request, None if survey is None else survey.distinct)

    def complete(self) -> None:
        """Draw the grid that is shown with what it needs to be judged."""
        request = self._state.request
        if request is None or self._runner.running:
            return
        self._setup.adopt(request)
        seeds = (
            request.seeds if len(request.seeds) > 1 else (request.seeds[0], request.seeds[0] + 1)
        )
        base = "" in request.checkpoints or 0 not in request.weights
        self._setup.put("seed", seeds)
        self._setup.set_base_row(base)
        self.start()

    def more_seeds(self) -> None:
        """Draw the grid that is shown with more seeds; what was drawn is taken as it is."""
        request = self._state.request
        if request is None or self._runner.running:
            return
        self._setup.adopt(request)
        more_seeds(self._setup)
        self.start()

    def retry(self) -> None:
        """Draw the grid shown again; only what failed or is missing is drawn."""
        request = self._state.request
        if request is not None and not self._runner.running:
            self._setup.adopt(request)
            self._before = request
            self._runner.start(request)

    def extended(self) -> None:
        """Something was added to the grid shown: while that is drawn, it is drawn behind it."""
        self._runner.set_more(self._runner.running)

    def _grown(self, _: str) -> None:
        """A checkpoint was saved while the grid of all of them waits or is drawn."""
        request = self._state.request
        if self._runner.running and request is not None and self._adds_to(request):
            self._runner.set_more(True)

    def _finished(self) -> None:
        request, more = self._state.request, self._runner.more
        self._runner.set_more(False)
        self._dry_run.ask()
        if not self._runner.begun:
            self._setup.go_on_with(self._before)
            self.given_back.emit(self._before)
        elif more and request is not None and self._adds_to(request):
            self.start()
        else:
            self.ended.emit()

    def _adds_to(self, request: GridRequest) -> bool:
        return self._setup.goes_on_with(request) and not self._setup.asks_for(request)
