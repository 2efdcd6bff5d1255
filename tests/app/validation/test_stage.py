"""The light table: comparing, the same detail in all cells, marks, what is shown, what leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolTip

from app.i18n import set_language
from app.theme import motion
from app.validation.cell_card import CARD_WIDTH, card
from app.widgets.thumbnail_files import read_scaled
from engine.imaging.decode import read_size
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis
from engine.validation.manifest import open_grid
from engine.validation.marks import read_marks
from engine.validation.small import small_path
from tests.app.validation.grids import LEFT, axes_of, color_at, draw, settle

RED, BLUE = (200, 0, 0), (0, 0, 200)


@pytest.fixture
def shown(qtbot, view, session, run):
    """The page with a drawn grid of 4 x 4 cells, A red and B blue."""

    def paint(number, position):
        known = {5: RED, 10: BLUE}
        return np.array(known.get(number, (number * 9, 120, 90)), np.uint8)

    view.state.checkpoints = {item.path: item for item in run.checkpoints}
    view.state.open(open_grid(draw(session, axes_of(run), paint=paint)))
    settle(qtbot, view)
    keys = [key for key, _ in view.state.finished()]
    view.state.choose(keys[5])
    view.state.compare_with(keys[10])
    return view


def wheel(widget, point, turn, modifiers):
    event = QWheelEvent(
        QPointF(point),
        QPointF(widget.mapToGlobal(point)),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def drag(widget, start, end, button=LEFT, modifiers=Qt.KeyboardModifier.NoModifier):
    for kind, where, held in (
        (QEvent.Type.MouseButtonPress, start, button),
        (QEvent.Type.MouseMove, end, button),
        (QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.NoButton),
    ):
        pressed = button if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
        event = QMouseEvent(
            kind, QPointF(where), QPointF(widget.mapToGlobal(where)), pressed, held, modifiers
        )
        QApplication.sendEvent(widget, event)


def press_mode(qtbot, view, value):
    """Click a segment of the stage bar."""
    segments = view.bar.mode
    index = [one for one, _ in segments._options].index(value)
    qtbot.mouseClick(segments, LEFT, pos=segments._rects()[index].center().toPoint())


# Comparing


def test_blink_swaps_a_and_b_within_a_frame_and_space_holds(qtbot, shown):
    shown.stage.show_way("blink")
    compare = shown.compare
    assert not compare.playing  # motion is reduced in tests
    middle = compare.rect().center() - QPoint(0, 20)
    assert color_at(compare, middle) == RED
    qtbot.keyClick(compare, Qt.Key.Key_Space)
    assert color_at(compare, middle) == BLUE
    motion.set_reduced(False)
    compare.set_rate(8)
    shown.stage.show_way("blink")
    assert compare.playing
    qtbot.waitUntil(lambda: compare.shows_second)
    qtbot.keyClick(compare, Qt.Key.Key_Space)
    assert not compare.playing


def test_the_slider_splits_where_it_is_dragged(qtbot, shown):
    shown.stage.show_way("slider")
    compare = shown.compare
    look, middle = compare.look, compare.rect().center() - QPoint(0, 20)
    assert color_at(compare, middle - QPoint(20, 0)) == RED
    assert color_at(compare, middle + QPoint(20, 0)) == BLUE
    drag(compare, QPoint(compare.width() // 2, 100), QPoint(compare.width() // 2 - 100, 100))
    assert abs(compare.split * compare.width() - (compare.width() // 2 - 100)) < 2
    assert color_at(compare, middle - QPoint(80, 0)) == BLUE
    assert color_at(compare, middle - QPoint(120, 0)) == RED
    qtbot.keyClick(compare, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert compare.split * compare.width() > compare.width() // 2 - 100
    assert look.fitted


def test_the_difference_tells_mean_and_largest_and_is_amplified(qtbot, shown):
    press_mode(qtbot, shown, "difference")
    compare = shown.compare
    first, second = (shown.state.cell(key).path for key in (shown.state.first, shown.state.second))
    found = shown.full_pictures.difference(first, second, compare.gain)
    assert found.largest == 200
    assert found.mean == pytest.approx(400 / 3)
    assert not found.scaled
    middle = compare.rect().center() - QPoint(0, 20)
    assert color_at(compare, middle) == (200, 200, 200)
    compare.set_gain(2)
    assert color_at(compare, middle) == (255, 255, 255)


def test_a_difference_names_both_cells(qtbot, shown, monkeypatch):
    told = []
    monkeypatch.setattr(
        "app.validation.compared_pictures.paint_scale", lambda *said: told.append(said[4])
    )
    shown.stage.show_compare("difference")
    qtbot.waitUntil(lambda: bool(told))
    state = shown.state
    assert told[-1] == [state.name_of(state.first), state.name_of(state.second)]


def test_both_panes_tell_what_was_measured_of_their_cells(qtbot, shown):
    press_mode(qtbot, shown, "compare")
    second = shown.state.second
    (_, _, left), (_, _, right) = shown.compare.panes()

    def feet():
        picture = shown.compare.grab().toImage()
        return [
            picture.copy(int(area.right()) - 240, int(area.bottom()), 240, 30)
            for area in (left, right)
        ]

    before = feet()
    shown.state.set_evidence(second, 0.87, "near.png")
    shown.state.choice_changed.emit()
    after = feet()
    assert "Copying 0.87" in shown.compare.numbers_of(second)
    assert "Copying" not in "".join(shown.compare.numbers_of(shown.state.first))
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)


@pytest.mark.parametrize("column", [0, 3])
def test_the_recipe_of_a_cell_does_not_lie_over_its_neighbors(shown, column):
    grid = shown.grid
    middle = grid.cell_rect(grid.grid.key(1, column)).center()
    at = shown.tips._beside(grid.viewport().mapToGlobal(middle))
    card = QRect(grid.viewport().mapFromGlobal(at), QSize(CARD_WIDTH, 200))
    near = [
        grid.cell_rect(grid.grid.key(row, place))
        for row in (0, 1, 2)
        for place in (column - 1, column, column + 1)
        if 0 <= place < 4
    ]
    assert not any(card.intersects(rect) for rect in near)


def test_side_by_side_shares_zoom_and_place(shown):
    shown.stage.show_way("side")
    compare = shown.compare
    (_, _, left), (_, _, right) = compare.panes()
    assert color_at(compare, left.center().toPoint()) == RED
    compare.actual_size()
    assert compare.scale == pytest.approx(1)
    drag(compare, left.center().toPoint(), left.center().toPoint() + QPoint(40, 0))
    for area, color in ((left, RED), (right, BLUE)):
        edge = area.center().toPoint() + QPoint(40 + 32, 0)
        assert color_at(compare, edge - QPoint(3, 0)) == color
        assert color_at(compare, edge + QPoint(3, 0)) != color


def test_zoomed_in_pixels_are_exact(qtbot, shown, session, run):
    checks = np.zeros((8, 8, 3), np.uint8)
    checks[::2, ::2] = checks[1::2, 1::2] = 255
    folder = draw(session, axes_of(run), name="checks", side=8, paint=lambda *_: checks)
    shown.state.open(open_grid(folder))
    shown.state.choose(next(iter(shown.state.finished()))[0])
    shown.stage.show_way("side")
    image = shown.compare.grab().toImage()
    area = shown.compare.panes()[0][2].toRect().adjusted(20, 0, -20, 0)
    middle = area.center().y()
    tones = {image.pixelColor(x, middle).red() for x in range(area.left(), area.right(), 3)}
    assert {0, 255} <= tones
    assert len(tones) <= 3  # black, white and the stage: no blur between


def test_arrows_step_a_through_the_grid_while_comparing(qtbot, shown):
    shown.stage.show_way("side")
    place = shown.grid.grid.place(shown.state.first)
    second = shown.state.second
    qtbot.keyClick(shown.compare, Qt.Key.Key_Down)
    assert shown.grid.grid.place(shown.state.first) == (place[0] + 1, place[1])
    assert shown.state.second == second
    qtbot.keyClick(shown.compare, Qt.Key.Key_Escape)
    assert shown.stage.currentWidget() is shown.grid


# One detail in all cells


def test_a_detail_is_the_same_in_all_cells(qtbot, view, session, run):
    quarters = np.zeros((64, 64, 3), np.uint8)
    quarters[:32, :32], quarters[32:, 32:] = (250, 0, 0), (0, 250, 0)
    view.state.open(open_grid(draw(session, axes_of(run), paint=lambda *_: quarters)))
    settle(qtbot, view)
    keys = [key for key, _ in view.state.finished()][:3]
    port, held = view.grid.viewport(), Qt.KeyboardModifier
    corner = view.grid.cell_rect(keys[0]).topLeft() + QPoint(2, 2)
    for _ in range(12):
        wheel(port, corner, 120, held.ControlModifier | held.ShiftModifier)
    assert view.bar.detail.isChecked()
    settle(qtbot, view)
    image = port.grab().toImage()
    for key in keys:
        rect = view.grid.cell_rect(key).adjusted(6, 6, -6, -6)
        for point in (rect.topLeft(), rect.center(), rect.bottomRight()):
            assert image.pixelColor(point).getRgb()[:3] == (250, 0, 0)
    for _ in range(12):
        drag(port, QPoint(300, 300), QPoint(120, 120), modifiers=held.AltModifier)
    settle(qtbot, view)
    image = port.grab().toImage()
    assert all(
        image.pixelColor(view.grid.cell_rect(key).center()).getRgb()[:3] == (0, 250, 0)
        for key in keys
    )
    qtbot.keyClick(view.grid, Qt.Key.Key_Z)
    assert view.grid.framing.whole
    assert not view.bar.detail.isChecked()


def test_the_button_of_the_bar_turns_drag_and_wheel_into_the_cells(qtbot, shown):
    qtbot.mouseClick(shown.bar.detail, LEFT)
    assert shown.grid.framing.zoom == 2
    before = QPointF(shown.grid.framing.center)
    point = shown.grid.cell_rect(shown.state.first).center()
    drag(shown.grid.viewport(), point, point + QPoint(10, 0))
    assert shown.grid.framing.center.x() < before.x()
    qtbot.mouseClick(shown.bar.detail, LEFT)
    assert shown.grid.framing.whole


def test_ctrl_wheel_sizes_cells_round_the_pointer(shown):
    rect = shown.grid.cell_rect(shown.grid.grid.key(3, 3))
    for _ in range(6):
        wheel(shown.grid.viewport(), rect.center(), 120, Qt.KeyboardModifier.ControlModifier)
    assert shown.grid.key_at(rect.center()) == shown.grid.grid.key(3, 3)
    assert shown.grid.grid.cell > rect.width() * 1.5


def test_no_level_is_larger_than_a_cell_needs(qtbot, view, session, run):
    view.state.open(open_grid(draw(session, axes_of(run), side=512)))
    view.grid.set_cell(40)
    settle(qtbot, view)
    path = next(iter(view.state.finished()))[1].path
    assert view.thumbnails.kept(path).width() == 48
    view.grid.set_cell(500)
    settle(qtbot, view)
    key = view.grid.key_at(view.grid.viewport().rect().center())
    assert view.thumbnails.kept(view.state.cell(key).path).width() == 512


# Marks


def test_seen_from_far_away_each_cell_is_decoded_whole_but_once(
    qtbot, view, session, run, monkeypatch
):
    decoded = []

    def read(path, edge):
        decoded.append(path)
        return read_scaled(path, edge)

    monkeypatch.setattr("app.validation.cell_pictures.read_scaled", read)
    folder = draw(session, axes_of(run, seeds=(1, 2, 3)), side=256)
    view.state.open(open_grid(folder))
    view.grid.set_cell(32)
    settle(qtbot, view)
    known = {cell.path for _, cell in view.state.finished() if cell.path}
    assert set(decoded) <= known
    assert len(decoded) == len(set(decoded)) > 6
    first, key = list(decoded), view.grid.grid.key(1, 1)
    seen = color_at(view.grid.viewport(), view.grid.cell_rect(key).center())
    assert seen == Image.open(view.state.cell(key).path).getpixel((9, 9))
    for path in first:
        view.thumbnails.forget(path)
    view.grid.set_cell(40)
    settle(qtbot, view)
    assert decoded == first
    assert color_at(view.grid.viewport(), view.grid.cell_rect(key).center()) == seen


def test_nothing_is_written_beside_pictures_that_are_no_cells(qtbot, view, session, run, picture):
    view.state.open(open_grid(draw(session, axes_of(run))))
    training = Path(picture("ab" * 32, "red"))
    with qtbot.waitSignal(view.thumbnails.ready):
        view.thumbnails.level(str(training), 32)
    assert view.thumbnails.kept(str(training)) is not None
    assert not small_path(training).parent.exists()


def test_stars_stay_with_the_grid_and_are_undone(qtbot, shown):
    folder = Path(shown.state.request.folder)
    identifier = shown.state.cell(shown.state.first).id
    qtbot.keyClick(shown.grid, Qt.Key.Key_S)
    assert read_marks(folder).starred == (identifier,)
    shown.state.clear()
    shown.state.open(open_grid(folder))
    key = next(key for key, cell in shown.state.finished() if cell.id == identifier)
    assert shown.state.has_mark("starred", key)
    shown.state.choose(key)
    assert shown.recipe.marks["starred"].isChecked()
    qtbot.mouseClick(shown.recipe.marks["rejected"], LEFT)
    assert not shown.state.has_mark("starred", key)
    assert shown.state.has_mark("rejected", key)
    undo = next(one for one in shown.actions() if one.id == "validate.undo")
    assert undo.about() == "Reject a cell"
    undo.run()
    assert shown.state.has_mark("starred", key)
    assert read_marks(folder).rejected == ()


def test_a_grid_that_is_extended_keeps_its_stars(qtbot, shown, session):
    qtbot.keyClick(shown.grid, Qt.Key.Key_S)
    identifier = shown.state.cell(shown.state.first).id
    longer = shown.state.request.with_values("weight", (0.5, 1.0, 1.5))
    longer = longer.model_copy(update={"folder": str(session.project.grids / "longer")})
    shown.state.begin(longer)
    assert shown.state.marks.now.starred == (identifier,)
    assert read_marks(Path(longer.folder)).starred == (identifier,)


def test_damaged_marks_are_told_and_the_grid_opens(shown, session):
    folder = Path(shown.state.request.folder)
    (folder / "marks.json").write_text("{")
    shown.state.clear()
    shown.state.open(open_grid(folder))
    assert "marks.json" in str(session.errors[-1])
    assert len(list(shown.state.finished())) == 16


def test_a_rejected_cell_is_faint_and_can_be_left_out(qtbot, shown):
    key, red = shown.state.first, RED
    middle = shown.grid.cell_rect(key).center()
    assert color_at(shown.grid.viewport(), middle) == red
    qtbot.keyClick(shown.grid, Qt.Key.Key_X)
    faint = color_at(shown.grid.viewport(), middle)
    assert faint != red
    shown.state.shown.set_hide_rejected(True)
    assert shown.grid.key_at(shown.grid.cell_rect(key).center()) is None


def test_a_pinned_cell_stays_in_sight_while_others_scroll(qtbot, shown):
    key = shown.state.first
    qtbot.keyClick(shown.grid, Qt.Key.Key_P)
    assert shown.grid.grid.pins == 1
    shown.grid.set_cell(300)
    settle(qtbot, shown)
    for bar in (shown.grid.verticalScrollBar(), shown.grid.horizontalScrollBar()):
        bar.setValue(bar.maximum())
    point = shown.grid.grid.pin_rect(0).center()
    assert color_at(shown.grid.viewport(), point) == RED
    assert shown.grid.key_at(point) == key
    qtbot.keyClick(shown.grid, Qt.Key.Key_P)
    assert shown.grid.grid.pins == 0


def test_the_baseline_stays_on_top_while_rows_scroll(qtbot, shown):
    shown.grid.set_cell(200)
    settle(qtbot, shown)
    base = shown.grid.grid.key(0, 0)
    assert shown.state.is_base(base)
    before = shown.grid.cell_rect(base)
    bar = shown.grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.maximum() > 0
    assert shown.grid.cell_rect(base) == before
    path = shown.state.cell(base).path
    assert color_at(shown.grid.viewport(), before.center()) == _color_of(path)


def _color_of(path):
    from PIL import Image

    with Image.open(path) as image:
        return image.convert("RGB").getpixel((0, 0))


def test_what_scrolls_looks_as_if_painted_anew(qtbot, shown):
    shown.grid.set_cell(260)
    settle(qtbot, shown)
    for bar, step in (
        (shown.grid.verticalScrollBar(), 37),
        (shown.grid.horizontalScrollBar(), 53),
    ):
        for _ in range(4):
            bar.setValue(bar.value() + step)
            qtbot.wait(5)
        port = shown.grid.viewport()
        moved = QGuiApplication.primaryScreen().grabWindow(port.winId()).toImage()
        settle(qtbot, shown)
        fresh = port.grab().toImage()
        if not moved.isNull() and moved.size() == fresh.size():
            assert moved.convertToFormat(fresh.format()) == fresh


# Any axes


def test_other_axes_have_groups_of_rows_and_pages(qtbot, view, session, run):
    axes = (
        Axis(setting="steps", values=(4, 8)),
        Axis(setting="sampler", values=("euler", "ddim")),
        Axis(setting="guidance_scale", values=(2.0, 4.0)),
        Axis(setting="clip_skip", values=(1, 2)),
        Axis(setting="schedule", values=("karras", "normal")),
    )
    view.state.open(open_grid(draw(session, axes, side=8)))
    table = view.state.table
    assert [axis.name for axis in view.state.places.paged] == ["schedule"]
    assert len(table.rows) == len(table.columns) == 4
    chooser = view.bar.pages.choosers["schedule"]
    assert chooser.isVisible()
    set_language("zh_CN")
    try:
        assert view.bar.pages.findChildren(QLabel)[-1].text() == "调度"
    finally:
        set_language("en")
    view.state.shown.turn("schedule", "normal")
    key = view.grid.grid.key(3, 3)
    assert key.place[-1] == "normal"
    assert "DDIM" in view.state.name_of(view.state.find(sampler="ddim"))
    view.state.shown.turn("schedule", None)
    assert len(view.state.table.rows) == 8
    view.grid.viewport().repaint()


# Full view, the card, and what leaves the grid


def test_a_double_click_opens_the_cell_and_arrows_go_on(qtbot, shown):
    key = shown.grid.grid.key(1, 1)
    rect = shown.grid.cell_rect(key)
    qtbot.mouseDClick(shown.grid.viewport(), LEFT, pos=rect.center())
    assert shown.stage.currentWidget() is shown.full
    assert shown.state.first == key
    qtbot.keyClick(shown.full, Qt.Key.Key_Right)
    qtbot.keyClick(shown.full, Qt.Key.Key_Down)
    assert shown.grid.grid.place(shown.state.first) == (2, 2)
    picture = shown.full.picture
    expected = _color_of(shown.state.cell(shown.state.first).path)
    assert color_at(picture, picture.rect().center()) == expected
    qtbot.keyClick(shown.full, Qt.Key.Key_1)
    assert picture.scale == pytest.approx(1)
    qtbot.keyClick(shown.full, Qt.Key.Key_S)
    assert shown.full.marks["starred"].isChecked()
    qtbot.keyClick(shown.full, Qt.Key.Key_Escape)
    assert shown.stage.currentWidget() is shown.grid
    assert shown.grid.hasFocus()


def test_the_card_tells_the_whole_recipe_and_the_infotext(shown):
    image = ImageRequest(negative_prompt="blurry <b>", width=64, height=64)
    shown.state.request = shown.state.request.model_copy(update={"image": image})
    shown.tips.show(shown.state.first, QPoint(10, 10))
    path = shown.state.cell(shown.state.first).path
    assert "Steps: 25" in shown.tips._texts[path]
    words = card(shown.state, shown.state.first, shown.tips._texts[path])
    for part in (
        shown.state.first.prompt,
        "blurry &lt;b&gt;",
        "DPM++ 2M Karras",
        "64 × 64",
        "CFG scale: 4",
        "25",
    ):
        assert part in words
    assert "<br>Steps: 25" in words
    QToolTip.hideText()


def test_the_infotext_is_copied_as_the_file_has_it(qtbot, shown):
    qtbot.mouseClick(shown.recipe.copy, LEFT)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("castle\n") or text.startswith("apple\n")
    assert "Sampler: DPM++ 2M" in text


def test_a_cell_is_dragged_out_as_a_file_named_by_its_recipe(shown, session, monkeypatch):
    dropped = []
    monkeypatch.setattr("app.validation.cell_files._button_held", lambda: True)
    monkeypatch.setattr(
        "app.validation.cell_files.QDrag.exec",
        lambda self, action: dropped.append([url.toLocalFile() for url in self.mimeData().urls()]),
    )
    key = shown.grid.grid.key(1, 1)
    rect = shown.grid.cell_rect(key)
    drag(shown.grid.viewport(), rect.center(), rect.center() + QPoint(40, 0))
    ((path,),) = dropped
    assert Path(path).name == f"{shown.state.name_of(key)}, {key.prompt}.png"
    assert Path(path).read_bytes() == Path(shown.state.cell(key).path).read_bytes()


def test_enter_on_a_failed_cell_tries_again(qtbot, shown, session):
    key = shown.grid.grid.key(2, 2)
    shown.state.put(key, "", problem="Out of memory.")
    shown.state.choose(key)
    assert "Out of memory." in shown.recipe.detail.text()
    assert "Out of memory." in card(shown.state, key)
    qtbot.keyClick(shown.grid, Qt.Key.Key_Return)
    assert session.bridge.submitted[-1].request == shown.state.request


def test_a_cell_that_is_drawn_shows_how_far_it_is(qtbot, view, session, run):
    qtbot.mouseClick(view.panel.start, LEFT)
    handle = session.bridge.submitted[-1]
    key = view.grid.grid.key(1, 1)
    session.tell(
        handle,
        "grid.preview",
        id="x",
        places=[list(key.place)],
        step=5,
        total=10,
        array=np.full((8, 8, 3), (0, 180, 0), np.uint8),
    )
    rect, port = view.grid.cell_rect(key), view.grid.viewport()
    assert color_at(port, rect.center()) == (0, 180, 0)
    foot = QPoint(rect.left() + 3, rect.bottom() - 1), QPoint(rect.right() - 3, rect.bottom() - 1)
    done, left = (color_at(port, point) for point in foot)
    assert done != left
    handle.cancel()
    session.end(handle)
    assert color_at(port, rect.center()) != (0, 180, 0)


def test_thousands_of_cells_paint_only_those_in_sight(qtbot, view, session, picture):
    axes = (
        Axis(setting="seed", values=tuple(range(100))),
        Axis(setting="steps", values=tuple(range(1, 51))),
    )
    view.state.open(open_grid(draw(session, axes, paint=lambda *_: None)))
    path = picture("one", (9, 90, 190))
    for key in view.state.request.positions():
        view.state.put(key, path)
    assert len(list(view.state.finished())) == 5000
    view.grid.set_cell(98)
    settle(qtbot, view)
    view.grid.viewport().repaint()
    assert len(view.grid.painter.cells.asked) <= view.grid.painter.cells.seen < 150
    bar = view.grid.verticalScrollBar()
    qtbot.wait(200)
    view.grid.painter.cells.asked.clear()
    bar.setValue(bar.value() + 10)
    qtbot.wait(5)
    assert len(view.grid.painter.cells.asked) < 60  # two lines of cells, not the whole view
    assert replace(view.state.table, frozen=0).key(99, 49).place == (99, 50)


def test_the_zoom_is_told_although_no_cell_needs_the_whole_picture(qtbot, shown):
    shown.grid.set_cell(20)
    settle(qtbot, shown)
    path = next(shown.state.finished())[1].path
    assert shown.thumbnails.natural(path) == max(read_size(path))
    told = f"{round(100 * shown.grid.picture_scale())} %"
    assert shown.bar.zoom.text() == told
    shown.grid.painter.cells.asked.clear()  # as when only a header is painted
    shown.stage.tell_zoom()
    assert shown.bar.zoom.text() == told


def test_nothing_leaves_the_bar_that_has_room(shown):
    bar = shown.bar
    bar.resize(bar._needed(dict.fromkeys(_controls(bar), True)), bar.height())
    bar.refresh()
    assert not any(one.isHidden() for one in _controls(bar))
    bar.resize(bar.width() - 1, bar.height())
    bar.refresh()
    assert [one for one in _controls(bar) if one.isHidden()] == [bar.sort_label]
    bar.resize(bar.width() - bar.sort_label.sizeHint().width() - 9, bar.height())
    bar.refresh()
    assert [one for one in _controls(bar) if one.isHidden()] == [bar.sort_label, bar.zoom]


def test_what_has_no_room_in_the_bar_is_in_its_menu(qtbot, shown):
    bar, asked = shown.bar, []
    bar.export.clicked.connect(lambda: asked.append("export"))
    bar.setFixedWidth(1600)
    qtbot.waitUntil(lambda: bar.width() == 1600)
    bar.refresh()
    assert bar.more.isHidden()
    bar.setFixedWidth(300)
    qtbot.waitUntil(lambda: bar.width() == 300)
    bar.refresh()
    assert bar.export.isHidden()
    assert bar.sort.isHidden()
    qtbot.mouseClick(bar.more, LEFT)
    menu = QApplication.activePopupWidget()
    entries = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert {"Zoom in", "Zoom out", "Fit the grid", "Least copying"} <= entries.keys()
    entries["Least copying"].trigger()
    assert shown.state.shown.sort == "copying"
    entries["Export grid…"].trigger()
    menu.close()
    assert asked == ["export"]


def test_what_has_no_room_beside_a_recipe_is_in_its_menu(qtbot, shown):
    recipe, first = shown.recipe, shown.state.first
    shown.state.set_evidence(first, 0.83, "/pictures/bucket.png")
    recipe.setFixedWidth(480)
    qtbot.waitUntil(lambda: recipe.width() == 480)
    recipe.refresh()
    assert recipe.detail.text().startswith("Copying 0.83  ·  bucket")
    qtbot.mouseClick(recipe.more, LEFT)
    menu = QApplication.activePopupWidget()
    entries = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert {"Star", "Reject", "Pin", "Open in Canvas", "Copy infotext"} <= entries.keys()
    entries["Star"].trigger()
    menu.close()
    assert shown.state.has_mark("starred", first)
    recipe.setFixedWidth(1400)
    qtbot.waitUntil(lambda: recipe.width() == 1400)
    recipe.refresh()
    assert recipe.more.isHidden()


def _controls(bar):
    return (
        bar.mode, bar.earlier, bar.pages, bar.sort_label, bar.sort, bar.filter, bar.detail,
        bar.smaller, bar.zoom, bar.larger, bar.whole, bar.export,
    )  # fmt: skip


def tabbed(view, start, end):
    """What Tab reaches from ``start`` to ``end``."""
    found, here = [start], start.nextInFocusChain()
    while here is not start:
        if here.focusPolicy() & Qt.FocusPolicy.TabFocus and here.isVisibleTo(view):
            found.append(here)
        if here is end:
            return found
        here = here.nextInFocusChain()
    raise AssertionError("not reached")


def test_tab_goes_down_the_left_column_and_along_the_bar(qtbot, shown):
    shown.panel.axes.add_axis("steps")
    shown.setup.prompts.add(["golden harp"])
    panel = shown.panel
    qtbot.waitUntil(panel.prompts.lines["golden harp"].check.isVisible)
    column = tabbed(shown, panel.source, panel.start)
    wanted = [panel.model, *(block.field for block in panel.axes.blocks.values()), panel.axes.add]
    wanted += [panel.prompts.header, next(iter(panel.prompts.lines.values())).check]
    wanted += [panel.image.header, panel.base_row, panel.starred, panel.start]
    assert [one for one in column if one in wanted] == wanted
    shown.state.open(open_grid(draw(shown.session, shown.state.request.axes, "more")))
    shown.state.shown.hide_column(shown.state.table.columns[0])
    bar = shown.bar
    qtbot.waitUntil(shown.shown_line.chips[0].isVisible)
    along = tabbed(shown, bar.mode, shown.shown_line.all)
    wanted = [bar.mode, *bar.pages.choosers.values(), bar.sort, bar.filter, bar.export]
    assert [one for one in along if one in wanted] == wanted
    assert shown.shown_line.chips[0] in along


def test_a_cell_in_full_view_has_its_marks_once(qtbot, shown):
    marks = shown.recipe.marks["starred"]
    assert marks.isVisible()
    qtbot.keyClick(shown.grid, Qt.Key.Key_Return)
    assert shown.full.marks["starred"].isVisible()
    assert not marks.isVisible()
    qtbot.keyClick(shown.full, Qt.Key.Key_Escape)
    assert marks.isVisible()


def test_comparing_is_not_offered_while_it_is_on_the_stage(qtbot, shown):
    shown.state.choose(shown.grid.grid.key(0, 0))
    shown.state.compare_with(shown.grid.grid.key(1, 1))
    assert not shown.recipe.compare.isHidden()
    qtbot.mouseClick(shown.recipe.compare, LEFT)
    assert shown.bar.comparing
    assert shown.recipe.compare.isHidden()
    press_mode(qtbot, shown, "grid")
    assert not shown.recipe.compare.isHidden()


def test_painting_is_offered_once_there_is_something_to_paint_with(view, session, run):
    assert not view.recipe.canvas.isVisible()
    view.state.open(open_grid(draw(session, axes_of(run))))
    view.state.choose(view.grid.grid.key(1, 1))
    assert view.recipe.canvas.isVisible()
    # Nothing is measured, so there is no checkpoint that the foot could paint with.
    assert view.right.deeds.canvas.isHidden()
