"""The right column of the editor in the smallest windows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea

from app.dataset.arrangement import RIGHT_IN_NARROW
from app.dataset.view import View


@pytest.fixture
def editor(qtbot, opened, settle):
    view = View(opened)
    qtbot.addWidget(view)
    view.resize(1212, 734)
    view.show()
    settle(opened)
    view.stage.grid.setCurrentIndex(view.stage.model.index(0))
    view.stage.grid.setFocus()
    QTest.keyClick(view.stage.grid, Qt.Key.Key_Return)
    settle(opened)
    yield view.editor
    settle(opened)
    view.thumbnails.close()


@pytest.mark.parametrize("tool", ["crop", "fill", "adjust", "background", "mask"])
def test_no_tool_is_wider_than_the_column(editor, settle, tool) -> None:
    QTest.mouseClick(editor.bar.tools[tool], Qt.MouseButton.LeftButton)
    settle(editor.state.session)
    assert editor.column.width() == RIGHT_IN_NARROW
    area = editor.column.findChild(QScrollArea)
    assert area.widget().minimumSizeHint().width() <= area.viewport().width()
