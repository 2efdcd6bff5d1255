from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from app.theme import color
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
