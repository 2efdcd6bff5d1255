"""A switch of themes dresses every widget, and none more often than it must."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme

DEPTH = 12


class Polishes(QObject):
    """Counts how often the style of a widget changed."""

    count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.StyleChange
        return False


@pytest.fixture
def nest(qtbot):
    """A widget with twelve others inside each other."""
    outer = inner = QWidget()
    qtbot.addWidget(outer)
    for _ in range(DEPTH):
        row = QVBoxLayout(inner)
        inner = QWidget(objectName="leaf")
        row.addWidget(inner)
    outer.show()
    return outer


def test_a_deep_widget_is_dressed_a_few_times_and_not_once_per_ancestor(qapp, nest):
    theme.apply(qapp, "dark")
    watcher = Polishes()
    nest.findChildren(QWidget, "leaf")[-1].installEventFilter(watcher)
    theme.apply(qapp, "light")
    try:
        assert 1 <= watcher.count < DEPTH / 2
    finally:
        theme.apply(qapp, "dark")


def test_the_sheet_in_use_is_that_of_the_theme(qapp):
    theme.apply(qapp, "light")
    try:
        assert qapp.styleSheet() == theme.style.sheet(theme.style.THEMES["light"])
    finally:
        theme.apply(qapp, "dark")
