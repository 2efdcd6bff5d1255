"""Every key of the dataset's pages is in both chapters of the guide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.dataset import cull_page, stage
from app.dataset.view import View

GUIDE = Path(__file__).parents[3] / "docs" / "guide"
ARROWS = {Qt.Key.Key_Left: "←", Qt.Key.Key_Right: "→", Qt.Key.Key_Up: "↑"}


@pytest.fixture
def keys_of_the_window(qtbot, opened, settle):
    view = View(opened)
    qtbot.addWidget(view)
    settle(opened)
    found = {action.key for action in view.actions() if action.key}
    listened = (*cull_page._ANSWERS, *cull_page._MARKS, *stage._FLAGS)
    found |= {ARROWS.get(key) or QKeySequence(key).toString() for key in listened}
    view.thumbnails.close()
    return found


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_key_of_the_window_is_in_the_table(keys_of_the_window, language) -> None:
    text = (GUIDE / language / "dataset.md").read_text("utf-8")
    table = {key for line in text.splitlines() if line.startswith("| ")
             for key in re.findall(r"`([^`]+)`", line)}  # fmt: skip
    assert len(keys_of_the_window) > 12
    assert keys_of_the_window - table == set()
