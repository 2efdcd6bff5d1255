"""The list of keyboard shortcuts, made from the actions themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.actions import Action
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import button, shortcut_text
from app.widgets.text import hairline, label


class ShortcutsDialog(QDialog):
    """Every action that has a key, and the key, by where it works. Not modal."""

    def __init__(self, parent: QWidget, actions: list[Action]) -> None:
        super().__init__(parent)
        bind(self.setWindowTitle, "Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(16, 12, 16, 12)
        self._grid.setHorizontalSpacing(32)
        self._grid.setVerticalSpacing(metrics.GAP)
        self._group("On this page", [action for action in actions if action.where])
        self._group("Anywhere", [action for action in actions if not action.where])
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 12)
        foot.addStretch(1)
        foot.addWidget(button("Close", on=self.close))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        title = label("Keyboard shortcuts", size=15, weight=600)
        title.setContentsMargins(16, 16, 16, 8)
        column.addWidget(title)
        column.addWidget(scroll, 1)
        column.addWidget(hairline("panel"))
        column.addLayout(foot)
        self.resize(420, min(640, inner.sizeHint().height() + 120))

    def _group(self, title: str, actions: list[Action]) -> None:
        keyed = [action for action in actions if action.key]
        if not keyed:
            return
        first = self._grid.rowCount()
        self._grid.addWidget(label(title, tone="quiet", size=11), first, 0, 1, 2)
        for line, action in enumerate(keyed, first + 1):
            self._grid.addWidget(label(action.text), line, 0)
            key = label(tone="quiet")
            key.setText(shortcut_text(action.key))
            self._grid.addWidget(key, line, 1, Qt.AlignmentFlag.AlignRight)
