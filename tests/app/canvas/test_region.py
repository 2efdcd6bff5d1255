"""The region: its frame at rest, its bar, the canvas that grows, and filling without a model."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from app.canvas.region_tool import snapped
from engine.canvas import cutting, mask_text, selection
from engine.canvas.rect import Rect
from engine.imaging.decode import load_rgba
from engine.runtime.errors import OutOfMemoryError, StorageError
from tests.app.canvas.test_painting import LEFT, composite, drag

CANVAS = ([0, 200], [0, 160])


def told(session, job, index=0, *, x=60, y=50, size=(40, 40), color=(250, 10, 10)):
    """A candidate of ``job`` comes in, opaque all over."""
    pixels = np.full((size[1], size[0], 4), (*color, 255), np.uint8)
    values = {"index": index, "seed": 7 + index, "array": pixels, "x": x, "y": y}
    recipe = {"image": {}, "place": [x, y]}
    session.tell(job, "candidate.done", recipe=recipe, infotext="", path="", **values)
    return pixels


def choose(choice, value):
    """Click an entry of a list."""
    choice.set_value(value)
    choice.activated.emit(choice.currentIndex())


@pytest.fixture
def bar(view, state):
    """The option bar of the region tool."""
    state.set_tool("region")
    return view.options.options.region.fields


# The frame at rest


@pytest.mark.parametrize(
    ("frame", "sides", "wanted"),
    [
        (QRect(40, 40, 61, 47), "se", QRect(40, 40, 64, 48)),
        (QRect(43, 40, 57, 40), "w", QRect(44, 40, 56, 40)),
        (QRect(100, 40, 97, 40), "e", QRect(100, 40, 100, 40)),
        (QRect(100, 40, 160, 40), "e", QRect(100, 40, 160, 40)),
        (QRect(-4, 3, 40, 40), "all", QRect(0, 0, 40, 40)),
        (QRect(30, 30, 41, 41), "all", QRect(30, 30, 41, 41)),
        (QRect(40, -3, 16, 43), "n", QRect(40, 0, 16, 40)),
    ],
)
def test_sides_come_to_rest_on_the_border_or_in_steps_of_eight(frame, sides, wanted):
    assert snapped(frame, sides, CANVAS, 6) == wanted


def test_a_frame_that_is_drawn_rests_too_and_alt_lets_it_be(qtbot, view, state):
    state.set_tool("region")
    state.set_region(None)
    drag(qtbot, view.surface, (43, 31), (104, 90))
    assert state.region == QRect(43, 31, 64, 56)


def test_a_handle_dragged_over_the_border_extends_the_canvas(qtbot, view, state):
    state.set_tool("region")
    state.set_region(QRect(100, 40, 80, 80))
    drag(qtbot, view.surface, (180, 80), (237, 80))
    assert state.region == QRect(100, 40, 136, 80)
    assert state.extends
    assert state.grown_size.width() == 236
    assert view.options.options.region.fields.mode.value == "extend"
    drag(qtbot, view.surface, (236, 80), (203, 80))
    assert state.region == QRect(100, 40, 100, 80)
    assert not state.extends


def test_what_lies_beyond_the_canvas_is_hatched_and_the_label_says_how_large_it_becomes(
    view, state
):
    state.set_tool("hand")
    state.set_region(QRect(100, 40, 136, 80))
    box = view.surface.view.rect_to_screen(QRect(202, 50, 30, 60)).toRect()
    seen = view.surface.grab().toImage()
    column = {seen.pixelColor(box.center().x(), y).name() for y in range(box.top(), box.bottom())}
    assert len(column) > 1
    labels = view.surface._scene._growth()
    assert [text for text, _ in labels] == ["canvas becomes", "236×160"]
    state.set_region(QRect(100, 40, 80, 80))
    assert view.surface._scene._growth() == []


# The bar


def test_the_bar_changes_what_is_asked_and_what_is_shown(qtbot, view, state, session, bar):
    state.select(QRect(80, 60, 40, 40))
    automatic, reach = state.region_frame(), state.feather_reach()
    choose(bar.surroundings, "whole")
    assert state.region_frame() == QRect(0, 0, 200, 160)
    choose(bar.surroundings, "tight")
    assert state.region_frame() != automatic
    assert automatic.contains(state.region_frame())
    bar.grow.field.changed.emit(12)
    bar.feather.field.changed.emit(6)
    assert state.feather_reach() == 15 != reach
    choose(bar.fill, "neutral")
    QTest.mouseClick(view.panel.start, LEFT)
    request = session.bridge.submitted[-1].request
    assert (request.grow, request.feather, request.fill) == (12, 6, "neutral")
    assert request.frame == (80 - 17, 60 - 17, 80, 80) or request.frame[2] % 8 == 0
    assert Rect(*request.frame) == Rect(*state.region_frame().getRect())


def test_automatic_distances_are_shown_and_come_back(qtbot, view, state, bar):
    state.select(QRect(80, 60, 40, 40))
    shown = bar.grow.field.value, bar.feather.field.value
    distances = state.distances()
    assert shown[1] == distances.reach - distances.start
    view.repainting.change(grow=20)
    assert bar.grow.field.value == 20
    qtbot.mouseClick(bar.grow.automatic, LEFT)
    assert view.repainting.settings.grow is None
    assert (bar.grow.field.value, bar.feather.field.value) == shown


def test_the_settings_of_the_region_stay_with_the_canvas(view, state, session):
    view.repainting.change(grow=9, feather=0, fill="blur", surroundings="whole", match_color=0.3)
    view.repainting.choose_mode("remove")
    kept = view.repainting.settings
    session.start(view.keeper.save())
    view.repainting.change(grow=None, feather=None, fill="auto")
    session.start(view.keeper.open(state.path))
    assert view.repainting.settings == kept
    assert state.rules.surroundings == "whole"


def test_a_dragged_frame_is_one_of_the_surroundings(view, state, bar):
    state.select(QRect(80, 60, 40, 40))
    assert bar.surroundings.value == "auto"
    state.set_region(QRect(60, 40, 96, 96))
    assert bar.surroundings.value == "own"
    choose(bar.surroundings, "auto")
    assert state.region is None
    assert "own" not in [value for value, _ in bar.surroundings.options]


def test_the_popup_has_what_the_bar_has_no_room_for(qtbot, view, state, bar):
    state.select(QRect(80, 60, 40, 40))
    region = view.options.options.region
    qtbot.mouseClick(region.more, LEFT)
    region.popup.match.changed.emit(0.2)
    choose(region.popup.fields.fill, "border")
    assert view.repainting.settings.match_color == 0.2
    assert bar.fill.value == "border"
    region.popup.close()
    state.select(QRect(10, 10, 20, 20))  # nothing is left that follows


# Taking an object away


def test_taking_an_object_away_needs_no_prompt_and_has_a_strength_of_its_own(
    qtbot, view, state, session, bar
):
    state.select(QRect(80, 60, 40, 40))
    view.repainting.change(prompt="castle", negative="text")
    before = view.repainting.settings.strength
    choose(bar.mode, "remove")
    settings = view.repainting.settings
    assert not view.panel.prompt.isEnabled()
    assert settings.strength < before
    qtbot.mouseClick(view.panel.start, LEFT)
    request = session.bridge.submitted[-1].request
    assert (request.image.prompt, request.fill) == ("", "patch")
    assert request.image.negative_prompt == "text"
    choose(bar.mode, "repaint")
    assert view.repainting.settings.strength == before
    assert view.repainting.settings.fill_mode == "auto"
    assert view.panel.prompt.isEnabled()


def test_filling_from_the_surroundings_asks_no_model_and_is_one_step(view, state, session):
    document = state.document
    x = np.mgrid[0:160, 0:200][1]
    stripes = np.where(((x // 10) % 2)[..., None] > 0, (200, 120, 40, 255), (40, 80, 160, 255))
    document.set_pixels(state.active, document.bounds, stripes.astype(np.uint8), "Paint")
    red = np.full((30, 30, 4), (255, 0, 0, 255), np.uint8)
    state.add_layer("Object", red, QPoint(90, 60))
    state.select(QRect(88, 58, 34, 34))
    before, steps = composite(state), document.history.position
    view.filling.start()
    after = composite(state)
    inside = after[60:90, 90:120, :3].astype(int)
    assert np.abs(inside - stripes[60:90, 90:120, :3]).mean() < 12
    assert not session.bridge.submitted
    assert state.layer.name == "Filled from surroundings"
    assert document.history.position == steps + 1
    state.undo()
    assert (composite(state) == before).all()
    state.select(None)
    view.filling.start()
    assert "Nothing is selected." in str(session.errors[-1])


# The canvas that grows


def test_extending_is_offered_with_a_frame_over_the_border(qtbot, view, state, session, bar):
    choose(bar.mode, "extend")
    assert state.extends
    assert view.repainting.settings.strength == 1.0
    frame = view.surface.view.rect_to_screen(state.region)
    assert QRect(QPoint(0, 0), view.surface.size()).contains(frame.toRect())
    qtbot.mouseClick(view.panel.start, LEFT)
    request = session.bridge.submitted[-1].request
    assert request.rect is None
    assert request.document == (200, 160)
    assert Rect(*request.frame).right > 200
    part = load_rgba(Path(request.picture))
    assert request.origin[0] + part.shape[1] == 200
    choose(bar.mode, "repaint")
    assert state.region is None


def test_an_accepted_extension_lets_the_canvas_grow_in_one_step(qtbot, view, state, session):
    state.set_color(QColor(20, 60, 90))
    state.fill_selection()
    view.repainting.change(count=2)
    before, steps = composite(state), state.document.history.position
    state.set_region(QRect(-40, -16, 120, 96))
    qtbot.mouseClick(view.panel.start, LEFT)
    job = session.bridge.submitted[-1]
    corner = view.surface.view.to_screen(QPointF(0, 0))
    told(session, job, x=-40, y=-16, size=(60, 40))
    view.surface.view.put_at(corner)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    assert state.document.size == (240, 176)
    assert state.document.history.position == steps + 1
    assert state.size.width() == 240
    assert view.foot.size_label.text() == "240×176"
    after = composite(state)
    assert (after[:40, :60] == (250, 10, 10, 255)).all()
    assert (after[40:, 60:] == before[24:, 20:]).all()
    assert view.surface.view.to_screen(QPointF(40, 16)) == corner
    assert state.region is None
    seen = view.surface.grab().toImage()
    spot = view.surface.view.to_screen(QPointF(5, 5)).toPoint()
    assert seen.pixelColor(spot).getRgb()[:3] == (250, 10, 10)
    # What comes in later was asked for of the smaller canvas.
    told(session, job, 1, x=-40, y=-16, size=(60, 40), color=(10, 250, 10))
    assert state.candidates.items[1].rect == QRect(0, 0, 60, 40)
    state.undo()
    assert state.document.size == (200, 160)
    assert (composite(state) == before).all()
    assert state.candidates.items[1].rect == QRect(-40, -16, 60, 40)
    state.redo()
    assert state.document.size == (240, 176)
    assert (composite(state) == after).all()


def test_more_candidates_of_an_extension_fit_to_the_canvas_that_has_grown(
    qtbot, view, state, session
):
    view.repainting.change(count=1)
    state.set_region(QRect(-40, 0, 120, 96))
    qtbot.mouseClick(view.panel.start, LEFT)
    job = session.bridge.submitted[-1]
    told(session, job, x=-40, y=0, size=(50, 96))
    session.end(job)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    state.set_color(QColor(1, 2, 3))
    state.fill_selection()
    view.repainting.more(state.candidates.items[0].batch)
    request = session.bridge.submitted[-1].request
    assert request.document == (200, 160)
    assert request.frame == (-40, 0, 120, 96)
    assert request.origin == (0, 0)
    seen = state.document.composite(Rect(40, 0, 80, 96))
    assert (load_rgba(Path(request.picture)) == seen).all()
    told(session, session.bridge.submitted[-1], x=-40, y=0, size=(50, 96))
    assert state.candidates.items[-1].rect.topLeft() == QPoint(0, 0)


def test_no_frame_lets_the_canvas_grow_beyond_what_it_can_be(view, state):
    state.set_region(QRect(-20000, 0, 30000, 100))
    assert state.grown_size.width() <= 16384


# What is handed over, and what goes wrong


def test_only_what_the_frame_shows_is_written(qtbot, view, state, session, monkeypatch):
    asked = []
    whole = type(state.document).composite

    def watched(document, rect=None, *rest):
        asked.append(rect)
        return whole(document, rect, *rest)

    state.join(selection.ellipse((200, 160), Rect(90, 60, 20, 20)), "replace")
    frame = Rect(*state.region_frame().getRect())
    monkeypatch.setattr(cutting, "_write", _writes_with(watched))
    qtbot.mouseClick(view.panel.start, LEFT)
    request = session.bridge.submitted[-1].request
    assert asked == [frame]
    assert frame.width * frame.height < 200 * 160 / 4
    assert mask_text.from_text(request.mask).shape == (frame.height, frame.width)
    assert request.rect == (90, 60, 20, 20)


def _writes_with(composite_of):
    write = cutting._write

    def writing(document, part, picture):
        composite_of(document, part)
        return write(document, part, picture)

    return writing


def test_a_full_disk_is_told_and_leaves_nothing_under_way(qtbot, view, state, session, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    state.select(QRect(80, 60, 40, 40))
    qtbot.mouseClick(view.panel.start, LEFT)
    assert isinstance(session.errors[-1], StorageError)
    assert not session.bridge.submitted
    assert not view.repainting.running
    assert not state.candidates.items
    monkeypatch.undo()
    qtbot.mouseClick(view.panel.start, LEFT)
    assert len(session.bridge.submitted) == 1


def test_out_of_memory_keeps_the_candidates_that_are_ready(qtbot, view, state, session):
    state.select(QRect(80, 60, 40, 40))
    view.repainting.change(count=3)
    qtbot.mouseClick(view.panel.start, LEFT)
    job = session.bridge.submitted[-1]
    told(session, job)
    job.set_exception(OutOfMemoryError("Out of memory.", remedy="Close other programs."))
    session.job_finished.emit(job)
    assert [item.state for item in state.candidates.items] == ["ready", "failed", "failed"]
    assert "Out of memory." in state.candidates.items[1].problem
    assert view.panel.start.isEnabled()


@pytest.mark.parametrize("rect", [QRect(199, 159, 1, 1), QRect(0, 0, 200, 160)])
def test_one_pixel_and_everything_can_be_repainted(qtbot, view, state, session, rect):
    state.select(rect)
    qtbot.mouseClick(view.panel.start, LEFT)
    request = session.bridge.submitted[-1].request
    area = cutting.area_of(request, 128)
    assert area.mask[area.mask > 0].size == rect.width() * rect.height()


def test_a_selection_beside_the_canvas_selects_nothing(view, state):
    state.select(QRect(500, 500, 40, 40))
    assert state.selection is None
    assert not view.panel.start.isEnabled()


def test_a_card_shows_the_frame_with_what_lies_beyond_the_canvas(view, state):
    state.set_color(QColor(20, 60, 90))
    state.fill_selection()
    card = state.picture.small(QRect(100, 0, 200, 160), 80)
    assert card.width() == 100
    assert card.pixelColor(20, 40).getRgb() == (20, 60, 90, 255)
    assert card.pixelColor(80, 40).alpha() == 0


def test_again_from_an_accepted_extension_frames_the_same_place(qtbot, view, state, session):
    state.set_region(QRect(-40, 0, 120, 96))
    view.repainting.change(count=1, fill="neutral", feather=4)
    qtbot.mouseClick(view.panel.start, LEFT)
    job = session.bridge.submitted[-1]
    pixels = np.full((96, 50, 4), 200, np.uint8)
    recipe = {**job.request.model_dump(mode="json"), "place": [-40, 0]}
    values = {"index": 0, "seed": 7, "array": pixels, "x": -40, "y": 0}
    session.tell(job, "candidate.done", recipe=recipe, infotext="", path="", **values)
    session.end(job)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    view.repainting.change(fill="auto", feather=None)
    view.again.from_layer()
    assert state.region == QRect(0, 0, 120, 96)
    assert state.selection is None
    assert (view.repainting.settings.fill, view.repainting.settings.feather) == ("neutral", 4)
