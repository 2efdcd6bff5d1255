"""A group of Advanced: shut until it is opened, and its rows made when they are to be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from PySide6.QtWidgets import QWidget

from app.i18n import tr
from app.theme import metrics
from app.training.setting_row import SettingRow
from app.widgets.panel import IconLabel, Panel
from engine.runtime.schema import Setting


class SettingGroup(Panel):
    """``prepare`` is called before the user opens the group, so that something is there to be
    seen while it slides open.
    """

    def __init__(self, title: str, items: Sequence[Setting], prepare: Callable[[], object]) -> None:
        super().__init__(title, count=True)
        self.items = tuple(items)
        self.names = tuple(item.name for item in items)
        self.rows: dict[str, SettingRow] = {}
        self._prepare = prepare
        self.alarm = IconLabel("circle-alert", 14, "err")
        self.alarm.hide()
        self.header.row.insertWidget(1, self.alarm)
        self.header.row.setSpacing(metrics.GAP)
        self.body.setContentsMargins(0, 0, 0, metrics.GAP)
        self.show_open(False)

    def set_open(self, shown: bool) -> None:
        """Fold or unfold as the user asks."""
        if shown:
            self.header.open = True
            self._prepare()
        super().set_open(shown)

    def show_open(self, shown: bool) -> None:
        """Open or shut without motion and without telling that the user did."""
        self.header.open = shown
        self._area.setVisible(shown)
        self.header.update()

    def say(self, count: int, *, wrong: bool) -> None:
        """Tell in the header how many of the settings count, and whether one is wrong."""
        self.header.count.setText(tr("{n} of {total}", n=count, total=len(self.names)))
        self.alarm.setVisible(wrong)

    def add_row(self, row: SettingRow) -> None:
        """Put ``row`` where the schema has it, for the eye and for the Tab key."""
        name = row.item.name
        self.rows[name] = row
        before = [one for one in self.names[: self.names.index(name)] if one in self.rows]
        last = self.rows[before[-1]].control if before else self.header
        self.body.insertWidget(len(before), row)
        QWidget.setTabOrder(last, row.control)

    def show_only(self, names: Collection[str]) -> None:
        """Show the made rows of ``names`` and no others."""
        for name, row in self.rows.items():
            row.setVisible(name in names)
