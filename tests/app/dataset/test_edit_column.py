"""The right column of the editor in the smallest windows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea

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


def test_tiles_of_fills_fill_the_column_at_every_width(editor) -> None:
    panel = editor.panels["fill"]
    editor.set_tool("fill")
    for width in (RIGHT_IN_NARROW, 332):
        editor.column.setFixedWidth(width)
        QApplication.processEvents()
        first, last = panel.tiles["color"], panel.tiles["gradient"]
        row = panel.color_row
        for tile, side in ((first, row.rect().topLeft()), (last, row.rect().topRight())):
            spot = tile.rect().topLeft() if tile is first else tile.rect().topRight()
            assert tile.mapTo(panel, spot).x() == row.mapTo(panel, side).x()
        assert abs(first.width() - last.width()) <= 1


def test_the_mask_says_what_to_paint_and_why_a_way_is_closed(editor, settle) -> None:
    panel = editor.panels["mask"]
    editor.set_tool("mask")
    assert "cut the subject out first" in panel.hint.text()
    assert not panel.from_subject.isEnabled()
    panel.take_alpha()
    settle(editor.state.session)
    assert panel.hint.text() == "Hatched is what training learns."
