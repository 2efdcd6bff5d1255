"""The lines of a chart, as they are seen: pixels and items of the real one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app import i18n, theme
from app.widgets.axis import aligned, log_ticks
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series, nearest
from app.widgets.graph import BLOCK
from tests.app.painted import Painted

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _dressed(qapp):
    theme.apply(qapp, "dark")
    yield
    theme.apply(qapp, "dark")


@pytest.fixture
def made(qtbot):
    """Makes a chart that is seen."""

    def make(*lines, **options):
        chart = LineChart("Loss", height=200, **options)
        qtbot.addWidget(chart)
        chart.resize(500, 300)
        chart.set_series(lines)
        chart.show()
        return chart

    return make


@pytest.fixture
def chart(made):
    return made(Series("Done", [0, 50, 100], [1.0, 3.0, 2.0]))


def shot(chart):
    """The pixels of the lines and their axes."""
    assert chart.plot.graph is not None
    return chart.plot.grab().toImage()


def pixel(chart, x, y) -> QPoint:
    """Where a value is in the picture."""
    graph = chart.plot.graph
    return graph.box.mapToScene(graph.place(x, y)).toPoint()


def hover(chart, x, y=100):
    view = chart.plot.graph.viewport()
    QTest.mouseMove(view, QPoint(round(x), y + 1))  # it may be at the very place already
    QTest.mouseMove(view, QPoint(round(x), y))


def is_red(tint: QColor) -> bool:
    return tint.red() > tint.blue() + 60


def near(picture, spot, dx=(-1, 0, 1), dy=(-1, 0, 1)) -> list[QColor]:
    return [picture.pixelColor(spot.x() + x, spot.y() + y) for x in dx for y in dy]


def test_a_line_is_drawn_in_its_color_at_the_pixels_of_its_values(made):
    chart = made(Series("Done", [0, 1, 2], [1.0, 1.0, 1.0], "err", width=3))
    found = [tint.name() for tint in near(shot(chart), pixel(chart, 1, 1.0))]
    assert theme.color("err").name() in found


def test_a_line_is_as_thick_on_a_fine_screen(made):
    chart = made(Series("Done", [0, 1, 2], [1.0, 1.0, 1.0], "err", width=4))
    widths = [line.opts["pen"].widthF() for line in chart.plot.graph.lines]
    ratio = chart.plot.devicePixelRatioF()
    assert widths == [4 * ratio]
    chart.plot.graph.devicePixelRatioF = lambda: 2 * ratio
    QApplication.sendEvent(chart.plot, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert [line.opts["pen"].widthF() for line in chart.plot.graph.lines] == [8 * ratio]


def test_the_legend_is_as_thick_on_a_fine_screen(made):
    chart = made(Series("Done", [0, 1, 2], [1.0, 1.0, 1.0], "err", width=2))
    thick = []
    for ratio in (1, 2):
        picture = QImage(chart._legend.size() * ratio, QImage.Format.Format_ARGB32)
        picture.setDevicePixelRatio(ratio)
        chart._legend.render(picture)
        rows = range(picture.height())
        columns = range(picture.width())
        reds = [[is_red(picture.pixelColor(x, y)) for x in columns] for y in rows]
        thick.append(max(sum(row[x] for row in reds) for x in range(4 * ratio, 10 * ratio)))
    assert thick == [2, 4]


def test_what_is_shown_is_the_ground_of_the_stage(chart):
    assert shot(chart).pixelColor(490, 4) == theme.color("g2")


def test_the_pointer_strokes_no_line_again(chart, monkeypatch):
    empty = shot(chart)
    curve = chart.plot.graph.lines[0].curve
    stroked = []
    monkeypatch.setattr(curve, "getPath", lambda: stroked.append(1))
    hover(chart, 200)
    hover(chart, 220)
    assert shot(chart) != empty
    assert stroked == []


def test_only_where_the_read_out_was_and_is_has_to_be_painted(chart, qtbot):
    hover(chart, 200)
    view = chart.plot.graph.viewport()
    QApplication.processEvents()
    painted = Painted(view)
    hover(chart, 210)
    qtbot.waitUntil(lambda: bool(painted.rects))
    assert painted.rects[-1].width() < view.width() / 2


def test_moving_the_pointer_leaves_nothing_behind(chart):
    empty = shot(chart)
    for x in (120, 200, 330):
        hover(chart, x)
        assert shot(chart) != empty
    QApplication.sendEvent(chart.plot.graph, QEvent(QEvent.Type.Leave))
    assert shot(chart) == empty


def test_the_read_out_stays_right_while_the_line_grows(chart):
    hover(chart, pixel(chart, 50, 3).x())
    assert chart.plot.graph.readout.rows[1][2] == "3"
    chart.set_series([Series("Done", [0, 50, 100, 150], [1.0, 2.0, 2.0, 2.0])])
    shot(chart)
    assert chart.plot.graph.readout.rows[1][2] == "2"


def test_the_dots_of_the_read_out_stay_on_their_lines(made):
    chart = made(Series("Done", [0, 50, 100], [1.0, 3.0, 2.0]), zooms=True)
    graph = chart.plot.graph
    hover(chart, pixel(chart, 50, 3).x())
    for change in (
        lambda: chart.resize(400, 240),
        lambda: chart.set_range(y=(0.0, 9.0)),
        lambda: wheel(graph, 200),
    ):
        change()
        shot(chart)
        (dot, _), (_, name, value) = graph.readout._dots[0], graph.readout.rows[1]
        x = {"1": 0, "3": 50, "2": 100}[value]
        assert (name, dot) == ("Done", graph.place(x, float(value)))


@pytest.mark.parametrize(
    "change",
    [
        lambda chart: chart.set_series([Series("Done", [0, 1], [5.0, 6.0])]),
        lambda chart: chart.set_range(y=(0.0, 9.0)),
        lambda chart: chart.set_ticks([(50, "half")]),
        lambda chart: chart.set_now(40.0),
        lambda chart: chart.set_chosen(20.0, 30.0),
        lambda chart: chart.set_log(True),
    ],
)
def test_whatever_changes_is_drawn_anew(chart, change):
    before = shot(chart)
    change(chart)
    assert shot(chart) != before


def test_what_is_to_come_is_shaded_until_its_planned_end(chart):
    chart.set_range((0.0, 200.0), (0.0, 4.0))
    chart.set_now(100.0, 150.0)
    picture = shot(chart)
    tints = [picture.pixelColor(pixel(chart, x, 3.7)) for x in (80, 125, 175)]
    assert tints == [theme.color(name) for name in ("g2", "chart_future", "g2")]
    chart.set_now(200.0, 150.0)
    picture = shot(chart)
    assert picture.pixelColor(pixel(chart, 125, 3.7)) == theme.color("g2")


@pytest.mark.parametrize("name", ["dark", "light"])
def test_a_chosen_part_has_its_color_in_both_themes(chart, qapp, name):
    theme.apply(qapp, name)
    chart.set_chosen(20.0, 40.0)
    tint, wanted = shot(chart).pixelColor(pixel(chart, 30, 1.2)), theme.color("chart_band")
    assert tint.getRgb()[:3] == pytest.approx(wanted.getRgb()[:3], abs=2)


def test_a_chart_follows_the_theme_and_its_size(chart, qapp):
    dark = shot(chart)
    theme.apply(qapp, "light")
    light = shot(chart)
    assert light != dark
    assert light.pixelColor(490, 4) == theme.color("g2")
    end = pixel(chart, 100, 1).x()
    chart.resize(700, 300)
    shot(chart)
    assert pixel(chart, 100, 1).x() > end


def test_words_of_the_read_out_follow_the_language(chart):
    hover(chart, 200)
    assert chart.plot.graph.readout.rows[1][1] == "Done"
    i18n.set_language("zh_CN")
    try:
        assert chart.plot.graph.readout.rows[1][1] == i18n.tr("Done") != "Done"
    finally:
        i18n.set_language("en")


def test_a_line_with_many_points_in_a_pixel_reaches_its_lowest_and_highest(made):
    chance = random.Random(3)
    values = [1.0 + chance.random() * 0.1 for _ in range(20_000)]
    values[7000], values[13000] = 0.0, 2.0
    chart = made(Series("Done", range(20_000), values, "err", width=1.0))
    chart.set_range(y=(-0.1, 2.1))
    picture = shot(chart)
    for index in (7000, 13000):
        assert any(map(is_red, near(picture, pixel(chart, index, values[index]))))


def test_only_the_tail_of_a_long_line_is_drawn_again_when_it_grows(made):
    xs, ys = list(range(5 * BLOCK + 40)), [1.0, 2.0] * (5 * BLOCK // 2 + 20)
    beside = Series("Open", [0, 900], [1.5, 1.5], "err")
    chart = made(Series("Done", xs[:-20], ys[:-20]), beside)
    chart.set_range((0.0, 2000.0), (0.0, 3.0))
    past, tail, other = chart.plot.graph.lines
    told = []
    for line in (past, tail, other):
        line.sigPlotChanged.connect(told.append)
    chart.set_series([Series("Done", xs, ys), beside])
    shot(chart)
    assert told == [tail]
    assert past.getOriginalDataset()[0][-1] > tail.getOriginalDataset()[0][0]
    assert tail.getOriginalDataset()[0][-1] == xs[-1]


def test_a_line_that_is_gone_leaves_no_pixel(chart):
    done = chart.plot.series[0]
    chart.set_range((0.0, 100.0), (0.88, 3.12))
    before = shot(chart)
    chart.set_series([done, Series("Open", [0, 100], [2.0, 2.0], "err")])
    assert shot(chart) != before
    chart.set_series([done])
    assert shot(chart) == before


def test_dots_mark_the_points_of_a_line_that_asks_for_them(made):
    chart = made(Series("Done", [0, 50, 100], [1.0, 2.0, 1.0], "err", marker="square"))
    chart.set_range((-10.0, 110.0), (0.0, 3.0))
    picture = shot(chart)
    spot = pixel(chart, 50, 2.0)
    assert all(map(is_red, near(picture, spot, dy=(-1, 0))))
    assert len({tint.name() for tint in near(picture, spot + QPoint(0, -6))}) == 1


def test_the_first_and_the_last_dot_are_whole_and_a_peak_is_cut_off(made):
    chart = made(Series("Done", [0, 50, 100], [1.0, 9.0, 1.0], "err", marker="square"))
    chart.set_range((0.0, 100.0), (0.0, 3.0))
    picture = shot(chart)
    for x, out in ((0, -1), (100, 1)):
        assert all(map(is_red, near(picture, pixel(chart, x, 1.0) + QPoint(out, 0), dx=(0,))))
    rows = range(pixel(chart, 0, 3.0).y() - 2)
    assert not any(is_red(picture.pixelColor(x, y)) for x in range(picture.width()) for y in rows)


def test_a_logarithmic_axis_puts_each_tenth_as_high_as_the_next(made):
    chart = made(Series("Done", [0, 50, 100], [0.01, 0.1, 1.0], "err"))
    chart.set_log(True)
    chart.set_range(y=(0.01, 1.0))
    shot(chart)
    low, middle, high = (pixel(chart, 50, y).y() for y in (0.01, 0.1, 1.0))
    assert low - middle == pytest.approx(middle - high, abs=1)
    assert any(map(is_red, near(shot(chart), pixel(chart, 50, 0.1))))
    hover(chart, pixel(chart, 50, 1).x())
    assert chart.plot.graph.readout.rows[1][2] == "0.1"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.05, 2.0, [0.05, 0.1, 0.2, 0.5, 1, 2]),
        (1e-5, 10, [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]),
        (0.06, 0.16, [0.06, 0.08, 0.1, 0.12, 0.14, 0.16]),
    ],
)
def test_logarithmic_ticks_are_round(low, high, expected):
    assert log_ticks(low, high, 7) == pytest.approx(expected)


def wheel(graph, x, up=True):
    place = QPointF(x, 100)
    turn = QPoint(0, 480 if up else -4800)
    event = QWheelEvent(
        place, graph.viewport().mapToGlobal(place), QPoint(), turn, Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(graph.viewport(), event)
    return event.isAccepted()


def test_the_wheel_looks_closer_until_the_whole_is_asked_for(made):
    chart = made(Series("Done", [0, 50, 100], [1.0, 3.0, 2.0]), zooms=True)
    graph, button = chart.plot.graph, chart._whole
    whole = shot(chart)
    assert not button.isVisible()
    wheel(graph, 200)
    (low, high), up = graph.box.viewRange()
    assert 0 <= low < high <= 100
    assert high - low < 60
    assert button.isVisible()
    chart.set_series([Series("Done", [0, 50, 100, 110], [1.0, 3.0, 2.0, 2.0])])
    shot(chart)
    assert graph.box.viewRange() == [[low, high], up]  # what grows does not move it away
    chart.set_series([Series("Done", [0, 50, 100], [1.0, 3.0, 2.0])])
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert shot(chart) == whole
    wheel(graph, 200)
    assert graph.is_zoomed
    QTest.mouseDClick(graph.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    assert shot(chart) == whole
    assert not button.isVisible()


def drag(view, x):
    place = QPointF(x, 100)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, view.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_a_part_is_moved_by_dragging_and_never_past_the_ends(made):
    chart = made(Series("Done", [0, 50, 100], [1.0, 3.0, 2.0]), zooms=True)
    graph = chart.plot.graph
    wheel(graph, 200)
    low, high = graph.box.viewRange()[0]
    view = graph.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    for x in (215, 230, 260):
        drag(view, x)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(260, 100))
    moved = graph.box.viewRange()[0]
    assert moved[0] < low
    assert moved[1] - moved[0] == pytest.approx(high - low)
    wheel(graph, 200, up=False)
    assert graph.box.viewRange()[0] == pytest.approx([0, 100], abs=1e-6)
    assert not chart._whole.isVisible()


def test_a_chart_that_does_not_zoom_lets_its_page_scroll(chart):
    graph = chart.plot.graph
    assert not wheel(graph, 200)
    assert not graph.is_zoomed


def test_a_right_click_opens_no_menu_of_the_library(made):
    chart = made(Series("Done", [0, 50, 100], [1.0, 3.0, 2.0]), zooms=True)
    view = chart.plot.graph.viewport()
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=QPoint(200, 100))
    assert not [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu)]


def test_the_point_nearest_to_the_pointer_is_read():
    one = Series("Done", [0, 10, 20], [1.0, 2.0, 3.0])
    assert [nearest(one, x) for x in (-0.5, 4, 6, 20.5)] == [0, 0, 1, 2]
    assert nearest(one, 22) is None
    assert nearest(Series("Done", [], []), 1) is None


def test_numbers_under_each_other_have_as_many_places() -> None:
    assert aligned(["0.2917", "0.177", "3", "5e-5"]) == ["0.2917", "0.1770", "3", "5e-5"]


def test_the_numbers_are_written_only_while_they_are_looked_at(chart, qtbot):
    assert chart._table.rowCount() == 0
    qtbot.mouseClick(chart._switch, Qt.MouseButton.LeftButton)
    first = chart._table.item(0, 0)
    chart.set_series([Series("Done", [0, 60], [4.0, 3.0])])
    assert chart._table.item(0, 0) is first
    assert chart._table.item(1, 0).text() == "60"


def test_a_plan_is_named_under_the_pointer_only(made):
    plan = Series("Plan", [100, 200], [2.0, 1.0], legend=False)
    chart = made(Series("Done", [0, 50, 100], [1.0, 3.0, 2.0]), plan)
    chart.set_head(lambda x: ("Step", f"{x:.0f}!"))
    hover(chart, pixel(chart, 180, 1).x())
    rows = [(name, text) for _, name, text in chart.plot.graph.readout.rows]
    assert rows == [("Step", "180!"), ("Plan", "1")]


def test_a_chart_that_is_not_seen_draws_nothing(made):
    chart = made(Series("Done", [0, 50], [1.0, 3.0]))
    graph = chart.plot.graph
    chart.hide()
    chart.set_series([Series("Done", [0, 50], [1.0, 3.0]), Series("Open", [0, 50], [2.0, 2.0])])
    assert len(graph.lines) == 1
    chart.show()
    assert len(graph.lines) == 2


def test_the_library_comes_when_the_first_chart_is_seen_and_the_program_ends_cleanly():
    code = """
import json, sys
from PySide6.QtWidgets import QApplication
qt = QApplication([])
from app import theme
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series
theme.apply(qt, "dark")
chart = LineChart("Loss")
chart.set_waiting("Waiting for the first step")
chart.show()
qt.processEvents()
early = "pyqtgraph" in sys.modules
chart.set_series([Series("Done", [0, 1], [1.0, 2.0])])
while chart.plot.graph is None:
    qt.processEvents()
print(json.dumps({"early": early, "lines": len(chart.plot.graph.lines)}), flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, check=False,
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout)) == (0, {"early": False, "lines": 1})
    assert "Traceback" not in done.stderr
