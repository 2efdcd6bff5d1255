"""The right column of the editor in the smallest windows."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea

from app.dataset.arrangement import RIGHT_IN_NARROW
from app.dataset.view import View
from app.i18n import set_language
from app.theme import fonts


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


@pytest.mark.parametrize(
    ("language", "end"), [("en", "never changed."), ("zh_CN", "原文件永远不会改动。")]
)
def test_that_files_are_never_changed_is_said_to_its_end(editor, language, end) -> None:
    set_language(language)
    edits = editor.column.edits
    QApplication.processEvents()
    assert edits._empty.endswith(end)
    room = QRect(0, 0, edits.width() - 24, 1000)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
    assert fonts.metrics(12).boundingRect(room, flags, edits._empty).height() <= edits.height()


def test_lines_of_the_fill_stand_apart(editor, settle) -> None:
    QTest.mouseClick(editor.bar.tools["fill"], Qt.MouseButton.LeftButton)
    settle(editor.state.session)
    QApplication.processEvents()
    panel = editor.panels["fill"]
    shown = [panel.clean_row, panel.hint, panel.for_all, panel.by_category]
    boxes = [
        one.rect().translated(one.mapTo(panel, one.rect().topLeft()))
        for one in shown
        if one.isVisible()
    ]
    gaps = [below.top() - above.bottom() for above, below in itertools.pairwise(boxes)]
    assert len(gaps) >= 2
    assert min(gaps) >= 8


def test_the_mask_says_what_to_paint_and_why_a_way_is_closed(editor, settle) -> None:
    panel = editor.panels["mask"]
    editor.set_tool("mask")
    assert "cut the subject out first" in panel.hint.text()
    assert not panel.from_subject.isEnabled()
    panel.take_alpha()
    settle(editor.state.session)
    assert panel.hint.text() == "Hatched is what training learns."
