"""The Validate workspace: what to compare, the live grid, the cell chosen, and the evidence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.i18n import signals
from app.theme import metrics
from app.validation.actions import validation_actions
from app.validation.approve_entry import Approvals
from app.validation.cell_files import CellFiles
from app.validation.cell_menu import open_cell_menu
from app.validation.cell_pictures import CellPictures
from app.validation.cell_tips import CellTips
from app.validation.compare import CompareView
from app.validation.dry_run import DryRun
from app.validation.evidence import EvidenceState
from app.validation.evidence_panel import NARROW_WIDTH, WIDTH, EvidencePanel
from app.validation.export_entry import Exports
from app.validation.files import GridFiles, dropped_loras, dropped_pictures
from app.validation.framing import STEP
from app.validation.full_cell import FullCell
from app.validation.full_pictures import FullPictures
from app.validation.grid_view import GridView
from app.validation.marks import GridMarks
from app.validation.model import GridState
from app.validation.no_grid import NoGrid
from app.validation.plans import Plans
from app.validation.reader import Reader
from app.validation.recipe_bar import RecipeBar
from app.validation.row_measures import row_measures
from app.validation.runner import GridRunner
from app.validation.setup import GridSetup
from app.validation.setup_panel import SetupPanel
from app.validation.stage_bar import StageBar
from app.validation.strip import SetupStrip
from app.validation.undoing import Undoing
from app.validation.verdict_focus import VerdictFocus
from app.validation.verdict_page import VerdictPage
from app.widgets.columns import SideColumns
from app.widgets.text import hairline, restyle
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError

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
        self.dry_run = DryRun(session, self.setup)
        self.plans = Plans(session, self.setup, self.state)
        self.undoing = Undoing(self.marks, self.evidence.choices, self.plans)
        self.panel = SetupPanel(self.setup, self.state, self.runner, self.dry_run, self.plans)
        self.strip = SetupStrip(self.setup, self.runner)
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
        self.bar = StageBar(self.state, self.compare)
        self.empty = NoGrid(self.setup)
        self.reader = Reader(session, self.state, self.setup, self.runner, self.evidence)
        self.files = GridFiles(self, session, self.setup, self.reader, self.plans)
        self.exports = Exports(self, session, self.state, self.evidence, self.approvals)
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
        self.session.start(self._receive(run, files, start))

    async def _receive(self, run: str, files: tuple[str, ...], start: bool) -> None:
        await self.reader.take(run, files)
        if start:
            self.start()

    # Layout

    def _build(self) -> None:
        self.stage = QStackedWidget()
        self.stage.addWidget(self.grid)
        self.stage.addWidget(self.compare)
        self.stage.addWidget(self.full)
        self.stage.addWidget(self.verdict)
        self.stage.addWidget(self.empty)
        middle = QWidget()
        middle.setProperty("surface", "stage")
        middle.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        self._bar_line = hairline("column")
        column.addWidget(self._bar_line)
        column.addWidget(self.stage, 1)
        # In a box of its own: the bar itself comes and goes with the cell that is chosen.
        self.recipe_box = QWidget()
        under = QVBoxLayout(self.recipe_box)
        under.setContentsMargins(0, 0, 0, 0)
        under.addWidget(self.recipe)
        column.addWidget(self.recipe_box)
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

    # Connections

    def _listen(self) -> None:
        session, state = self.session, self.state
        session.project_changed.connect(lambda _: self.plans.forget())
        session.project_changed.connect(lambda _: session.start(self.reader.open_project()))
        session.job_finished.connect(lambda _: session.start(self.reader.load()))
        session.pictures_changed.connect(lambda _: session.start(self.reader.suggest()))
        self.setup.changed.connect(self._setup_changed)
        self.panel.start_asked.connect(self.start)
        self.panel.repeat_asked.connect(self.retry)
        self.strip.start_asked.connect(self.start)
        self.strip.opened.connect(self._toggle_list)
        self.panel.files_asked.connect(self.files.ask_loras)
        self.empty.start_asked.connect(self.start)
        self.empty.list_asked.connect(self.show_list)
        self.empty.train_asked.connect(lambda: session.go("train"))
        self.empty.files_asked.connect(self.files.ask_loras)
        self._listen_to_stage()
        self.runner.failed.connect(session.show_error)
        self.runner.finished.connect(self._drawn)
        self.runner.adopted.connect(lambda request: session.start(self.reader.adopt(request)))
        state.axes_changed.connect(self._follow)
        state.choice_changed.connect(self.right.refresh)
        state.choice_changed.connect(self._mark_next_step)
        self.runner.changed.connect(self._mark_next_step)
        self.right.deeds.canvas_asked.connect(self.open_in_canvas)
        self.right.deeds.report_asked.connect(self.exports.ask_report)
        self.bar.export.clicked.connect(self.exports.ask_grid)
        self.right.completion_asked.connect(self.complete)
        self.right.measuring_asked.connect(self.measure)
        self.right.cell_asked.connect(self._show_cell)
        self.verdict.cell_asked.connect(self._show_cell)
        self.verdict.limit_moved.connect(self.right.limits.point_at)
        signals.changed.connect(self._follow)

    def _listen_to_stage(self) -> None:
        state, grid, bar, compare = self.state, self.grid, self.bar, self.compare
        bar.mode.changed.connect(lambda _: self._turn_stage())
        bar.way.changed.connect(lambda _: self._turn_stage())
        bar.zoomed.connect(self.zoom)
        bar.fitted.connect(self.fit)
        bar.actual.connect(compare.actual_size)
        bar.detailed.connect(grid.set_loupe)
        grid.picked.connect(state.choose)
        grid.compared.connect(state.compare_with)
        grid.opened.connect(self._open_or_retry)
        grid.marked.connect(self.marks_cell)
        grid.dragged.connect(self._drag)
        grid.menu_asked.connect(partial(open_cell_menu, self))
        grid.tip_asked.connect(self.tips.show)
        grid.sized.connect(self._tell_zoom)
        self.thumbnails.ready.connect(lambda _: self._tell_zoom())
        for stage in (compare, self.full):
            stage.stepped.connect(grid.go)
            stage.marked.connect(self.mark)
            stage.closed.connect(self.show_grid)
        compare.changed.connect(self._tell_zoom)
        recipe = self.recipe
        recipe.compare_asked.connect(self.show_compare)
        recipe.canvas_asked.connect(self.open_in_canvas)
        recipe.mark_asked.connect(self.mark)
        recipe.infotext_asked.connect(self.copy_infotext)
        recipe.picture_asked.connect(self.copy_picture)
        recipe.dragged.connect(lambda: self._drag(state.first))

    def _setup_changed(self) -> None:
        self.state.checkpoints |= {item.path: item for item in self.setup.available}
        self.state.tags = {row.text: row.tag for row in self.setup.prompts}
        self._follow()

    def _follow(self) -> None:
        has_grid = bool(self.state.axes.checkpoints)
        self._show_on_stage(self._staged() if has_grid else self.empty)
        self.empty.refresh()
        self.bar.refresh()
        self._tell_zoom()

    def _staged(self) -> QWidget:
        """What the segments say."""
        if self.bar.comparing:
            return self.compare
        if self.bar.mode.value == "verdict":
            return self.verdict
        return self.full if self.stage.currentWidget() is self.full else self.grid

    def _show_on_stage(self, shown: QWidget) -> None:
        before = self.stage.currentWidget()
        self.stage.setCurrentWidget(shown)
        self.right.set_on_verdict(shown is self.verdict)
        self.recipe_box.setVisible(shown is not self.verdict)
        for part in (self.bar, self._bar_line):
            part.setVisible(shown is not self.full)
        if shown is not before and before is not None and before.hasFocus():
            shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def _turn_stage(self) -> None:
        """Another segment was chosen."""
        if self.bar.comparing:
            self.compare.set_mode(self.bar.compare_mode)
        else:
            self.compare.set_playing(False)
        self._follow()

    def _tell_zoom(self) -> None:
        if self.bar.comparing:
            self.bar.show_zoom(self.compare.scale, not self.grid.framing.whole)
        else:
            self.bar.show_zoom(self.grid.picture_scale(), not self.grid.framing.whole)

    def _measured(self) -> None:
        self.state.shown.set_measures(row_measures(self.state, self.evidence.evidence))

    def _mark_next_step(self) -> None:
        """One primary button: draw the grid, or go on with what the evidence speaks for."""
        decided = self.state.pick_checkpoint != "" and not self.runner.running
        self.right.deeds.lead(decided)
        restyle(self.panel.start, "kind", "normal" if decided else "primary")

    # What actions do

    def start(self) -> None:
        """Draw the grid; cells that were drawn before are taken as they are."""
        if self.runner.running:
            return
        try:
            request = self.setup.request(self.session.project, data_dir())
        except StylekilnError as error:
            self.session.show_error(error)
            return
        self.setup.go_on_with(request)
        self.evidence.clear()
        self.show_grid()
        survey = self.dry_run.survey
        self.runner.start(request, None if survey is None else survey.distinct)

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
        self.setup.put("seed", seeds)
        self.setup.set_base_row(base)
        self.start()

    def _drawn(self) -> None:
        self.dry_run.ask()
        self.measure()

    def measure(self) -> None:
        """Measure the grid that is shown; what was measured before is taken as it is."""
        self.session.start(self.evidence.measure())

    def show_verdict(self) -> None:
        """Show what the measures say of the checkpoints."""
        self.bar.mode.set_value("verdict")
        self._turn_stage()
        self.verdict.chart.setFocus(Qt.FocusReason.OtherFocusReason)

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

    def show_compare(self, mode: str = "compare") -> None:
        """Show A and B large."""
        self.bar.mode.set_value(mode)
        self._turn_stage()
        self.compare.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_way(self, way: str) -> None:
        """Compare A and B in another way: ``side``, ``blink`` or ``slider``."""
        self.bar.way.set_value(way)
        self.show_compare()

    def show_grid(self) -> None:
        """Back to the grid, with A in sight."""
        self.bar.mode.set_value("grid")
        self._show_on_stage(self.grid)
        self._turn_stage()
        if self.state.first is not None:
            self.grid.show_cell(self.state.first)
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_cell(self, key: Position) -> None:
        """Show one cell over the whole stage."""
        self.state.choose(key)
        self.bar.mode.set_value("grid")
        self._show_on_stage(self.full)
        self.full.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_first(self) -> None:
        """Show A over the whole stage."""
        if self.state.first is not None:
            self.open_cell(self.state.first)

    def zoom_detail(self, direction: int) -> None:
        """Show a smaller (1) or a larger (-1) part of all pictures."""
        self.grid.framing.zoom_by(STEP if direction > 0 else 1 / STEP)

    def _open_or_retry(self, key: Position) -> None:
        cell = self.state.cell(key)
        if cell is not None and cell.problem:
            self.retry()
        elif cell is not None and cell.path:
            self.open_cell(key)

    def retry(self) -> None:
        """Draw the grid shown again; only what failed or is missing is drawn."""
        request = self.state.request
        if request is not None and not self.runner.running:
            self.setup.adopt(request)
            self.runner.start(request)

    def mark(self, kind: str) -> None:
        """Star, reject or pin A, or take that back."""
        if self.state.first is not None:
            self.marks_cell(kind, self.state.first)

    def marks_cell(self, kind: str, key: Position) -> None:
        """The same for the cell at ``key``."""
        cell = self.state.cell(key)
        if cell is not None and cell.id:
            self.marks.toggle(kind, cell.id)

    def _drag(self, key: Position | None) -> None:
        cell = self.state.cell(key)
        if key is not None and cell is not None and cell.path:
            pixmap = self.thumbnails.kept(cell.path)
            self.session.start(self.cells.drag(key, self.grid, pixmap))

    def copy_infotext(self) -> None:
        """Copy how A was made."""
        if self.state.first is not None:
            self.session.start(self.cells.copy_infotext(self.state.first))

    def copy_picture(self) -> None:
        """Copy the picture of A."""
        if self.state.first is not None:
            self.session.start(self.cells.copy_picture(self.state.first))

    def _show_cell(self, key: Position) -> None:
        self.bar.mode.set_value("grid")
        self._show_on_stage(self.grid)
        self._turn_stage()
        self.state.turn_to(key)
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
        """Open A with its whole recipe, or paint with the LoRA of the pick."""
        key, cell = self.state.first, self.state.cell(self.state.first)
        if key is not None and cell is not None and cell.path:
            self.session.start(self._reproduce(key))
            return
        lora = self.lora_for_canvas()
        if lora is not None:
            model = self.state.request.image.model if self.state.request is not None else ""
            self.session.go("canvas", loras=(lora,), model=model)

    async def _reproduce(self, key: Position) -> None:
        picture = await self.cells.named_copy(key)
        image = self.state.image_at(key)
        self.session.go("canvas", document=str(picture or ""), recipe=image)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take LoRA files, and sketches to paint over."""
        if dropped_loras(event) or dropped_pictures(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Compare the files that are dropped, or draw on the sketches."""
        event.acceptProposedAction()
        self.files.take(event)
