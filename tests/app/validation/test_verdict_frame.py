"""Words in the chart of the verdict keep out of the way of its points."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSize

from app.validation.verdict_data import ChartData, Curve, Slot
from app.validation.verdict_frame import Frame
from engine.validation.overfit_stats import Figure


@pytest.mark.parametrize(("copying", "over"), [(0.68, True), (0.80, False)])
def test_the_words_of_the_training_line_stand_where_no_point_is(qtbot, copying, over) -> None:
    figures = (Figure.plain(copying),) * 3
    slots = tuple(Slot(float(n), str(n), str(n), "sound", None) for n in (1, 2, 3))
    data = ChartData(slots, (Curve("copying", {1.0: figures}, None),), between=0.74)
    frame = Frame(QSize(300, 180), data, compact=True)
    assert (frame.between_place(1.0).top() < frame.y(0.74)) is over


def test_the_words_of_the_training_line_touch_no_line(qtbot) -> None:
    """Both sides of its right end are taken: a line over it and one under it."""
    fit = tuple(map(Figure.plain, (0.62, 0.71, 0.76, 0.81)))
    copying = tuple(map(Figure.plain, (0.55, 0.62, 0.68, 0.66)))
    curves = tuple(
        Curve(key, {1.0: figures}, Figure(base, base - 0.1, base + 0.1))
        for key, figures, base in (("fit", fit, 0.05), ("copying", copying, 0.54))
    )
    slots = tuple(Slot(float(n), str(n), str(n), "sound", None) for n in (6, 12, 18, 24))
    frame = Frame(QSize(320, 178), ChartData(slots, curves, between=0.73), compact=True)
    place = frame.between_place(1.0)
    for figures in (fit, copying):
        for part in range(101):
            x = place.left() + place.width() * part / 100
            y = np.interp(x, frame.xs, [frame.y(one.value) for one in figures])
            assert x < frame.xs[0] or not place.contains(QPointF(x, y))
    assert frame.main.left() <= place.left()
    assert place.right() <= frame.main.right()
