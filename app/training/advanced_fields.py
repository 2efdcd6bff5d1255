"""The next run in full: every setting by group, found by words, or only those that were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.theme import style
from app.training.base_choice import BaseModelChoice
from app.training.category_choice import CategoryChoice
from app.training.problems import LABELS, by_setting, remedies
from app.training.setting_edits import edit
from app.training.setting_group import SettingGroup
from app.training.setting_help import SettingHelp
from app.training.setting_row import SettingRow
from app.training.setting_search import NothingFound, SettingSearch, matches
from app.training.shown_settings import shown_settings
from app.training.whys import whys
from app.widgets.lines import LinesField
from app.widgets.schema_controls import Control, control_for
from app.widgets.text import hairline

if TYPE_CHECKING:
    from app.training.model import TrainState
    from engine.runtime.schema import Setting

SLICE = 5
"""Rows that are made or marked at once, before other things have their turn."""


class AdvancedFields(QWidget):
    """``search`` stands over it, in the head of the column. ``moved`` is sent when rows came or
    went, with the row that has to stay where it is seen; ``revealed`` with one to bring in view;
    ``add_asked`` wants a base model to be brought in.
    """

    moved = Signal(QWidget, QPoint)
    revealed = Signal(QWidget)
    add_asked = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.search = SettingSearch()
        self.items = shown_settings()
        self.rows: dict[str, SettingRow] = {}
        self.groups: dict[str, SettingGroup] = {}
        self._lines: dict[str, QWidget] = {}
        self.help: SettingHelp | None = None
        self._found: dict[str, int] = dict.fromkeys(self.items, 0)  # with how well it matches
        self._changed: set[str] = set()
        self._wrong: dict[str, str] = {}
        self._remedies: dict[str, dict[str, Any]] = {}
        self._why: dict[str, str] = {}
        self._opened: dict[str, bool] = {}  # by hand, while only some settings are shown
        self._unmarked: list[str] = []
        self._told: SettingRow | None = None
        self._revealing = ""
        self._slices = QTimer(self, interval=0, singleShot=True)
        self._slices.timeout.connect(self._make_some)
        self.nothing = NothingFound(self.search.clear)
        self._listed = QWidget()
        self._add_groups()
        self._connect()
        self._show_problems()
        self.refresh()
        self.arrange()

    def _add_groups(self) -> None:
        outer, self._column = QVBoxLayout(self), QVBoxLayout(self._listed)
        for layout in (outer, self._column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        outer.addWidget(self._listed)
        outer.addWidget(self.nothing)
        for title in dict.fromkeys(item.group for item in self.items.values()):
            items = [item for item in self.items.values() if item.group == title]
            group = SettingGroup(title, items, self._make_first)
            group.folded.connect(lambda shown, one=title: self._folded(one, shown))
            self.groups[title] = group
            self._lines[title] = hairline("panel")
            self._column.addWidget(self._lines[title])
            self._column.addWidget(group)

    def _connect(self) -> None:
        state = self.state
        self.search.changed.connect(self._look)
        self.search.field.returnPressed.connect(self._to_first)
        state.draft_changed.connect(self.refresh)
        state.models_changed.connect(self.refresh)
        state.plan_changed.connect(self._show_problems)
        language_signals.changed.connect(self._retranslate)
        style.signals.changed.connect(self._retranslate)

    # What is shown

    def refresh(self) -> None:
        """Show the draft."""
        if not self.state.values:
            return
        self._changed = self.state.changed_names() & self.items.keys()
        self._why = whys(self.state.values, self.state.base)
        for row in self.rows.values():
            self._fill(row)
        self._count()

    def arrange(self) -> None:
        """Open and shut the groups, and show in them what is looked for: where names begin with it
        above the others, and no group where nothing of it is.
        """
        best = {title: self._best(group) for title, group in self.groups.items()}
        order = sorted(self.groups, key=lambda title: -best[title])
        seen = [title for title in order if best[title] or not self.search.words]
        for place, title in enumerate(order):
            group, line = self.groups[title], self._lines[title]
            if self._column.indexOf(group) != 2 * place + 1:
                self._column.insertWidget(2 * place, line)
                self._column.insertWidget(2 * place + 1, group)
            group.setVisible(title in seen)
            line.setVisible(title in seen[1:])
            group.show_open(self._is_open(title))
            group.show_only(self._wanted(group))
        self._count()
        self._slices.start()

    def row(self, name: str) -> SettingRow:
        """The row of a setting, made when it is first asked for."""
        made = self.rows.get(name)
        return made if made is not None else self._make(name)

    def reveal(self, name: str) -> None:
        """Bring a setting into view, whatever is looked for, and the keyboard to it."""
        if name not in self.items:
            return
        if name not in self._found:
            self.search.clear()
        group = self.groups[self.items[name].group]
        if not group.is_open:
            group.show_open(True)
            self._folded(self.items[name].group, True)
        self.row(name).control.setFocus()
        self._revealing = name
        self._slices.start()

    def follow(self, widget: QWidget) -> None:
        """Let the Tab key come here after ``widget``: the search, then group after group."""
        headers = [group.header for group in self.groups.values()]
        for one in (self.search.field, self.search.only_changed, *headers):
            QWidget.setTabOrder(widget, one)
            widget = one

    def _is_open(self, title: str) -> bool:
        if self.search.is_on:
            group = self.groups[title]
            return self._opened.get(title, not self._found.keys().isdisjoint(group.names))
        return title in self.state.session.settings.open_groups

    def _wanted(self, group: SettingGroup) -> set[str]:
        """What is shown of a group: what was found, or all of one opened where nothing was."""
        found = self._found.keys() & set(group.names)
        return found or set(group.names)

    def _best(self, group: SettingGroup) -> int:
        """How well the best of a group matches; 0 where nothing does."""
        return max((self._found.get(name, 0) for name in group.names), default=0)

    def _folded(self, title: str, shown: bool) -> None:
        if self.search.is_on:
            self._opened[title] = shown
        else:
            kept = [one for one in self.state.session.settings.open_groups if one != title]
            self.state.session.change_settings(open_groups=(*kept, *[title] * shown))
        if shown:
            self.groups[title].show_only(self._wanted(self.groups[title]))
        self._slices.start()

    def _look(self) -> None:
        words, only = self.search.words, self.search.only_changed.isChecked()
        asked = {n: item for n, item in self.items.items() if not only or n in self._changed}
        ranks = {name: matches(item, words) for name, item in asked.items()}
        self._found = {name: rank for name, rank in ranks.items() if rank}
        self._opened.clear()
        self._unmarked = sorted(self.rows, key=lambda name: name not in self._found)
        self.arrange()

    def _to_first(self) -> None:
        """Take the keyboard to the first that was found and has an effect."""
        usable = [name for name in self._found if name not in self._why]
        if self.search.is_on and usable:
            self.reveal(max(usable, key=self._found.__getitem__))

    def _count(self) -> None:
        for group in self.groups.values():
            counted = set(self._found) if self.search.is_on else self._changed
            wrong = not self._wrong.keys().isdisjoint(group.names)
            group.say(len(counted.intersection(group.names)), wrong=wrong)
        self.search.say(len(self._found), len(self.items))
        nothing = self.search.is_on and not self._found
        self._listed.setVisible(not nothing)
        self.nothing.say(nothing, searched=bool(self.search.words))

    def _show_problems(self) -> None:
        self._wrong = by_setting(self.state.problem)
        self._remedies = remedies(self.state.problem)
        for row in self.rows.values():
            self._show_state(row)
        self._count()

    def _show_state(self, row: SettingRow) -> None:
        """Its error, or why it changes nothing: what is wrong can always be mended."""
        name = row.item.name
        row.set_error(self._wrong.get(name, ""))
        row.set_remedy("".join(LABELS[one] for one in self._remedies.get(name, ())))
        row.set_idle("" if name in self._wrong else self._why.get(name, ""))

    def _retranslate(self) -> None:
        self._show_problems()
        self.refresh()
        for row in self.rows.values():
            row.retranslate()

    # Rows are made when they are to be seen, a few at a time

    def _missing(self) -> list[str]:
        wanted: set[str] = set()
        for group in self.groups.values():
            if group.is_open:
                wanted |= self._wanted(group)
        return [name for name in self.items if name in wanted and name not in self.rows]

    def _make_first(self) -> None:
        for name in self._missing()[:SLICE]:
            self._make(name)

    def _mark_some(self) -> None:
        some, self._unmarked = self._unmarked[:SLICE], self._unmarked[SLICE:]
        for name in some:
            self.rows[name].mark(self.search.words if name in self._found else ())

    def _make_some(self) -> None:
        if self._missing():
            self._make_first()
        else:
            self._mark_some()
        if self._missing() or self._unmarked:
            self._slices.start()
        elif self._revealing:
            row, self._revealing = self.rows[self._revealing], ""
            self.revealed.emit(row)

    def _make(self, name: str) -> SettingRow:
        item = self.items[name]
        group = self.groups[item.group]
        row = SettingRow(item, self._control(item))
        self.rows[name] = row
        row.mark(self.search.words)
        self._fill(row)
        group.add_row(row)
        row.setVisible(name in self._wanted(group))
        row.edited.connect(self._edited)
        row.entered.connect(self._entered)
        row.reset_asked.connect(self._reset)
        row.remedy_asked.connect(self._mend)
        row.help_asked.connect(self._explain)
        return row

    def _control(self, item: Setting) -> Control:
        if item.name == "base_model":
            choice = BaseModelChoice(self.state)
            choice.add_asked.connect(self.add_asked)
            return choice
        if item.name == "categories":
            return CategoryChoice(self.state)
        return LinesField() if item.kind == "list" else control_for(item, bounded=False)

    def _fill(self, row: SettingRow) -> None:
        name = row.item.name
        if self.state.values:
            row.show_value(self.state.values[name])
        row.set_changed(name in self._changed)
        self._show_state(row)

    # What is done in a row

    def _edited(self, name: str) -> None:
        edit(self.state, name, self.rows[name].value)

    def _mend(self, name: str) -> None:
        self.state.change(**self._remedies.get(name, {}))

    def _reset(self, name: str) -> None:
        self.state.change(**{name: self.state.start_values()[name]})

    def _entered(self, name: str) -> None:
        """Tell about the row that has the keyboard, without moving it from under the pointer."""
        row = self.rows[name]
        if row is self._told:
            return
        place = row.mapTo(self.window(), QPoint())
        if self._told is not None:
            self._told.set_told(False)
        self._told = row
        row.set_told(True)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        self.moved.emit(row, place)

    def _explain(self, name: str) -> None:
        start = self.state.start_values().get(name)
        self.help = SettingHelp(self, self.items[name], start, self._why.get(name, ""))
        self.help.asked.connect(self.reveal)
        self.help.open_beside(self.rows[name].control)
