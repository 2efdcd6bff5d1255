from __future__ import annotations

from functools import partial

import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication

from app import theme
from app.theme import motion
from app.widgets import roles
from app.widgets.axis import label_text, range_of, thinned, tick_texts, ticks, whole_step
from app.widgets.chart import LineChart
from app.widgets.chart_lines import Series
from app.widgets.clear import keep_clear
from app.widgets.graph import Graph  # noqa: F401  its library is here at once
from app.widgets.picture_grid import PictureGrid
from app.widgets.thumbnail_files import read_scaled
from app.widgets.thumbnails import ThumbnailCache
from app.widgets.toasts import Toast
from engine.runtime.errors import PictureError
from tests.app.painted import Painted


@pytest.fixture(autouse=True)
def _dressed(qapp):
    theme.apply(qapp, "dark")


@pytest.fixture
def cache(tmp_path):
    made = ThumbnailCache(tmp_path / "thumbs")
    yield made
    made.close()


def test_a_thumbnail_comes_later_and_is_found_on_disk_the_next_time(cache, qtbot, tmp_path):
    picture = tmp_path / "wide.png"
    Image.new("RGB", (400, 100), (200, 40, 40)).save(picture)
    assert cache.get(str(picture), 150) is None
    with qtbot.waitSignal(cache.ready):
        pass
    assert cache.get(str(picture), 150).size() == QSize(160, 40)
    kept = [path for path in (tmp_path / "thumbs").rglob("*") if path.is_file()]
    assert [Image.open(path).format for path in kept] == ["JPEG"]
    cache.forget(str(picture))
    assert cache.get(str(picture), 150) is None


def test_a_broken_picture_is_remembered_as_such(cache, qtbot, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    cache.get(str(broken), 100)
    with qtbot.waitSignal(cache.ready):
        pass
    assert cache.has_failed(str(broken))
    with pytest.raises(PictureError):
        read_scaled(str(broken), 100)


def test_a_turned_photo_stands_upright(tmp_path):
    turned = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40)).save(turned, exif=exif)
    assert read_scaled(str(turned), 160).size() == QSize(40, 80)


def _grid(qtbot, count=3):
    model = QStandardItemModel()
    for number in range(count):
        item = QStandardItem()
        item.setData(f"picture {number}", roles.NameRole)
        model.appendRow(item)
    grid = PictureGrid()
    qtbot.addWidget(grid)
    grid.setModel(model)
    grid.resize(700, 400)
    grid.show()
    return grid, model


