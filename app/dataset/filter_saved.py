"""Filters kept by name: saved, chosen, renamed and deleted, each an undo step of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import Button, button, tool_button
from app.widgets.entries import TextField
from app.widgets.text import hairline, label

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations


_EMPTY = "Write a filter, then save it here by name."


class SavedFilters(QFrame):
    """Opens below the bookmark. ``chosen`` carries the text of a filter."""

    chosen = Signal(str)

    def __init__(self, state: DatasetState, operations: Operations, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setMinimumWidth(300)
        self.state, self.operations = state, operations
        self.name = TextField("Name of this filter")
        bind(self.name.setAccessibleName, "Name of this filter")
        self.save = button("Save filter", "bookmark", on=self._save)
        self.nothing = label(tone="quiet", wrap=True)
        self._nothing_text = bind(self.nothing.setText, _EMPTY)
        self.rows: dict[str, _SavedRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        top = QHBoxLayout()
        top.addWidget(self.name, 1)
        top.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, metrics.PAD)
        column.setSpacing(metrics.GAP)
        column.addLayout(top)
        column.addWidget(hairline("panel"))
        column.addWidget(self.nothing)
        column.addLayout(self._list)
        self.name.changed.connect(lambda _: self._enable())
        self.name.returnPressed.connect(self._save)
        state.reloaded.connect(self.refresh)
        state.query_changed.connect(self._enable)

    @property
    def filters(self) -> dict[str, str]:
        """The saved filters of the project, by name."""
        project = self.state.session.project
        return dict(project.file.filters) if project is not None else {}

    def open_below(self, widget: QWidget) -> None:
        """Show what is saved under ``widget``."""
        self.refresh()
        text = self.state.words
        known = next((name for name, saved in self.filters.items() if saved == text), "")
        self.name.set_value(known)
        self._enable()
        self.adjustSize()
        at = widget.mapToGlobal(QPoint(widget.width() - self.width(), widget.height() + 2))
        self.move(at)
        self.show()
        self.name.setFocus()

    def refresh(self) -> None:
        """Show the filters as they are now."""
        filters = self.filters
        if {name: row.text for name, row in self.rows.items()} != filters:
            for row in self.rows.values():
                self._list.removeWidget(row)
                row.hide()
                row.deleteLater()
            self.rows = {name: self._row(name, text) for name, text in filters.items()}
        self.nothing.setVisible(not filters)
        written = bool(self.state.words)
        key = "Nothing is saved. Name the filter above to keep it." if written else _EMPTY
        self._nothing_text.say(key)
        self._enable()
        self.adjustSize()

    def _row(self, name: str, text: str) -> _SavedRow:
        made = _SavedRow(name, text)
        made.take.clicked.connect(lambda *_: self._choose(text))
        made.delete.clicked.connect(lambda *_: self.operations.remove_filter(name))
        made.renamed.connect(lambda new: self.operations.rename_filter(name, new))
        self._list.addWidget(made)
        return made

    def _enable(self) -> None:
        fits = bool(self.state.words) and self.state.error is None
        self.save.setEnabled(fits and bool(self.name.text().strip()))

    def _save(self) -> None:
        if self.save.isEnabled():
            self.operations.save_filter(self.name.text().strip(), self.state.words)

    def _choose(self, text: str) -> None:
        self.hide()
        self.chosen.emit(text)


class _SavedRow(QWidget):
    renamed = Signal(str)

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.name, self.text = name, text
        self.take: Button = button("", "list-filter", "quiet")
        self.take.setProperty("align", "left")
        self.take.setText(name)
        self.take.setToolTip(text)
        self.edit = TextField(text=name)
        self.edit.hide()
        self.rename = tool_button("pencil", "Rename", self._rename, dense=True)
        self.delete = tool_button("trash-2", "Delete", dense=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.take, 1)
        row.addWidget(self.edit, 1)
        row.addWidget(self.rename)
        row.addWidget(self.delete)
        self.edit.returnPressed.connect(self._done)
        bind(self.edit.setAccessibleName, "Name of this filter")

    def _rename(self) -> None:
        self.take.hide()
        self.edit.show()
        self.edit.selectAll()
        self.edit.setFocus()

    def _done(self) -> None:
        new = self.edit.text().strip()
        self.edit.hide()
        self.take.show()
        if new and new != self.name:
            self.renamed.emit(new)
