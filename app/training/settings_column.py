"""The left column: the next run in few fields or in full, and what it will do."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QWidget

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.shell.menus import Menu
from app.theme import metrics
from app.training.advanced_fields import AdvancedFields
from app.training.before_panel import BeforePanel
from app.training.new_base import NewBase
from app.training.problems import LABELS, by_setting, named
from app.training.settings_foot import FixLine, reset_button
from app.training.shown_settings import shown_settings
from app.training.simple_fields import SimpleFields
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Column
from app.widgets.segments import Segments
from app.widgets.text import label

if TYPE_CHECKING:
    from app.training.model import TrainState

width = 336
EXPORTS = {
    "json": "Form of kohya's window…",
    "toml": "Settings of kohya's scripts…",
    "dataset": "Dataset file of kohya's scripts…",
}
"""The formats that kohya's programs read, by their kind."""


class SettingsColumn(Column):
    """Simple and Advanced show the same draft; changing one changes the other. ``has_report`` is
    whether there is a report of an import to go back to; ``export_asked`` carries a format.
    """

    import_asked = Signal()
    export_asked = Signal(str)
    report_asked = Signal()
    save_preset_asked = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__(width, "left")
        self.state = state
        self.level = Segments([("simple", "Simple"), ("advanced", "Advanced")])
        self.simple = SimpleFields(state)
        self.before = BeforePanel(state)
        self.more = tool_button("ellipsis", "More", self._open_menu)
        self.has_report = False
        self.fix = FixLine()
        self.new_base = NewBase(state, self)
        self.import_button = button("Import kohya…", "file-input", on=self.import_asked.emit)
        self.import_icon = tool_button("file-input", "Import kohya…", self.import_asked.emit)
        self.reset_button, self._reset_text = reset_button(self.reset_all)
        self.start_button = button("Start training", "play", "primary")
        self._start_text = bind(self.start_button.setText, "Start training")
        self._started = QTimer(self)
        self._started.setSingleShot(True)
        self._started.setInterval(QApplication.doubleClickInterval())
        self._started.timeout.connect(self.refresh)
        self._fill_column()
        self._connect()
        self._show_level("simple")
        self.refresh()

    def _connect(self) -> None:
        state = self.state
        self.level.changed.connect(self._show_level)
        self.start_button.clicked.connect(lambda *_: self.start())
        self.fix.show_asked.connect(self.reveal)
        self.simple.base.add_asked.connect(self.new_base.ask)
        self.before.reveal_asked.connect(self.reveal)
        self.save_preset_asked.connect(self.simple.strip.ask_to_save)
        for signal in (state.plan_changed, state.runs_changed, state.session.job_added,
                       state.session.job_finished, language_signals.changed):  # fmt: skip
            signal.connect(self.refresh)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self.search)

    def _fill_column(self) -> None:
        head = QWidget()
        head.setFixedHeight(metrics.HEADER_TOP)
        row = QHBoxLayout(head)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.addWidget(label("Next run", weight=600))
        row.addStretch(1)
        row.addWidget(self.level)
        row.addWidget(self.more)
        bind(self.level.setAccessibleName, "Settings shown")
        self.add_head(head)
        self._content.insertWidget(2, self.simple.strip)
        self.add(self.simple)
        self.add(self.before)
        self.add_over_foot(self.new_base.row)
        self.add_over_foot(self.fix)
        self.add_foot(self.import_button)
        self.add_foot(self.import_icon)
        self.add_foot(self.reset_button)
        self.add_foot(self.start_button, 1)

    @cached_property
    def advanced(self) -> AdvancedFields:
        """Every setting, made when it is first asked for: there are over a hundred."""
        made = AdvancedFields(self.state)
        self._content.insertWidget(2, made.search)
        self.stack.insertWidget(self.stack.indexOf(self.simple) + 1, made)
        made.search.changed.connect(self.scroll_to_top)
        made.follow(self.more)
        made.moved.connect(self._stay)
        made.revealed.connect(self.bring)
        made.add_asked.connect(self.new_base.ask)
        return made

    def start(self) -> None:
        """Start the next run with what is being typed: a click on a button leaves no field. The
        second half of a double click starts no second run.
        """
        if self._started.isActive():
            return
        typed = self.focusWidget()
        if isinstance(typed, QLineEdit):
            typed.clearFocus()
        if self.state.start() is not None:
            self._started.start()
            self.refresh()

    def reveal(self, setting: str) -> None:
        """Show the field of ``setting`` in Advanced, and give it the keyboard."""
        self._choose_level("advanced")
        self.advanced.reveal(setting)

    def search(self) -> None:
        """Look for a setting among all of them."""
        self._choose_level("advanced")
        field = self.advanced.search.field
        field.setFocus()
        field.selectAll()

    def reset_all(self) -> None:
        """Put every setting back to what a new run starts with; the toast takes it back."""
        start = self.state.start_values()
        changed = {name: start[name] for name in self.state.changed_names()}
        if changed:
            self.state.replace(changed, "All settings are at their start values again.")
            self.state.ask_for_model(None)

    def refresh(self) -> None:
        """Say what the button would do now."""
        waiting = self.state.live.next_job() is not None
        self._start_text.say("Add to queue" if waiting else "Start training")
        self.start_button.set_icon("plus" if waiting else "play")
        self.start_button.setEnabled(self.state.can_start and not self._started.isActive())
        problem = self.state.problem
        self.start_button.setToolTip(named(problem) if problem is not None else "")
        wrong = [name for name in by_setting(problem) if name in shown_settings()]
        self.fix.say(wrong, [tr(LABELS[name]) for name in wrong])
        count = len(self.state.changed_names()) if self.state.values else 0
        self._reset_text.update(n=count)
        self.reset_button.setVisible(count > 0 and self.level.value == "advanced")

    def _show_level(self, level: str) -> None:
        simple = level == "simple"
        self.simple.setVisible(simple)
        self.import_button.setVisible(simple)
        self.import_icon.setVisible(not simple)  # beside the reset there is no room for words
        if not simple or "advanced" in self.__dict__:
            self.advanced.setVisible(not simple)
            self.advanced.search.setVisible(not simple)
        self.refresh()

    def _choose_level(self, level: str) -> None:
        self.level.set_value(level)
        self._show_level(level)

    def _open_menu(self) -> None:
        menu = Menu(self)
        menu.add("Save as preset…", self.save_preset_asked.emit, "bookmark")
        menu.line()
        menu.add("Import kohya…", self.import_asked.emit, "file-input")
        if self.has_report:
            menu.add("Show the import report", self.report_asked.emit, "list-checks")
        menu.line().title("Export kohya")
        for kind, words in EXPORTS.items():
            menu.add(words, partial(self.export_asked.emit, kind), "folder-output")
        menu.line()
        menu.add("Reset all", self.reset_all, "rotate-ccw")
        menu.below(self.more, right=True)

    def _stay(self, row: QWidget, place: QPoint) -> None:
        """Rows above ``row`` have grown or shrunk: let it be seen where it was."""
        self.scroll_by(row.mapTo(self.window(), QPoint()).y() - place.y())
