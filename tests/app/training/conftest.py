"""The same session and pictures as the dataset's tests, and the column of the next run."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import i18n
from app.training.model import TrainState
from app.training.sentences import plain
from app.training.settings_column import SettingsColumn
from tests.app.dataset.conftest import (  # noqa: F401
    art,
    dressed,
    loop,
    opened,
    session,
    settle,
)
from tests.app.training.stage import kind, live, opener, shown, view  # noqa: F401


@pytest.fixture
def column(qtbot, opened, settle):  # noqa: F811
    """The settings of the next run without the rest of the page; English again at the end."""
    made = SettingsColumn(TrainState(opened))
    qtbot.addWidget(made)
    made.resize(336, 960)
    made.show()
    settle(opened)
    yield made
    i18n.set_language("en")


@pytest.fixture
def toasts(opened):  # noqa: F811
    """What was told."""
    told: list[dict] = []
    opened.notified.connect(told.append)
    return told


def click(widget) -> None:
    """Click a button that is seen."""
    assert widget.isVisible(), widget
    assert widget.isEnabled(), widget
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def choose(choice, words: str) -> None:
    """Choose the entry ``words`` of a list."""
    row = choice.findText(words)
    assert row >= 0, words
    choice.setCurrentIndex(row)
    choice.activated.emit(row)


def written(label) -> str:
    """The words of a label, empty where it is hidden."""
    return plain(label.text()) if label.isVisible() else ""
