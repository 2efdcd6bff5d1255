"""The Train workspace: the next run at the left, a run or the report of an import on the stage, and
all runs, or what the report says of one key, at the right.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.theme import metrics
from app.training.actions import actions
from app.training.kohya_drops import FileDrops
from app.training.kohya_files import KohyaFiles
from app.training.kohya_report import ReportParts
from app.training.model import TrainState
from app.training.run_column import RunColumn
from app.training.run_stage import RunStage
from app.training.settings_column import SettingsColumn
from app.widgets.buttons import button
from app.widgets.columns import SideColumns
from app.widgets.segments import Segments
from app.widgets.states import EmptyState

if TYPE_CHECKING:
    from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent

    from app.actions import Action
    from app.session import Session
    from app.training.kohya_page import Taken
    from app.training.story import Story


class View(QWidget):
    """Three columns; in a narrow window the right one becomes a tab of the left one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.state = TrainState(session)
        self.settings = SettingsColumn(self.state)
        self.stage = RunStage(self.state)
        self.runs = RunColumn(self.state)
        self.files = KohyaFiles(self.state, self)
        self.report = ReportParts(self.state, self.files)
        self.drops = FileDrops(self.files, self)
        self.tabs = Segments([("next", "Next run"), ("runs", "Runs")], fill=True)
        self.empty = EmptyState(
            "images",
            "No project is open",
            "Training needs pictures. Open a folder of art in Dataset first.",
            button("Go to Dataset", "arrow-right", on=lambda: session.go("dataset")),
        )
        self._narrow = False
        self._story: Story | None = None
        self.setAcceptDrops(True)
        self._build()
        self._connect()
        self._show_page()
        self._arrange()

    def _build(self) -> None:
        self.left = QWidget()
        self._left = QVBoxLayout(self.left)
        self._left.setContentsMargins(0, 0, 0, 0)
        self._left.setSpacing(0)
        self.tab_bar = QWidget()
        self.tab_bar.setProperty("surface", "panel")
        tab_row = QHBoxLayout(self.tab_bar)
        tab_row.setContentsMargins(metrics.PAD, metrics.GAP, metrics.PAD, metrics.GAP)
        tab_row.addWidget(self.tabs)
        self.tab_bar.hide()
        self._left.addWidget(self.tab_bar)
        self._left.addWidget(self.settings, 1)
        work = QWidget()
        self._row = QHBoxLayout(work)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.center, self.right = QStackedWidget(), QStackedWidget()
        self.center.addWidget(self.stage)
        self.right.addWidget(_any_width(self.runs))
        self._row.addWidget(self.left)
        self._row.addWidget(self.center, 1)
        self._row.addWidget(self.right)
        self.columns = SideColumns(work, self.center, self.session, "train")
        self.columns.add(self.left, "left", self.settings.preferred_width, self._set_left)
        self.columns.add(self.right, "right", self.runs.preferred_width, self._set_right)
        self.columns.keys_on(self.stage)
        self.pages = QStackedWidget()
        self.pages.addWidget(work)
        self.pages.addWidget(self.empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)

    def _connect(self) -> None:
        self.session.project_changed.connect(self._show_page)
        self.state.runs_changed.connect(self._arrange)
        self.tabs.changed.connect(lambda _: self._arrange())
        self.stage.start_asked.connect(self._begin)
        self.runs.check_asked.connect(lambda run: self.session.go("validate", run=run, check=True))
        self.runs.join(self.stage)
        self.stage.prompts_asked.connect(lambda: self.settings.reveal("sample_prompts"))
        self.settings.import_asked.connect(self.files.ask_import)
        self.settings.export_asked.connect(self.files.ask_export)
        self.files.taken.connect(self.show_report)
        self.files.left.connect(self._leave_report)
        self.settings.report_asked.connect(self.show_last_report)
        self.report.back_asked.connect(self.show_run)
        self.state.story_changed.connect(self._show_other_run)
        self.report.go_asked.connect(self._go_to_field)
        self.report.preset_asked.connect(self.settings.save_preset_asked)
        self.report.add_asked.connect(self.settings.new_base.ask)

    def show_report(self, taken: Taken) -> None:
        """Put the report of an import on the stage."""
        self.settings.has_report = True
        self.session.start(self._show_report(taken))

    async def _show_report(self, taken: Taken) -> None:
        """Each part is made in a turn of the event loop of its own when it is the first time."""
        for turn in (lambda: self.report.page, self._place_page, lambda: self.report.detail,
                     self._place_detail, lambda: self.report.shown(taken),
                     lambda: self.center.setCurrentWidget(self.report.page)):  # fmt: skip
            await asyncio.sleep(0)
            if self.files.last is not taken:
                return  # it was taken back, or another one was read
            turn()
        await asyncio.sleep(0)
        if self.files.last is taken:
            self._put_on_stage(taken)

    def _place_page(self) -> None:
        page = self.report.page
        if self.center.indexOf(page) < 0:
            self.center.addWidget(page)
            self.columns.keys_on(page.table)

    def _place_detail(self) -> None:
        if self.right.indexOf(self.report.detail) < 0:
            self.right.addWidget(_any_width(self.report.detail))

    def _put_on_stage(self, taken: Taken) -> None:
        page, detail = self.report.shown(taken)
        self._story = self.state.story
        self._show_parts(page, detail)
        page.table.setFocus()

    def show_last_report(self) -> None:
        """Put the report of the last import back on the stage."""
        if self.files.last is not None:
            self._put_on_stage(self.files.last)

    def _leave_report(self) -> None:
        self.settings.has_report = False
        self.show_run()

    def show_run(self) -> None:
        """Put the run back on the stage."""
        self._show_parts(self.stage, self.runs)

    def _show_other_run(self) -> None:
        """Another run than the one under the report has begun or was asked for."""
        if self.shows_report and self.state.story is not self._story:
            self.show_run()

    @property
    def shows_report(self) -> bool:
        """Whether the report is on the stage."""
        return self.center.currentWidget() is not self.stage

    def _show_parts(self, middle: QWidget, right: QWidget) -> None:
        self.center.setCurrentWidget(middle)
        self.right.setCurrentWidget(right)
        self.tabs.rename("runs", "Chosen key" if self.shows_report else "Runs")
        self._arrange()

    def _go_to_field(self, setting: str) -> None:
        self.columns.show(self.left, True, slide=True)
        self.tabs.set_value("next")
        self._arrange()
        self.settings.reveal(setting)

    def receive(self, **payload: object) -> None:
        """``run`` names a run folder to show, ``setting`` one of the next run's to go to."""
        if isinstance(setting := payload.get("setting"), str):
            self._go_to_field(setting)
        wanted = payload.get("run")
        for story in self.state.runs:
            if wanted is not None and str(story.folder) == str(wanted):
                self.state.show(story)

    def focus_target(self) -> QWidget:
        """What takes the keys when the page is shown: the stage, so that none goes into a field."""
        if self.pages.currentIndex():
            return self.empty
        return self.report.page.table if self.shows_report else self.stage

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What can be done here."""
        return actions(self)

    def start(self) -> None:
        """Start the next run, or queue it."""
        self.settings.start()

    def _begin(self) -> None:
        """From the empty stage: start, or go where the pictures are that are missing."""
        if self.state.can_start:
            self.settings.start()
        else:
            self.session.go("dataset")

    def pause(self) -> None:
        """Hold the run at its next step, or let it go on."""
        self.stage.bar.pause.click()

    def stop(self) -> None:
        """Stop the run; its checkpoints are kept."""
        self.stage.bar.stop.click()

    def check(self) -> None:
        """Compare the epochs of the shown run."""
        self.runs.check.click()

    def _show_page(self) -> None:
        self.pages.setCurrentIndex(0 if self.session.project is not None else 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < metrics.NARROW - metrics.RAIL
        if narrow != self._narrow:
            self._narrow = narrow
            self._move_runs()
        self._arrange()

    def _move_runs(self) -> None:
        """Put the right column under the tabs, or back to the right."""
        layout = self._left if self._narrow else self._row
        # A widget that is seen when it gets another parent is shown again by Qt, later.
        self.right.hide()
        layout.addWidget(self.right)
        self.columns.set_natural(self.right, 0 if self._narrow else self.runs.preferred_width)
        self.columns.refit()
        if self._narrow:
            self.right.setFixedWidth(self.left.minimumWidth())

    def _set_left(self, width: int) -> None:
        self.left.setFixedWidth(width)
        self.settings.setFixedWidth(width)
        if self._narrow:
            self.right.setFixedWidth(width)

    def _set_right(self, width: int) -> None:
        if not self._narrow:
            self.right.setFixedWidth(width)

    def _arrange(self) -> None:
        second = self.tabs.value == "runs"
        some = bool(self.state.runs) or self.shows_report
        self.tab_bar.setVisible(self._narrow and some)
        self.settings.setVisible(not (self._narrow and some and second))
        self.columns.show(self.right, some and (second or not self._narrow))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file of settings or prompts, and say what it will do."""
        self.drops.offer(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It goes elsewhere."""
        self.drops.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what is dropped."""
        self.drops.take(event)


def _any_width(column: QWidget) -> QWidget:
    """``column`` as wide as what it stands in."""
    column.setMinimumWidth(0)
    column.setMaximumWidth(metrics.UNBOUNDED)
    return column
