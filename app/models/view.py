"""The Models workspace: the library at the left, the table, and the inspector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from app.actions import Action
from app.i18n import bind
from app.i18n import signals as language_signals
from app.i18n.format import size
from app.models.actions import actions
from app.models.doors import Doors
from app.models.inspector import WIDTH, Inspector
from app.models.intake import Intake
from app.models.library_column import LibraryColumn
from app.models.model import Filter, ModelList, Order
from app.models.reader import Reader, Shelf
from app.models.table import ModelTable, TableHead
from app.models.tool_bench import ToolBench
from app.models.tool_results import words_of
from app.models.tool_words import taken_back
from app.models.tools import CHECK, EDIT, Tool
from app.models.uses import Told
from app.models.weight_keeper import WeightKeeper
from app.models.weights import USUAL
from app.models.withdrawal import withdraw
from app.session import Session
from app.theme import icons, metrics
from app.widgets.buttons import button
from app.widgets.columns import SideColumns
from app.widgets.fields import TextField
from app.widgets.states import DropOverlay, EmptyState
from app.widgets.text import hairline, label
from app.widgets.thumbnails import ThumbnailCache
from engine.models.approvals import Approved
from engine.models.tools.requests import EditRequest, ToolRequest, ToolResult


class View(QWidget):
    """What models are at hand. The list is read off the UI thread whenever the page is shown."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.list = ModelList(self)
        self.thumbnails = ThumbnailCache(parent=self)
        self.intake = Intake(session, self)
        self.doors = Doors(self, session, self.intake)
        self.bench = ToolBench(session, self)
        self.weights = WeightKeeper(session, self)
        self.reader = Reader(session, self)
        self.table = ModelTable(self.thumbnails)
        self.table.set_list(self.list)
        self.head = TableHead()
        self.library = LibraryColumn(self.list, self.intake)
        self.inspector = Inspector(self.bench, self.thumbnails)
        self._wanted = ""
        self._count = label(tone="quiet")
        self._count_text = bind(self._count.setText, "")
        self._build()
        self._connect()

    def _connect(self) -> None:
        self.library.wanted.connect(self._filter)
        self.library.add_files.connect(self.doors.ask_files)
        self.library.add_folder.connect(self.doors.ask_folder)
        self.library.remove_folder.connect(self.doors.forget)
        self.head.ordered.connect(self._order)
        self.table.chosen.connect(self._show_chosen)
        self.table.room_changed.connect(self.head.take_room)
        self.reader.read_models.connect(self._show_models)
        self.reader.read_told.connect(self._show_told)
        self.intake.came.connect(lambda paths: self._choose_when_read(str(paths[0])))
        self.bench.done.connect(self._tool_done)
        self.inspector.weight_changed.connect(self.weights.keep)
        self.inspector.withdrawn.connect(self._withdraw)
        unsaved = self.inspector.unsaved
        unsaved.changed.connect(lambda: self.list.set_unsaved(unsaved.paths))
        language_signals.changed.connect(self._show_counts)
        self._session.settings_changed.connect(self._refresh_seen)
        self._session.engine_event.connect(self._hear)
        self._session.job_finished.connect(self._refresh_seen)

    def focus_target(self) -> QWidget:
        """What takes the keyboard when the page is shown."""
        return self.table

    def receive(self, add: bool = False, path: str = "", **payload: Any) -> None:
        """``add`` asks for model files at once; ``path`` chooses a model."""
        if path:
            self._choose_when_read(path)
        if add:
            self.doors.ask_files()

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What can be done here."""
        return actions(self)

    def refresh(self) -> None:
        """Read the folders again."""
        self.reader.read()

    def _hear(self, event: Any) -> None:
        if event.kind == "train.checkpoint":
            self._refresh_seen()

    def _refresh_seen(self, _: object = None) -> None:
        """A page that is not seen reads again when it is shown."""
        if self.isVisible():
            self.refresh()

    # Layout

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.stage = self._stage()
        row.addWidget(self.library)
        row.addWidget(self.stage, 1)
        row.addWidget(self.inspector)
        self.columns = SideColumns(self, self.stage, self._session, "models")
        self.columns.add(self.library, "left", metrics.LEFT)
        self.columns.add(self.inspector, "right", WIDTH)
        self.columns.keys_on(self.table)
        self.overlay = DropOverlay(self.stage)
        self.setAcceptDrops(True)

    def _stage(self) -> QWidget:
        stage = QWidget()
        stage.setProperty("surface", "stage")
        stage.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tool_bar())
        column.addWidget(hairline("column"))
        column.addWidget(self.head)
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.table)
        self.none = EmptyState(
            "boxes",
            "No model matches",
            "Clear the search, or tick more families at the left.",
            button("Show all models", on=self.show_all),
        )
        self._pages.addWidget(self.none)
        column.addWidget(pages, 1)
        return stage

    def _tool_bar(self) -> QWidget:
        bar = QWidget()
        bar.setProperty("surface", "panel")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(metrics.TOOLBAR)
        self.search = TextField("Name, trigger, base or note")
        self.search.setMaximumWidth(300)
        self.search.addAction(icons.icon("search", 14), self.search.ActionPosition.LeadingPosition)
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.add = button("Add files…", "plus", on=self.doors.ask_files)
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.search, 4)
        row.addWidget(self._count)
        row.addStretch(1)
        row.addWidget(self.add)
        return bar

    # What is read and shown

    def _show_models(self, shelf: Shelf) -> None:
        """The list is there anew; what was chosen stays chosen, and the table does not jump."""
        chosen = self._chosen_paths()
        place = self.table.verticalScrollBar().value()
        self.weights.take(shelf.weights)
        self.list.set_models(shelf.models)
        self.library.show_folders(shelf)
        wanted, self._wanted = self._wanted, ""
        found = self.list.row_of(wanted) >= 0
        self.choose([wanted] if found else chosen)
        if not found:
            self.table.verticalScrollBar().setValue(place)
        self._show_counts()

    def _show_told(self, told: dict[str, Told]) -> None:
        chosen = self._chosen_paths()
        self.list.set_told(told)
        if self._chosen_paths() != chosen:
            self.choose(chosen)  # sorted by use, it was filled anew
        self._show_chosen()

    def _chosen_paths(self) -> list[str]:
        return [str(info.path) for info in self.table.selected()]

    def choose(self, paths: list[str]) -> None:
        """Choose these models, or the first when none of them is shown."""
        rows = [row for row in map(self.list.row_of, paths) if row >= 0]
        shown = self.list.shown
        if not rows and shown:
            rows = [self.list.row_of(str(shown[0].path))]
        self.table.choose_rows(rows)
        self._show_chosen()

    def _choose_when_read(self, path: str) -> None:
        self._wanted = path
        self.refresh()

    def _show_chosen(self) -> None:
        chosen = self.table.selected()
        told = self.list.told(chosen[0]) if len(chosen) == 1 else Told()
        usual = told.approval.weight if told.approval is not None else USUAL
        weight = self.weights.of(chosen[0], usual) if chosen else USUAL
        self.inspector.show_models(chosen, self.list.models, told, weight)

    def _order(self, order: Order) -> None:
        chosen = self._chosen_paths()
        self.list.set_order(order)
        self.choose(chosen)

    def search_now(self) -> None:
        """Put the keyboard into the search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _search(self, text: str) -> None:
        self._filter(replace(self.list.filter, text=text))

    def _filter(self, wanted: Filter) -> None:
        chosen = self._chosen_paths()
        self.list.set_filter(wanted)
        self._show_counts()
        self.choose(chosen)

    def show_all(self) -> None:
        """Show every model."""
        self.search.clear()
        self._filter(Filter())

    def _show_counts(self) -> None:
        shown = self.list.shown
        self.library.refresh()
        total = size(sum(info.bytes for info in shown))
        self._count_text.say("1 model, {size}", "{n} models, {size}", n=len(shown), size=total)
        self._pages.setCurrentIndex(0 if shown or not self.list.models else 1)
        self.table.viewport().update()

    # In and out

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what a drop would do; what is taken elsewhere goes on to the window."""
        words = self.doors.offer(event.mimeData()) if event.source() is None else ""
        if not words:
            event.ignore()
            return
        event.acceptProposedAction()
        self.overlay.offer(words)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """What was held over the page has gone."""
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take models and folders in."""
        self.overlay.hide()
        event.acceptProposedAction()
        self.doors.take(event.mimeData())

    # What tools have made

    def _withdraw(self, approved: Approved) -> None:
        self._session.start(withdraw(self._session, approved, self.refresh))

    def _tool_done(self, tool: Tool, request: ToolRequest, result: ToolResult) -> None:
        if tool is CHECK:
            return  # the inspector shows it
        action, on_action = self._offered_after(request, result)
        self._session.notify(
            "{words}", words=partial(words_of, tool, result), action=action, on_action=on_action
        )
        self._choose_when_read(result.path)

    def _offered_after(
        self, request: ToolRequest, result: ToolResult
    ) -> tuple[str, Callable[[], None] | None]:
        known = next((one for one in self.list.models if str(one.path) == result.path), None)
        if isinstance(request, EditRequest) and request.in_place and known is not None:
            return "Undo", partial(self._take_back, taken_back(known))
        if self.isVisible():
            return "", None
        return "Show", partial(self._session.go, "models", path=result.path)

    def _take_back(self, request: EditRequest) -> None:
        self.bench.begin(EDIT, request)

    def showEvent(self, event: QShowEvent) -> None:
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() + metrics.RAIL < metrics.NARROW
        self.columns.set_natural(self.inspector, 300 if narrow else WIDTH)
