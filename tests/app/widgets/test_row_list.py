from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app import theme
from app.theme import color
from app.widgets import row_list
from app.widgets.row_list import Row, RowList


@pytest.mark.parametrize(("aspect", "size"), [(1.0, (13, 13)), (2.0, (13, 6)), (0.25, (3, 13))])
def test_a_row_draws_the_shape_it_is_about(qtbot, aspect, size) -> None:
    rows = RowList()
    qtbot.addWidget(rows)
    rows.resize(200, 30)
    rows.set_rows([Row("a", "", aspect=aspect)])
    image = rows.viewport().grab().toImage()
    ink = color("t2").name()
    spots = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).name() == ink
    ]
    across, down = zip(*spots, strict=True)
    assert (max(across) - min(across) + 1, max(down) - min(down) + 1) == size
    assert max(across) < 26


def test_rows_are_chosen_and_never_edited(qtbot):
    rows = RowList()
    qtbot.addWidget(rows)
    rows.set_rows([Row("a", "Apple"), Row("b", "Bell pepper")])
    rows.show()
    spot = rows.visualRect(rows.rows.index(1)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert rows.current() == "b"
    assert rows.state() == RowList.State.NoState
    assert rows.rows.rowCount() == 2
    assert not rows.indexWidget(rows.rows.index(1))


def words_drawn(rows: RowList) -> set[str]:
    """Colors of the pixels of the list, which has no ground of its own."""
    image = rows.viewport().grab().toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


def test_rows_that_did_not_change_are_laid_down_as_they_are(qtbot):
    """What is written is drawn once, however often the list is painted, and anew when it changes,
    another row is chosen or the theme is another."""
    rows = RowList()
    qtbot.addWidget(rows)
    rows.resize(200, 60)
    rows.set_rows([Row("a", "Apple", "3"), Row("b", "Bell pepper", "12", note="new", tone="warn")])
    row_list._words.cache_clear()
    first = words_drawn(rows)
    drawn = row_list._words.cache_info().misses
    assert drawn == 2
    assert color("t1").name() in first
    assert color("warn").name() in first
    assert words_drawn(rows) == first
    assert row_list._words.cache_info().misses == drawn
    rows.set_rows([Row("a", "Apple", "4"), Row("b", "Bell pepper", "12", note="new", tone="warn")])
    words_drawn(rows)
    assert row_list._words.cache_info().misses == drawn + 1
    theme.apply(QApplication.instance(), "light")
    try:
        light = words_drawn(rows)
        assert color("t1").name() in light
        assert light != first
    finally:
        theme.apply(QApplication.instance(), "dark")


def test_where_there_is_little_room_the_note_is_cut_before_the_name(qtbot):
    """A long note leaves most of the row to the name; a short one stays whole."""

    def inked(row: Row, ink: str) -> list[int]:
        rows = RowList()
        qtbot.addWidget(rows)
        rows.resize(200, 26)
        rows.set_rows([row])
        image = rows.viewport().grab().toImage()
        tone = color(ink).name()
        return [
            x
            for x in range(image.width())
            if any(image.pixelColor(x, y).name() == tone for y in range(image.height()))
        ]

    name = "Epoch 24 of the sample at 0.8"
    alone = inked(Row("a", name), "t1")
    long = Row("a", name, note="less like the training pictures", note_tone="warn")
    beside = inked(long, "t1")
    assert max(beside) - min(beside) > (max(alone) - min(alone)) * 0.5
    assert max(beside) < min(inked(long, "warn"))
    short = Row("a", name * 2, note="1 of 2", note_tone="warn")
    whole = Row("a", "A", note="1 of 2", note_tone="warn")
    assert inked(short, "warn") == inked(whole, "warn")