def test_cards_fill_the_row_and_a_click_selects(qtbot):
    grid, model = _grid(qtbot)
    wide = grid.cell_size().width()
    columns = grid.viewport().width() // wide
    assert columns * wide > grid.viewport().width() - columns - 3
    spot = grid.visualRect(model.index(1, 0)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert [index.row() for index in grid.selectedIndexes()] == [1]


def test_a_rejected_picture_is_faint(qtbot):
    import numpy as np

    grid, model = _grid(qtbot, 2)
    white = np.full((64, 64, 3), 255, np.uint8)
    for row, flag in ((0, ""), (1, "rejected")):
        model.item(row).setData(white, roles.ArrayRole)
        model.item(row).setData(flag, roles.FlagRole)
    shot = grid.viewport().grab().toImage()
    spots = [grid.visualRect(model.index(row, 0)).center() for row in (0, 1)]
    assert shot.pixelColor(spots[0]) == QColor(255, 255, 255)
    assert shot.pixelColor(spots[1]).red() < 140


def _with_pictures(qtbot, count):
    import numpy as np

    grid, model = _grid(qtbot, count)
    for row in range(count):
        square = np.full((64, 64, 3), 40 + 5 * row, np.uint8)
        model.item(row).setData(square, roles.ArrayRole)
    return grid, model


@pytest.fixture
def stretched(monkeypatch):
    """Sizes of the pictures that were stretched when cards were painted."""
    from app.widgets import picture_card

    sizes = []
    fitted = picture_card.draw_fitted

    def draw(painter, pixmap, *args):
        sizes.append(pixmap.size())
        return fitted(painter, pixmap, *args)

    monkeypatch.setattr(picture_card, "draw_fitted", draw)
    return sizes


def _with_files(qtbot, cache, folder, count=3):
    model = QStandardItemModel()
    for number in range(count):
        path = folder / f"{number}.png"
        Image.new("RGB", (400, 100 + 150 * number), (200, 40, 40)).save(path)
        item = QStandardItem()
        item.setData(str(path), roles.PathRole)
        model.appendRow(item)
    grid = PictureGrid(cache)
    qtbot.addWidget(grid)
    grid.setModel(model)
    grid.resize(700, 400)
    grid.show()

    def all_come():
        grid.viewport().grab()
        return all(grid.pixmap(model.index(row, 0)) for row in range(count))

    qtbot.waitUntil(all_come)
    return grid, model


def _shares(grid, model):
    """How much of the tile's width or height, the larger share, each thumbnail fills."""
    cell = grid.cell_size()
    wide, high = cell.width() - 8, cell.height() - 8 - 24
    found = [grid.pixmap(model.index(row, 0)).size() for row in range(model.rowCount())]
    return [max(size.width() / wide, size.height() / high) for size in found]


def test_thumbnails_come_in_the_size_of_their_cards_and_are_only_laid_down(
    qtbot, cache, tmp_path, stretched
):
    grid, model = _with_files(qtbot, cache, tmp_path)
    assert _shares(grid, model) == pytest.approx([0.84] * 3, abs=0.01)
    stretched.clear()
    shot = grid.viewport().grab().toImage()
    assert stretched == []
    red = QColor(200, 40, 40)
    for row in range(3):
        box = grid.visualRect(model.index(row, 0))
        tile = box.adjusted(0, 0, -8, -32)
        size = grid.pixmap(model.index(row, 0)).size()
        assert shot.pixelColor(tile.center()) == red
        beside = tile.center().x() + size.width() // 2 + 3
        assert shot.pixelColor(beside, tile.center().y()) != red


def test_while_cards_change_their_size_the_old_thumbnails_are_stretched(
    qtbot, cache, tmp_path, stretched
):
    grid, model = _with_files(qtbot, cache, tmp_path)
    before = [grid.pixmap(model.index(row, 0)).size() for row in range(3)]
    stretched.clear()
    grid.set_tile_width(260)
    grid.viewport().grab()
    assert stretched == before

    def settled():
        grid.viewport().grab()
        return _shares(grid, model) == pytest.approx([0.84] * 3, abs=0.01)

    qtbot.waitUntil(settled)
    stretched.clear()
    grid.viewport().grab()
    assert stretched == []


def test_only_the_card_whose_thumbnail_has_come_is_painted_again(qtbot, tmp_path, cache):
    grid, model = _with_files(qtbot, cache, tmp_path)
    told = []
    grid.pictures.came.connect(told.append)
    qtbot.waitUntil(lambda: bool(told))
    cache.forget(str(tmp_path / "1.png"))
    grid.viewport().grab()
    QApplication.processEvents()
    told.clear()
    painted = Painted(grid.viewport())
    qtbot.waitUntil(lambda: bool(told))
    qtbot.waitUntil(lambda: bool(painted.rects))
    assert told == [[1]]
    assert painted.rects == [grid.visualRect(model.index(1, 0))]


def test_a_grid_that_scrolls_looks_as_if_it_were_painted_anew(qtbot, monkeypatch):
    monkeypatch.setattr(PictureGrid, "ground", "g2")
    grid, _ = _with_pictures(qtbot, 40)
    qtbot.waitExposed(grid)
    grid.repaint()
    window = grid.window()
    for place in (30, 90, 65):
        grid.verticalScrollBar().setValue(place)
        QApplication.processEvents()
        moved = window.screen().grabWindow(window.winId()).toImage()
        grid.viewport().repaint()
        anew = window.screen().grabWindow(window.winId()).toImage()
        assert moved == anew
        assert moved.size() == window.size() * window.devicePixelRatio()


def test_a_thumbnail_that_fails_unexpectedly_leaves_a_worker_for_the_next(
    cache, qtbot, tmp_path, monkeypatch
):
    picture = tmp_path / "wide.png"
    Image.new("RGB", (400, 100)).save(picture)
    make = cache._maker._make
    tried = []

    def fail(key):
        tried.append(key)
        if len(tried) <= 4:
            raise RuntimeError("never expected")
        return make(key)

    monkeypatch.setattr(cache._maker, "_make", fail)
    for number in range(4):
        cache.get(f"{picture}{number}", 150)
        qtbot.waitUntil(lambda number=number: len(tried) > number)
    with qtbot.waitSignal(cache.ready):
        cache.get(str(picture), 150)


def test_a_chart_shows_its_numbers_as_a_table(qtbot):
    chart = LineChart("Queue", height=200)
    qtbot.addWidget(chart)
    chart.set_series([Series("Done", [0, 10], [0.5, 0.25]), Series("Open", [10], [3.0])])
    chart.show()
    qtbot.mouseClick(chart._switch, Qt.MouseButton.LeftButton)
    table = chart._table
    rows = [[table.item(r, c).text() for c in range(3)] for r in range(table.rowCount())]
    assert rows == [["0", "0.5", ""], ["10", "0.25", "3"]]


def test_a_chart_without_points_says_what_it_waits_for_and_has_no_axis(qtbot):
    chart = LineChart("Queue", height=200)
    qtbot.addWidget(chart)
    chart.resize(400, 240)
    chart.set_series([Series("Done", [], [], "err")])
    chart.show()
    blank = chart.plot.grab().toImage()
    chart.set_waiting("Waiting for the first step")
    assert chart.plot.graph is None
    words = chart.plot.grab().toImage()
    places = [
        (x, y)
        for x in range(words.width())
        for y in range(words.height())
        if words.pixel(x, y) != blank.pixel(x, y)
    ]
    middle = sum(x for x, _ in places) / len(places)
    assert middle == pytest.approx(words.width() / 2, abs=8)
    assert len({blank.pixel(x, y) for x in range(0, 300, 3) for y in range(0, 150, 3)}) == 1


def test_charts_that_share_a_margin_begin_at_the_same_place(qtbot):
    starts = []
    for values in ([0.5, 1.0], [0.00012, 0.00034]):
        chart = LineChart("Queue", height=200, left=60)
        qtbot.addWidget(chart)
        chart.set_series([Series("Done", [0, 1], values)])
        chart.show()
        starts.append(chart.plot.graph.up.width())
    assert starts == [60, 60]


def test_marked_points_name_the_places_of_the_horizontal_axis(qtbot):
    chart = LineChart("Queue", height=200)
    qtbot.addWidget(chart)
    chart.resize(400, 240)
    chart.set_series([Series("Done", [12, 24, 36, 48], [1, 2, 3, 4], marker="circle")])
    chart.show()
    graph = chart.plot.graph
    marks = [(12, "12"), (24, "24"), (36, "36"), (48, "48")]
    assert graph.across.tickValues(12, 48, graph.box.width()) == [(None, [x for x, _ in marks])]
    assert graph.across.tickStrings([x for x, _ in marks], 1, None) == [text for _, text in marks]


def test_one_axis_has_one_format():
    assert tick_texts([0, 5e-4, 1e-3, 0.0015]) == ["0", "5e-4", "1e-3", "1.5e-3"]
    assert tick_texts([0, 0.001]) == ["0", "1e-3"]
    assert tick_texts([0.05, 0.1, 0.15]) == ["0.05", "0.10", "0.15"]
    assert tick_texts([0, 500, 1000]) == ["0", "500", "1,000"]


@pytest.mark.parametrize(("low", "high"), [(0.12, 0.38), (0.021, 0.029), (3.9, 5.1), (-0.4, 0.3)])
def test_a_small_axis_has_at_least_two_numbers(low, high):
    found = ticks(low, high, 2)
    assert 2 <= len(found) <= 4
    assert all(low <= value <= high for value in found)


def test_whole_steps_are_ones_people_count_in():
    assert [whole_step(n) for n in (0.3, 1.5, 3, 6, 12, 21, 30, 60, 101)] == [
        1, 2, 5, 10, 20, 25, 50, 100, 200,
    ]  # fmt: skip
    assert ticks(1, 4, 8, whole=True) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [(0, 10, 5, [0, 2, 4, 6, 8, 10]), (0.06, 0.16, 5, [0.06, 0.08, 0.1, 0.12, 0.14, 0.16])],
)
def test_ticks_are_round(low, high, count, expected):
    assert ticks(low, high, count) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"), [(1024, "1,024"), (0.08, "0.08"), (5e-5, "5e-5"), (0, "0"), (1e-4, "1e-4")]
)
def test_axis_numbers_are_short(value, text):
    assert label_text(value) == text


