"""The left column: which pictures, by flag, category, suggestion and tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.dataset import counts
from app.dataset.counts import Scope
from app.dataset.tags_panel import TagsPanel
from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.panel import Column, Panel
from app.widgets.row_list import Row, RowList

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations

UNSORTED = "\n"
"""The key of the row of pictures in no category; no category has a line break."""

suggestion_icons = {
    "duplicate": "copy",
    "blurred": "droplet",
    "too-small": "minimize-2",
    "unusual-shape": "square-round-corner",
    "different": "scan-eye",
    "hidden-color": "layers-2",
    "no-caption": "text-cursor",
    "unreadable": "image-off",
}


def suggestion_name(kind: str) -> str:
    """What the list calls a kind of suggestion."""
    names = {
        "duplicate": tr("Near-duplicates"),
        "blurred": tr("Blurred"),
        "too-small": tr("Too small"),
        "unusual-shape": tr("Unusual shape"),
        "different": tr("Looks different"),
        "hidden-color": tr("Hidden color"),
        "no-caption": tr("No caption"),
        "unreadable": tr("Unreadable"),
    }
    return names.get(kind, kind)


class SourcesColumn(Column):
    """Four lists that share one choice: the scope of the grid."""

    add_asked = Signal()
    # A row was taken with the mouse, not walked over with the arrows.
    taken = Signal()
    put_away = Signal()

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__(metrics.LEFT, "left")
        self.state = state
        self.operations = operations
        self.flags = RowList()
        self.categories = RowList()
        self.suggestions = RowList()
        self.tag_panel = TagsPanel(state)
        self.tags = self.tag_panel.rows
        self._lists = {
            "flags": self.flags,
            "category": self.categories,
            "suggestion": self.suggestions,
            "tag": self.tags,
        }
        self.panels: dict[str, Panel] = {}
        self._fill_column()
        state.reloaded.connect(self.refresh)
        state.shown_changed.connect(self._mark)
        language_signals.changed.connect(self.refresh)
        self.refresh()

    def _fill_column(self) -> None:
        self._panel("flags", Panel("Sources"))
        self.add_button = tool_button("plus", "Add a folder", self.add_asked.emit, dense=True)
        self.panels["flags"].add_action(self.add_button)
        self.shut_button = tool_button("panel-left", "Hide the list", dense=True)
        self.shut_button.hide()
        self.panels["flags"].add_action(self.shut_button)
        self._panel("category", Panel("Categories"))
        self._panel("suggestion", Panel("Suggestions", count=True))
        self.panels["tag"] = self.tag_panel
        self.add(self.tag_panel)
        for kind, rows in self._lists.items():
            rows.chosen.connect(lambda key, kind=kind: self._choose(kind, key))
            rows.clicked.connect(lambda _: self.taken.emit())

    def _panel(self, kind: str, panel: Panel) -> None:
        panel.body.addWidget(self._lists[kind])
        self.panels[kind] = panel
        self.add(panel)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.isHidden():
            self.put_away.emit()

    def refresh(self) -> None:
        """Count again."""
        snapshot = self.state.snapshot
        self.flags.set_rows(flag_rows(snapshot.flags))
        self.categories.set_rows([_category_row(item) for item in self._in_order()])
        found = counts.suggestion_counts(self.state.suggestions)
        self.suggestions.set_rows([_suggestion_row(kind, found[kind]) for kind in _order(found)])
        self.panels["suggestion"].set_count(sum(found.values()))
        self.tag_panel.refresh()
        for kind in ("category", "suggestion"):
            self.panels[kind].setVisible(bool(self._lists[kind].rows.items))
        self.tag_panel.setVisible(bool(snapshot.tags))
        self._mark()

    def _in_order(self) -> list[counts.Category]:
        """The categories as the board shows them, then what folders bring, the fullest first; the
        pictures in none come last.
        """
        project = self.state.session.project
        names = project.file.categories if project is not None else ()
        places = {name: place for place, name in enumerate(names)}
        last = len(places)
        found = self.state.snapshot.categories
        return sorted(found, key=lambda c: (not c.name, places.get(c.name, last)))

    def _choose(self, kind: str, key: str) -> None:
        if kind == "flags":
            self.state.set_scope(Scope(key))  # type: ignore[arg-type]
        else:
            self.state.set_scope(Scope(kind, "" if key == UNSORTED else key))  # type: ignore[arg-type]

    def _mark(self) -> None:
        scope = self.state.scope
        self.flags.set_current("" if scope.value else scope.kind)
        for kind, rows in self._lists.items():
            if kind != "flags":
                rows.set_current(_key(scope) if scope.kind == kind else "")


def _key(scope: Scope) -> str:
    return scope.value or UNSORTED


def _order(found: dict[str, int]) -> list[str]:
    return [kind for kind in suggestion_icons if kind in found]


def _suggestion_row(kind: str, count: int) -> Row:
    return Row(kind, suggestion_name(kind), number(count), icon=suggestion_icons[kind], tone="warn")


def _category_row(item: counts.Category) -> Row:
    note = f"×{item.repeats}" if item.repeats > 1 else ""
    return Row(
        item.name or UNSORTED,
        counts.category_name(item.name),
        number(item.count),
        note=note,
        icon="folder",
        icon_tone="t2" if item.name else "t3",
    )


def flag_rows(flags: tuple[int, int, int, int]) -> list[Row]:
    """The four rows of flags with their counts."""
    total, picked, rejected, held_out = map(number, flags)
    return [
        Row("all", tr("All pictures"), total, icon="layers"),
        Row("picked", tr("Picked"), picked, icon="flag"),
        Row("rejected", tr("Rejected"), rejected, icon="x"),
        Row("held-out", tr("Held out"), held_out, icon="lock"),
    ]
