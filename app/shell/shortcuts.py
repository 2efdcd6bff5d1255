"""The list of keyboard shortcuts, made from the actions themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.actions import Action
from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import shortcut_text
from app.widgets.text import label


class ShortcutsDialog(QDialog):
    """Every action that has a key, and the key. Not modal."""

    def __init__(self, parent: QWidget, actions: list[Action]) -> None:
        super().__init__(parent)
        bind(self.setWindowTitle, "Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(metrics.GAP)
        keyed = [action for action in actions if action.shortcut]
        for line, action in enumerate(keyed):
            grid.addWidget(label(action.text), line, 0)
            key = label(tone="quiet")
            key.setText(shortcut_text(action.shortcut))
            grid.addWidget(key, line, 1, Qt.AlignmentFlag.AlignRight)
        grid.setRowStretch(len(keyed), 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll)
        self.resize(420, 560)
