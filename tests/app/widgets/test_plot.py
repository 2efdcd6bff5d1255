from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor

from app import theme
from app.widgets import plot as plots
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series, bars, nearest
from tests.app.painted import Painted


@pytest.fixture(autouse=True)
def _dressed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def chart(qtbot):
    made = LineChart("Loss", height=200)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.set_series([Series("Done", [0, 50, 100], [1.0, 3.0, 2.0])])
    made.show()
    made.plot.grab()
    return made


@pytest.fixture
def drawn(monkeypatch):
    """Counts the lines that are drawn."""
    counted = []
    paint = plots.paint_series
    monkeypatch.setattr(plots, "paint_series", lambda *a: (counted.append(a[1].label), paint(*a)))
    return counted


def test_the_pointer_lays_its_read_out_over_lines_that_are_not_drawn_again(chart, qtbot, drawn):
    empty = chart.plot.grab().toImage()
    qtbot.mouseMove(chart.plot, QPoint(200, 100))
    qtbot.mouseMove(chart.plot, QPoint(220, 100))
    assert chart.plot.grab().toImage() != empty
    assert drawn == []


def test_only_where_the_read_out_was_and_is_has_to_be_painted(chart, qtbot):
    qtbot.mouseMove(chart.plot, QPoint(200, 100))
    chart.plot.repaint()
    painted = Painted(chart.plot)
    qtbot.mouseMove(chart.plot, QPoint(210, 100))
    qtbot.waitUntil(lambda: bool(painted.rects))
    assert painted.rects[-1].width() < chart.plot.width() / 2


def test_moving_the_pointer_leaves_nothing_behind(chart, qtbot):
    empty = chart.plot.grab().toImage()
    for x in (120, 200, 330):
        qtbot.mouseMove(chart.plot, QPoint(x, 100))
        shown = chart.plot._read.region
        assert shown.boundingRect().contains(chart.plot._read.box.toRect())
    chart.plot.leaveEvent(QEvent(QEvent.Type.Leave))
    assert chart.plot.grab().toImage() == empty


@pytest.mark.parametrize(
    "change",
    [
        lambda chart: chart.set_series([Series("Done", [0, 1], [5.0, 6.0])]),
        lambda chart: chart.set_range(y=(0.0, 9.0)),
        lambda chart: chart.set_ticks([(50, "half")]),
        lambda chart: chart.set_now(40.0),
        lambda chart: chart.set_chosen(20.0, 30.0),
    ],
)
def test_whatever_changes_is_drawn_anew(chart, change):
    before = chart.plot.grab().toImage()
    change(chart)
    assert chart.plot.grab().toImage() != before


def test_a_chart_follows_the_theme_and_its_size(chart, qapp, drawn):
    dark = chart.plot.grab().toImage()
    theme.apply(qapp, "light")
    assert chart.plot.grab().toImage() != dark
    end = chart.plot.axes()[0].end
    chart.resize(700, 300)
    chart.plot.grab()
    assert chart.plot.axes()[0].end > end
    assert drawn == ["Done", "Done"]


def test_a_line_with_many_points_in_a_pixel_reaches_its_lowest_and_highest(chart):
    chance = random.Random(3)
    values = [1.0 + chance.random() * 0.1 for _ in range(20_000)]
    values[7000], values[13000] = 0.0, 2.0
    chart.set_series([Series("Done", range(20_000), values, "err", width=1.0)])
    chart.set_range(y=(-0.1, 2.1))
    shot = chart.plot.grab().toImage()
    x_axis, y_axis = chart.plot.axes()
    for index in (7000, 13000):
        x, y = x_axis.place(index), y_axis.place(values[index])
        near = [
            QColor(shot.pixel(int(x) + dx, round(y) + dy)) for dx in (0, 1) for dy in (-1, 0, 1)
        ]
        assert any(tint.red() > tint.blue() + 60 for tint in near)


def test_the_bars_of_a_dense_line_hang_together():
    chance = np.random.default_rng(5)
    xs, ys = np.linspace(40.0, 90.0, 400), chance.random(400) * 100
    made = bars(xs, ys, 1.0)
    assert [bar.left() for bar in made] == list(range(40, 91))
    for before, after in pairwise(made):
        assert after.top() < before.bottom()
        assert before.top() < after.bottom()
    assert min(bar.top() for bar in made) == ys.min() - 0.5
    assert max(bar.bottom() for bar in made) == pytest.approx(ys.max() + 0.5)


def test_the_point_nearest_to_the_pointer_is_read():
    one = Series("Done", [0, 10, 20], [1.0, 2.0, 3.0])
    assert [nearest(one, x) for x in (-0.5, 4, 6, 20.5)] == [0, 0, 1, 2]
    assert nearest(one, 22) is None
    assert nearest(Series("Done", [], []), 1) is None


def test_the_numbers_are_written_only_while_they_are_looked_at(chart, qtbot):
    assert chart._table.rowCount() == 0
    qtbot.mouseClick(chart._switch, Qt.MouseButton.LeftButton)
    first = chart._table.item(0, 0)
    chart.set_series([Series("Done", [0, 60], [4.0, 3.0])])
    assert chart._table.item(0, 0) is first
    assert chart._table.item(1, 0).text() == "60"


def still(ys):
    return Series("Beside", [0, 50, 100], ys, "err", still=True)


def test_a_still_line_is_not_drawn_again_while_another_grows(chart, drawn):
    done = Series("Done", [0, 50, 100], [1.0, 3.0, 2.0])
    chart.set_range((0.0, 100.0), (0.0, 4.0))
    chart.set_series([done, still([2.0, 2.0, 2.0])])
    chart.plot.grab()
    drawn.clear()
    chart.set_series([Series("Done", [0, 50], [1.0, 3.0]), still([2.0, 2.0, 2.0])])
    shown = chart.plot.grab().toImage()
    assert drawn == ["Done"]
    x_axis, y_axis = chart.plot.axes()
    tint = QColor(shown.pixel(round(x_axis.place(75)), round(y_axis.place(2.0))))
    assert tint.red() > tint.blue() + 60
    chart.set_series([done, still([2.0, 2.0, 3.0])])
    chart.plot.grab()
    assert drawn == ["Done", "Done", "Beside"]
    chart.set_series([done])
    assert chart.plot.grab().toImage() != shown


def test_a_plan_is_named_under_the_pointer_only(chart, qtbot):
    plan = Series("Plan", [100, 200], [2.0, 1.0], legend=False)
    chart.set_series([Series("Done", [0, 50, 100], [1.0, 3.0, 2.0]), plan])
    chart.set_head(lambda x: ("Step", f"{x:.0f}!"))
    chart.plot.grab()
    x = round(chart.plot.axes()[0].place(180))
    qtbot.mouseMove(chart.plot, QPoint(x, 100))
    rows = [(name, text) for _, name, text in chart.plot._read.rows]
    assert rows == [("Step", "180!"), ("Plan", "1")]