def test_ranges_hold_their_values_and_survive_none_or_not_a_number():
    low, high = range_of([0.1, float("nan"), 0.3])
    assert 0 <= low < 0.1 < 0.3 < high
    assert range_of([]) == (0.0, 1.0)


def test_thinning_keeps_the_ends():
    assert thinned(range(1000), 5) == [0, 249, 499, 749, 999]


def test_at_most_two_toasts_and_an_error_stays(qtbot):
    from PySide6.QtWidgets import QWidget

    stage = QWidget()
    qtbot.addWidget(stage)
    stage.resize(800, 400)
    stage.show()
    host = Toast(stage)
    undone = []
    for number in range(3):
        words = partial("Said {}".format, number)
        host.show(words, action="Undo", on_action=lambda: undone.append(1))
    assert [view.text for view in host.shown] == ["Said 1", "Said 2"]
    host.show(lambda: "It failed.", error=True)
    assert not host.shown[-1]._timer.isActive()
    assert host.shown[0]._timer.isActive()


def test_a_toast_comes_up_to_its_place(qtbot):
    from PySide6.QtWidgets import QWidget

    stage = QWidget()
    qtbot.addWidget(stage)
    stage.resize(800, 400)
    stage.show()
    motion.set_reduced(False)
    view = Toast(stage).show(lambda: "Said")
    start = view.y()
    qtbot.waitUntil(lambda: view.pos() == view.rest)
    assert start > view.rest.y()


def test_a_toast_stands_above_what_must_stay_clear(qtbot):
    from PySide6.QtWidgets import QWidget

    stage = QWidget()
    qtbot.addWidget(stage)
    stage.resize(800, 400)
    strip, aside = QWidget(stage), QWidget(stage)
    strip.setGeometry(0, 300, 800, 100)
    aside.setGeometry(760, 100, 40, 300)
    stage.show()
    for widget in (strip, aside):
        keep_clear(widget)
    host = Toast(stage)
    toast = host.show(lambda: "Said")
    assert toast.rest.y() + toast.height() - 14 <= 300
    assert toast.rest.y() > 200  # what lies beside it does not lift it
    strip.hide()
    assert toast.rest.y() > 320  # another page: nothing lies under it there
    strip.show()
    assert toast.rest.y() + toast.height() - 14 <= 300
    strip.hide()
    assert host.show(lambda: "Said again").rest.y() > 320
    foot = QWidget(stage)
    foot.setGeometry(0, 360, 380, 40)
    foot.show()
    keep_clear(foot)
    foot.move(0, 361)
    pair = host.shown
    assert pair[0].rest.x() >= 380  # the foot of a column: they stand beside it
    assert pair[0].rest.y() == pair[1].rest.y() > 320
