"""The History panel: every step by its name, and snapshots to go back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListView, QMenu

from app.canvas.history_list import (
    SNAPSHOT_ROW,
    SnapshotModel,
    SnapshotRows,
    StepModel,
    StepRows,
    dress,
)
from app.i18n import bind, signals, tr
from app.i18n.format import size as bytes_text
from app.theme import icons
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Panel

if TYPE_CHECKING:
    from app.canvas.document_state import DocumentState

MOST_SNAPSHOTS_IN_SIGHT = 3


class HistoryPanel(Panel):
    """A click goes there. What comes after it is dimmed until something else is done."""

    def __init__(self, state: DocumentState) -> None:
        super().__init__("History", count=True, collapsible=False)
        self._state = state
        self.other = button("Layers", kind="quiet")
        self.header.row.insertWidget(0, self.other)
        self.camera = tool_button("camera", "Take a snapshot", self.take_snapshot, dense=True)
        self.add_action(self.camera)
        self.snapshots = SnapshotList(state)
        self.steps = StepList(state)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(self.snapshots)
        self.body.addWidget(self.steps, 1)
        state.layers_changed.connect(self.refresh)
        signals.changed.connect(self.refresh)
        self.refresh()

    def take_snapshot(self) -> None:
        """Keep the present state; its name can be changed in place."""
        document = self._state.document
        if document is not None:
            self._state.take_snapshot(tr("Snapshot {n}", n=len(document.snapshots) + 1))

    def showEvent(self, event: object) -> None:
        """What happened while nobody saw it."""
        self.refresh()

    def refresh(self) -> None:
        """Follow the document, while it is seen."""
        document = self._state.document
        self.camera.setEnabled(document is not None)
        if not self.isVisible():
            return
        steps = document.history.steps if document is not None else []
        cost = document.history.bytes if document is not None else 0
        text = tr("1 step, {size}", "{n} steps, {size}", n=len(steps), size=bytes_text(cost))
        self.header.count.setText(text if steps else "")
        self.header.count.show()
        self.snapshots.refresh()
        self.steps.refresh()


class StepList(QListView):
    """The steps. Up and Down go from state to state."""

    def __init__(self, state: DocumentState) -> None:
        super().__init__()
        self._state = state
        self.rows = StepModel(state)
        self._following = False
        self.setModel(self.rows)
        self.setItemDelegate(StepRows(self.rows, self))
        dress(self)
        bind(self.setAccessibleName, "History")
        self.selectionModel().currentChanged.connect(self._go)

    def refresh(self) -> None:
        """Follow the history."""
        document = self._state.document
        history = document.history if document is not None else None
        self._following = True
        self.rows.read(history.steps if history else [], history.position if history else 0)
        here = self.rows.index(self.rows.row_of(self.rows.position))
        if self.currentIndex() != here:
            self.setCurrentIndex(here)
            self.scrollTo(here)
        self._following = False

    def _go(self, index: QModelIndex) -> None:
        if index.isValid() and not self._following:
            self._state.go_to(self.rows.position_of(index.row()))


class SnapshotList(QListView):
    """The snapshots. A click goes there as one step; F2 renames, Delete lets go of it."""

    def __init__(self, state: DocumentState) -> None:
        super().__init__()
        self._state = state
        self.rows = SnapshotModel(state)
        self.setModel(self.rows)
        self.setItemDelegate(SnapshotRows(self.rows, self))
        dress(self)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.open_menu)
        bind(self.setAccessibleName, "Snapshots")
        self.clicked.connect(self._go)
        self.hide()

    def refresh(self) -> None:
        """Follow the document."""
        self.rows.read()
        count = self.rows.rowCount()
        self.setFixedHeight(min(count, MOST_SNAPSHOTS_IN_SIGHT) * SNAPSHOT_ROW)
        self.setVisible(count > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes there, Delete lets go of it."""
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go(index)
        elif index.isValid() and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._state.remove_snapshot(self.rows.snapshot(index))
        else:
            super().keyPressEvent(event)

    def open_menu(self, at: QPoint) -> None:
        """Offer what can be done with the snapshot at ``at``."""
        index = self.indexAt(at)
        if not index.isValid():
            return
        kept = self.rows.snapshot(index)
        self.menu = QMenu(self)
        self.menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        rename, delete = tr("Rename"), tr("Delete")
        self.menu.addAction(icons.icon("pencil", 14), rename, lambda: self.edit(index))
        self.menu.addAction(
            icons.icon("trash-2", 14), delete, lambda: self._state.remove_snapshot(kept)
        )
        self.menu.popup(self.viewport().mapToGlobal(at))

    def _go(self, index: QModelIndex) -> None:
        self._state.go_to_snapshot(self.rows.snapshot(index))
