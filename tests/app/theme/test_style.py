"""Windows wear the sheet of the theme, and no widget is dressed more often than it must be."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app import theme

DEPTH = 12


class Polishes(QObject):
    """Counts how often the style of a widget changed."""

    count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.StyleChange
        return False


@pytest.fixture
def light(qapp):
    """Puts on the light theme when it is called."""
    theme.apply(qapp, "dark")
    yield lambda: theme.apply(qapp, "light")
    theme.apply(qapp, "dark")


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    QVBoxLayout(made)
    theme.dress(made)
    made.show()
    return made


def nest() -> tuple[QWidget, QWidget]:
    """A widget with twelve others inside each other, put together from the innermost; and that."""
    leaf = outer = QWidget()
    leaf.ensurePolished()  # as by a look at its size
    for _ in range(DEPTH):
        held, outer = outer, QWidget()
        QVBoxLayout(outer).addWidget(held)
    return outer, leaf


def test_what_is_built_apart_is_dressed_when_the_window_receives_it(window):
    watcher = Polishes()
    outer, leaf = nest()
    leaf.installEventFilter(watcher)
    window.layout().addWidget(outer)
    assert 1 <= watcher.count < DEPTH / 2


def test_a_switch_dresses_a_deep_widget_a_few_times_and_not_once_per_ancestor(window, light):
    outer, leaf = nest()
    window.layout().addWidget(outer)
    watcher = Polishes()
    leaf.installEventFilter(watcher)
    light()
    assert 1 <= watcher.count < DEPTH / 2


def test_windows_wear_the_sheet_of_the_theme_with_all_they_hold_and_open(window, light):
    held, popup = QFrame(window), QFrame(window, Qt.WindowType.Popup)
    for widget in (held, popup):
        widget.setProperty("surface", "well")
        widget.resize(40, 40)
    for switch, name in ((None, "dark"), (light, "light")):
        if switch is not None:
            switch()
        assert window.styleSheet() == theme.style.sheet(theme.style.THEMES[name])
        for widget in (held, popup):
            seen = widget.grab().toImage().pixelColor(20, 20)
            assert seen == QColor(theme.style.THEMES[name].well)


def test_the_application_wears_none(qapp, window, light):
    light()
    assert qapp.styleSheet() == ""
