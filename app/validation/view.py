"""The Validate workspace: what to compare, the live grid, the cell chosen, and the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.i18n import signals
from app.theme import metrics
from app.validation.actions import validation_actions
from app.validation.compare import CompareView
from app.validation.evidence import EvidenceState
from app.validation.evidence_panel import NARROW_WIDTH, WIDTH, EvidencePanel
from app.validation.export_entry import Exports
from app.validation.files import GridFiles, dropped_loras
from app.validation.grid_view import GridView
from app.validation.layout import CellKey
from app.validation.model import GridState
from app.validation.no_grid import NoGrid
from app.validation.reader import Reader
from app.validation.recipe_bar import RecipeBar
from app.validation.runner import GridRunner
from app.validation.setup import GridSetup, count_cells
from app.validation.setup_panel import SetupPanel
from app.validation.stage_bar import StageBar
from app.validation.strip import SetupStrip
from app.widgets.columns import SideColumns
from app.widgets.text import hairline, restyle
from app.widgets.thumbnails import ThumbnailCache
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError
from engine.validation.values import format_values

if TYPE_CHECKING:
    from app.actions import Action
    from app.session import Session

COUNT_DELAY_MS = 300


class View(QWidget):
    """One grid at a time; what was drawn before is found again."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.state = GridState(self)
        self.setup = GridSetup(self)
        self.runner = GridRunner(session, self.state)
        self.evidence = EvidenceState(session, self.state)
        self.thumbnails = ThumbnailCache(parent=self)
        self.panel = SetupPanel(self.setup, self.state, self.runner)
        self.strip = SetupStrip(self.setup, self.runner)
        self._list_wanted = False
        self.grid = GridView(self.state, self.thumbnails)
        self.compare = CompareView(self.state, self.thumbnails)
        self.recipe = RecipeBar(self.state, self.thumbnails)
        self.right = EvidencePanel(self.state, self.evidence, self.thumbnails)
        self.bar = StageBar(self.state)
        self.empty = NoGrid(self.setup)
        self.reader = Reader(session, self.state, self.setup, self.runner, self.evidence)
        self.files = GridFiles(self, session, self.setup, self.reader)
        self.exports = Exports(self, session, self.state, self.evidence)
        self._counting = QTimer(self, interval=COUNT_DELAY_MS, singleShot=True)
        self.setAcceptDrops(True)
        self._build()
        self._listen()
        self._follow()
        if session.project is not None:
            session.start(self.reader.open_project())

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What a user can do here."""
        return validation_actions(self)

    def focus_target(self) -> QWidget:
        """What takes the keyboard when the page is shown: the grid, or the button to draw it."""
        if self.stage.currentWidget() is not self.empty:
            return self.grid
        return self.strip.start if self.panel.isHidden() else self.panel.start

    def receive(
        self, run: str = "", files: tuple[str, ...] = (), start: bool = False, **payload: Any
    ) -> None:
        """Take a run's folder or LoRA files from another workspace; ``start`` draws at once."""
        self._session.start(self._receive(run, files, start))

    async def _receive(self, run: str, files: tuple[str, ...], start: bool) -> None:
        await self.reader.take(run, files)
        if start:
            self.start()

    # Layout

    def _build(self) -> None:
        self.stage = QStackedWidget()
        self.stage.addWidget(self.grid)
        self.stage.addWidget(self.compare)
        self.stage.addWidget(self.empty)
        middle = QWidget()
        middle.setProperty("surface", "stage")
        middle.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(hairline("column"))
        column.addWidget(self.stage, 1)
        column.addWidget(self.recipe)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.strip)
        outer.addWidget(self.panel)
        outer.addWidget(middle, 1)
        outer.addWidget(self.right)
        self.columns = SideColumns(self, middle, self._session, "validate")
        self.columns.add(self.strip, "left")
        self.columns.add(self.panel, "left", self.panel.preferred_width)
        self.columns.add(self.right, "right", WIDTH)
        self.columns.keys_on(self.grid, self.compare)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Small windows get the narrow column, and a strip in place of the left one."""
        self._arrange()

    def _arrange(self, *, slide: bool = False) -> None:
        narrow = self.window().width() < metrics.NARROW
        self.columns.show(self.panel, self._list_wanted or not narrow, slide=slide)
        self.columns.show(self.strip, narrow)
        self.columns.set_natural(self.right, NARROW_WIDTH if narrow else WIDTH)
        self.right.set_narrow(narrow)

    def _toggle_list(self) -> None:
        self._list_wanted = self.panel.isHidden()
        self._arrange(slide=True)

    def show_list(self) -> None:
        """Show the left column, with the keyboard where something has to be chosen."""
        if self.panel.isHidden():
            self._toggle_list()
        self.panel.source.setFocus(Qt.FocusReason.OtherFocusReason)

    # Connections

    def _listen(self) -> None:
        session, state = self._session, self.state
        session.project_changed.connect(lambda _: session.start(self.reader.open_project()))
        session.job_finished.connect(lambda _: session.start(self.reader.load()))
        session.pictures_changed.connect(lambda _: session.start(self.reader.suggest()))
        self.setup.changed.connect(self._setup_changed)
        self._counting.timeout.connect(lambda: session.start(self._count()))
        self.panel.start_asked.connect(self.start)
        self.strip.start_asked.connect(self.start)
        self.strip.opened.connect(self._toggle_list)
        self.panel.files_asked.connect(self.files.ask_loras)
        self.empty.start_asked.connect(self.start)
        self.empty.list_asked.connect(self.show_list)
        self.empty.train_asked.connect(lambda: session.go("train"))
        self.empty.files_asked.connect(self.files.ask_loras)
        self.bar.mode.changed.connect(lambda _: self._follow())
        self.bar.zoomed.connect(self.zoom)
        self.bar.fitted.connect(self.fit)
        self.runner.failed.connect(session.show_error)
        self.runner.finished.connect(self._drawn)
        self.runner.adopted.connect(lambda request: session.start(self.reader.adopt(request)))
        state.axes_changed.connect(self._follow)
        state.choice_changed.connect(self.right.refresh)
        state.choice_changed.connect(self._mark_next_step)
        self.runner.changed.connect(self._mark_next_step)
        self.grid.picked.connect(state.choose)
        self.grid.compared.connect(state.compare_with)
        self.grid.opened.connect(self._open_cell)
        self.recipe.compare_asked.connect(self.show_compare)
        self.recipe.canvas_asked.connect(self.open_in_canvas)
        self.right.canvas_asked.connect(self.open_in_canvas)
        self.bar.export.clicked.connect(self.exports.ask_grid)
        self.right.completion_asked.connect(self.complete)
        self.right.cell_asked.connect(self._show_cell)
        signals.changed.connect(self._follow)

    def _setup_changed(self) -> None:
        self.state.checkpoints |= {item.path: item for item in self.setup.available}
        self.state.tags = {row.text: row.tag for row in self.setup.prompts}
        self._counting.start()
        self._follow()

    def _follow(self) -> None:
        has_grid = bool(self.state.axes.checkpoints)
        comparing = self.bar.mode.value == "compare"
        self.stage.setCurrentWidget(
            self.empty if not has_grid else self.compare if comparing else self.grid
        )
        self.empty.refresh()
        self.bar.refresh()

    def _mark_next_step(self) -> None:
        """One primary button: draw the grid, or paint with what the evidence speaks for."""
        decided = self.state.pick_checkpoint != "" and not self.runner.running
        restyle(self.right.canvas, "kind", "primary" if decided else "normal")
        restyle(self.panel.start, "kind", "normal" if decided else "primary")

    async def _count(self) -> None:
        if self.setup.problem() is not None or self.runner.running:
            return
        request = self.setup.request(self._session.project, data_dir())
        try:
            cells, cached = await self._session.bridge.io(count_cells, request)
        except StylekilnError as error:
            self.panel.show_refusal(error)  # a file is gone; a toast at every change is too much
        else:
            self.panel.set_counts(cells, cached)

    # What actions do

    def start(self) -> None:
        """Draw the grid; cells that were drawn before are taken as they are."""
        if self.runner.running:
            return
        try:
            request = self.setup.request(self._session.project, data_dir())
        except StylekilnError as error:
            self._session.show_error(error)
            return
        self.evidence.clear()
        self.bar.mode.set_value("grid")
        self.runner.start(request)

    def complete(self) -> None:
        """Draw the grid that is shown with what it needs to be judged."""
        request = self.state.request
        if request is None or self.runner.running:
            return
        self.setup.adopt(request)
        seeds = (
            request.seeds if len(request.seeds) > 1 else (request.seeds[0], request.seeds[0] + 1)
        )
        base = "" in request.checkpoints or 0 not in request.weights
        self.setup.edit(seeds=format_values(seeds), base_row=base)
        self.start()

    def _drawn(self) -> None:
        self._counting.start()
        self._session.start(self.evidence.measure())

    def zoom(self, direction: int) -> None:
        """Enlarge (1) or shrink (-1) what is on the stage."""
        if self.stage.currentWidget() is self.compare:
            self.compare.zoom_by(1.25 if direction > 0 else 0.8)
        else:
            self.grid.step_zoom(direction)

    def fit(self) -> None:
        """Show all of what is on the stage."""
        if self.stage.currentWidget() is self.compare:
            self.compare.fit()
        else:
            self.grid.fit()

    def show_compare(self) -> None:
        """Show A and B large."""
        self.bar.mode.set_value("compare")
        self._follow()

    def _open_cell(self, key: CellKey) -> None:
        self.state.choose(key)
        self.show_compare()

    def _show_cell(self, key: CellKey) -> None:
        self.bar.mode.set_value("grid")
        if self.state.shown_seed not in (None, key.seed):
            self.state.show_seed(key.seed)
        self.state.choose(key)
        self._follow()
        self.grid.show_cell(key)
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def lora_for_canvas(self) -> tuple[str, float] | None:
        """The LoRA and weight to paint with: of the chosen cell, else of the pick."""
        state = self.state
        if state.first is not None and state.first.checkpoint:
            return state.first.checkpoint, state.first.weight
        if state.pick_checkpoint and state.pick_weight is not None:
            return state.pick_checkpoint, state.pick_weight
        return None

    def open_in_canvas(self) -> None:
        """Paint with the LoRA of the chosen cell, or of the pick."""
        lora = self.lora_for_canvas()
        if lora is None:
            return
        prompt = self.state.first.prompt if self.state.first is not None else ""
        model = self.state.request.image.model if self.state.request is not None else ""
        self._session.go("canvas", loras=(lora,), prompt=prompt, model=model)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take LoRA files."""
        if dropped_loras(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Compare the files that are dropped."""
        event.acceptProposedAction()
        self.files.take_loras(dropped_loras(event))
