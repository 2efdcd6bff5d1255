"""The Validate workspace: what to compare, the live grid, the cell chosen, and the evidence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import signals
from app.theme import metrics
from app.validation.actions import validation_actions
from app.validation.approve_entry import Approvals
from app.validation.cell_files import CellFiles
from app.validation.cell_measures import CellMeasures
from app.validation.cell_menu import open_cell_menu
from app.validation.cell_pictures import CellPictures
from app.validation.cell_tips import CellTips
from app.validation.chosen_cell import ChosenCell
from app.validation.compare import CompareView
from app.validation.drawing import Drawing
from app.validation.dry_run import DryRun
from app.validation.earlier_grids import EarlierGrids
from app.validation.evidence import EvidenceState
from app.validation.evidence_panel import NARROW_WIDTH, WIDTH, EvidencePanel
from app.validation.export_entry import Exports
from app.validation.extractor_menu import ExtractorMenu
from app.validation.files import GridFiles, dropped_loras, dropped_pictures
from app.validation.full_cell import FullCell
from app.validation.full_pictures import FullPictures
from app.validation.grid_view import GridView
from app.validation.marks import GridMarks
from app.validation.model import GridState
from app.validation.no_grid import NoGrid
from app.validation.pair_view import PairView
from app.validation.plans import Plans
from app.validation.reader import Reader
from app.validation.recipe_bar import RecipeBar
from app.validation.row_measures import row_measures
from app.validation.runner import GridRunner
from app.validation.setup import GridSetup
from app.validation.setup_panel import SetupPanel
from app.validation.shown_line import ShownLine
from app.validation.stage import Stage
from app.validation.stage_bar import StageBar
from app.validation.stage_column import StageColumn
from app.validation.strip import SetupStrip
from app.validation.undoing import Undoing
from app.validation.verdict_focus import VerdictFocus
from app.validation.verdict_page import VerdictPage
from app.widgets.columns import SideColumns
from app.widgets.text import restyle

if TYPE_CHECKING:
    from app.actions import Action
    from app.session import Session
    from engine.validation.resolve import Position


class View(QWidget):
    """One grid at a time; what was drawn before is found again."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.state = GridState(self)
        self.setup = GridSetup(self)
        self.runner = GridRunner(session, self.state)
        self.evidence = EvidenceState(session, self.state)
        self.evidence.changed.connect(self._measured)
        self.approvals = Approvals(self, session, self.state, self.evidence)
        self.focus = VerdictFocus(self.evidence)
        self.marks = GridMarks(session, self)
        self.state.use_marks(self.marks)
        self.thumbnails = CellPictures(self)
        self.full_pictures = FullPictures(session, self)
        self.cells = CellFiles(session, self.state, self)
        self.chosen = ChosenCell(session, self.state, self.marks, self.cells, self.thumbnails)
        self.dry_run = DryRun(session, self.setup, self.state)
        self.drawing = Drawing(session, self.state, self.setup, self.runner, self.dry_run)
        self.plans = Plans(session, self.setup, self.state)
        self.undoing = Undoing(self.marks, self.evidence.choices, self.plans)
        self.panel = SetupPanel(self.setup, self.state, self.runner, self.dry_run, self.plans)
        self.strip = SetupStrip(self.setup, self.runner, self.dry_run)
        self._list_wanted = False
        self.grid = GridView(self.state, self.thumbnails)
        self.tips = CellTips(session, self.state, self.cells, self.grid)
        self.compare = CompareView(self.state, self.thumbnails, self.full_pictures)
        self.full = FullCell(self.state, self.thumbnails, self.full_pictures)
        self.recipe = RecipeBar(self.state, self.thumbnails)
        self.verdict = VerdictPage(self.state, self.evidence, self.focus, self.thumbnails)
        self.right = EvidencePanel(
            self.state, self.evidence, self.focus, self.approvals, self.thumbnails
        )
        menu = self.right.verdict.menu_button
        self.extractors = ExtractorMenu(menu, session, self.evidence, self.measure)
        self.bar = StageBar(self.state, self.compare)
        self.empty = NoGrid(self.setup)
        self.pair = PairView(self.state, self.evidence, self.full_pictures)
        self.stage = Stage(
            self.state,
            self.bar,
            self.grid,
            self.compare,
            self.full,
            self.verdict,
            self.empty,
            self.pair,
        )
        self.reader = Reader(session, self.state, self.setup, self.runner, self.evidence)
        self.files = GridFiles(self, session, self.setup, self.reader, self.plans)
        self.exports = Exports(self, session, self.state, self.evidence, self.approvals)
        self.earlier = EarlierGrids(
            session, self.state, self.approvals, self.bar.earlier, self.open_grid
        )
        self.bar.earlier.clicked.connect(self.earlier.ask)
        self.setAcceptDrops(True)
        self._build()
        self._listen()
        self.stage.follow()
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
        self,
        run: str = "",
        files: tuple[str, ...] = (),
        check: bool = False,
        start: bool = False,
        grid: str = "",
        **payload: Any,
    ) -> None:
        """Take a run's folder or LoRA files from another workspace; ``check`` sets the over-fit
        check of the run, ``start`` draws at once. ``grid`` is the folder of a grid to show again.
        """
        if grid:
            self.open_grid(grid)
            return
        self.session.start(self._receive(run, files, check, start))

    async def _receive(self, run: str, files: tuple[str, ...], check: bool, start: bool) -> None:
        self.setup.set_awaited(check)
        try:
            await self.reader.take(run, files)
            if check:
                await self.plans.check()
        finally:
            self.setup.set_awaited(False)
        if start:
            self.drawing.start()

    def open_grid(self, folder: str) -> None:
        """Show a grid that was drawn before, unless one is being drawn or it is shown already."""
        shown = self.state.request
        if not self.runner.running and (shown is None or shown.folder != folder):
            self.stage.show_grid()
            self.session.start(self.reader.open_earlier(folder))

    def show_nearest(self) -> None:
        """Show A beside the training picture it is nearest to, both large."""
        pair = self.evidence.pair_at(self.state.first)
        if pair is not None:
            self.stage.open_pairs([pair], 0)

    # Layout

    def _build(self) -> None:
        self.shown_line = ShownLine(self.state)
        middle = StageColumn(self.stage, self.bar, self.shown_line, self.recipe)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.strip)
        outer.addWidget(self.panel)
        outer.addWidget(middle, 1)
        outer.addWidget(self.right)
        self.columns = SideColumns(self, middle, self.session, "validate")
        self.columns.add(self.strip, "left")
        self.columns.add(self.panel, "left", self.panel.preferred_width)
        self.columns.add(self.right, "right", WIDTH)
        self.columns.keys_on(self.grid, self.compare, self.full)

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

    def add_axis(self) -> None:
        """Show the left column with the list of what can vary."""
        self.show_list()
        self.panel.axes.open_menu()

    def choose_plan(self) -> None:
        """Show the left column with the plans."""
        self.show_list()
        self.panel.open_plans()

    def set_plan(self, name: str) -> None:
        """Set all axes by the plan called ``name``, and show them."""
        if self.panel.isHidden():
            self._toggle_list()
        self.plans.apply(name)

    # Connections

    def _listen(self) -> None:
        session, state = self.session, self.state
        session.project_changed.connect(self.plans.forget)
        self.setup.changed.connect(self._setup_changed)
        drawing = self.drawing
        self.panel.start_asked.connect(drawing.start)
        self.panel.repeat_asked.connect(drawing.retry)
        self.strip.start_asked.connect(drawing.start)
        self.plans.extended.connect(drawing.extended)
        drawing.started.connect(self._started)
        drawing.ended.connect(self.measure)
        drawing.given_back.connect(lambda before: session.start(self.reader.show_again(before)))
        self.strip.opened.connect(self._toggle_list)
        self.panel.files_asked.connect(self.files.ask_loras)
        self.empty.start_asked.connect(drawing.start)
        self.empty.list_asked.connect(self.show_list)
        self.empty.train_asked.connect(lambda: session.go("train"))
        self.empty.files_asked.connect(self.files.ask_loras)
        self._listen_to_stage()
        self.runner.failed.connect(session.show_error)
        state.axes_changed.connect(self._find_cells)
        state.axes_changed.connect(self.stage.follow)
        state.choice_changed.connect(self.right.refresh)
        state.choice_changed.connect(self._mark_next_step)
        self.runner.changed.connect(self._mark_next_step)
        self.runner.changed.connect(lambda: self.bar.earlier.setEnabled(not self.runner.running))
        self.right.deeds.canvas_asked.connect(self.paint)
        self.right.deeds.report_asked.connect(self.exports.ask_report)
        self.bar.export.clicked.connect(self.exports.ask_grid)
        self.right.completion_asked.connect(drawing.complete)
        self.right.more_asked.connect(drawing.more_seeds)
        self.right.measuring_asked.connect(self.measure)
        self.right.verdict.menu_asked.connect(self.extractors.open)
        self.right.cell_asked.connect(self.stage.show_cell)
        self.right.pairs.opened.connect(self.stage.open_pairs)
        self.full.nearest_asked.connect(self.show_nearest)
        self.verdict.cell_asked.connect(self.stage.show_cell)
        self.verdict.flags.pairs_opened.connect(self.stage.open_pairs)
        self.verdict.limit_moved.connect(self.right.limits.point_at)
        signals.changed.connect(self.stage.follow)

    def _listen_to_stage(self) -> None:
        state, grid, stage, chosen = self.state, self.grid, self.stage, self.chosen
        stage.currentChanged.connect(self._staged)
        self.thumbnails.ready.connect(stage.tell_zoom)
        grid.picked.connect(state.choose)
        grid.compared.connect(state.compare_with)
        grid.held.connect(state.hold_first)
        grid.opened.connect(self._open_or_retry)
        grid.marked.connect(chosen.mark_at)
        grid.dragged.connect(lambda key: chosen.drag(key, grid))
        grid.menu_asked.connect(partial(open_cell_menu, self))
        grid.tip_asked.connect(self.tips.show)
        for large in (self.compare, self.full):
            large.marked.connect(chosen.mark)
        recipe = self.recipe
        recipe.compare_asked.connect(stage.show_compare)
        recipe.canvas_asked.connect(chosen.open_in_canvas)
        recipe.mark_asked.connect(chosen.mark)
        recipe.infotext_asked.connect(chosen.copy_infotext)
        recipe.picture_asked.connect(chosen.copy_picture)
        recipe.dragged.connect(lambda: chosen.drag(state.first, grid))

    def _staged(self, _: int) -> None:
        self.right.set_on_verdict(self.stage.currentWidget() is self.verdict)

    def _setup_changed(self) -> None:
        self.state.checkpoints |= {item.path: item for item in self.setup.available}
        self.state.tags = {row.text: row.tag for row in self.setup.prompts}
        self.stage.follow()

    def _find_cells(self) -> None:
        request = self.state.request
        self.thumbnails.use_cells(None if request is None else request.cells_folder)

    def _measured(self) -> None:
        state, evidence = self.state, self.evidence.evidence
        state.shown.set_measures(row_measures(state, evidence), CellMeasures(state, evidence))

    def _mark_next_step(self) -> None:
        """One primary button: draw the grid, or go on with what the evidence speaks for."""
        decided = self.state.pick_checkpoint != "" and not self.runner.running
        self.right.deeds.lead(decided)
        restyle(self.panel.start, "kind", "normal" if decided else "primary")

    # What actions do

    def _started(self) -> None:
        self.evidence.clear()
        self.stage.show_grid()

    def paint(self) -> None:
        """Paint with what is approved, else with what the evidence speaks for."""
        lora = self.approvals.to_use
        if lora is not None:
            self.chosen.paint_with(lora)

    def measure(self) -> None:
        """Measure the grid that is shown; what was measured before is taken as it is."""
        self.session.start(self.evidence.measure())

    def _open_or_retry(self, key: Position) -> None:
        cell = self.state.cell(key)
        if cell is not None and cell.problem:
            self.drawing.retry()
        elif cell is not None and cell.path:
            self.stage.open_cell(key)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take LoRA files, and sketches to paint over."""
        if dropped_loras(event) or dropped_pictures(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Compare the files that are dropped, or draw on the sketches."""
        event.acceptProposedAction()
        self.files.take(event)
