"""Words in the chart of the verdict keep out of the way of its points."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from app.validation.verdict_data import ChartData, Curve
from app.validation.verdict_frame import Frame
from engine.validation.overfit_stats import Figure


@pytest.mark.parametrize(("copying", "over"), [(0.68, True), (0.80, False)])
def test_the_words_of_the_training_line_stand_where_no_point_is(qtbot, copying, over) -> None:
    figures = (Figure.plain(0.5), Figure.plain(copying), Figure.plain(copying))
    data = ChartData(curves=(Curve("copying", {1.0: figures}, None),), between=0.74)
    frame = Frame(QSize(300, 180), data, compact=True)
    assert (frame.between_top() < frame.y(0.74)) is over
