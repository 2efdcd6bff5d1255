"""Candidates are painted with: by the mouse on the real surface, keys, strip and panel."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor

from app.canvas.candidate_keys import NumberKeys
from app.canvas.layer_words import origin
from app.canvas.view import View
from app.theme import color
from engine.canvas.layer import Group
from tests.app.canvas.test_painting import drag

LEFT = Qt.MouseButton.LeftButton
RED, GREEN, BLUE, WHITE = (250, 10, 10), (10, 200, 10), (10, 10, 250), (255, 255, 255)


def come_in(session, handle, index, tint, rect=(40, 30, 120, 100)):
    x, y, width, height = rect
    session.tell(
        handle,
        "candidate.done",
        index=index,
        seed=7 + index,
        array=np.full((height, width, 4), (*tint, 255), np.uint8),
        x=x,
        y=y,
        recipe={"image": {"prompt": "castle", "seed": 7 + index}},
    )


@pytest.fixture
def three(qtbot, view, state, session):
    """A red, a green and a blue candidate over the middle of the white canvas."""
    state.select(QRect(40, 30, 120, 100))
    view.repainting.change(prompt="castle", count=3, seed=7)
    qtbot.mouseClick(view.panel.start, LEFT)
    handle = session.bridge.submitted[-1]
    for index, tint in enumerate((RED, GREEN, BLUE)):
        come_in(session, handle, index, tint)
    session.end(handle)
    state.select(None)
    state.set_brush(size=30, hardness=1.0, spacing=0.1)
    return state


@pytest.fixture
def collage(qtbot, view, three):
    """The collage, begun with its button."""
    qtbot.mouseClick(view.strip.collage, LEFT)
    assert three.collage.active
    three.collage.set_masks("off")
    return three.collage


def seen(view, x, y):
    spot = view.surface.view.to_screen(QPointF(x + 0.5, y + 0.5)).toPoint()
    return view.surface.grab().toImage().pixelColor(spot).getRgb()[:3]


def key(qtbot, view, which):
    qtbot.keyClick(view.surface, which)


def paint(qtbot, view, at, to=None):
    drag(qtbot, view.surface, at, to or at)


def test_the_brush_paints_candidates_chosen_by_click_and_by_number(qtbot, view, state, collage):
    cards = view.strip.cards
    qtbot.mouseClick(cards.viewport(), LEFT, pos=cards.card_rect(1).center())
    assert seen(view, 60, 60) == WHITE  # nothing lies over the picture
    paint(qtbot, view, (60, 60))
    assert seen(view, 60, 60) == GREEN
    key(qtbot, view, Qt.Key.Key_3)
    paint(qtbot, view, (100, 60))
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (140, 60))
    assert [seen(view, x, 60) for x in (60, 100, 140)] == [GREEN, BLUE, RED]
    assert seen(view, 60, 110) == WHITE
    group = state.document.root.children[-1]
    assert isinstance(group, Group)
    assert [layer.name for layer in group.children] == ["Candidate 2", "Candidate 3", "Candidate 1"]
    assert all(layer.mask is not None and layer.recipe for layer in group.children)


def test_each_stroke_is_one_step_and_names_itself(qtbot, view, state, collage):
    steps = len(state.document.history.steps)
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    paint(qtbot, view, (70, 60))
    key(qtbot, view, Qt.Key.Key_2)
    paint(qtbot, view, (60, 60))
    names = [step.what for step in state.document.history.steps[steps:]]
    assert names == ["Paint in candidate"] * 3
    state.undo()
    assert seen(view, 60, 60) == RED
    state.undo()
    state.undo()
    assert seen(view, 60, 60) == WHITE
    assert len(state.document.root.children) == 1
    state.redo()
    assert seen(view, 60, 60) == RED


def test_x_and_the_eraser_take_out_to_what_was_below(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    key(qtbot, view, Qt.Key.Key_2)
    paint(qtbot, view, (60, 60))
    assert seen(view, 60, 60) == GREEN
    key(qtbot, view, Qt.Key.Key_X)
    assert collage.taking_out
    assert view.options.options.painting.ways.value is True
    paint(qtbot, view, (60, 60))
    assert seen(view, 60, 60) == RED
    key(qtbot, view, Qt.Key.Key_X)
    key(qtbot, view, Qt.Key.Key_E)
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    assert seen(view, 60, 60) == WHITE
    assert [step.what for step in state.document.history.steps][-1] == "Take out candidate"


def test_patterns_mark_where_each_candidate_is_and_m_hides_them(qtbot, view, state, collage):
    collage.set_masks("pattern")
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60), (90, 60))

    def shades(x, y, side=12):
        picture = view.surface.grab().toImage()
        at = view.surface.view.to_screen(QPointF(x, y)).toPoint()
        area = [(at.x() + i, at.y() + j) for i in range(side) for j in range(side)]
        return {picture.pixelColor(*spot).getRgb()[:3] for spot in area}

    assert len(shades(56, 54)) > 3
    qtbot.keyPress(view.surface, Qt.Key.Key_M)
    assert shades(56, 54) == {RED}
    view.surface.tap.stop()  # it was held for long
    qtbot.keyRelease(view.surface, Qt.Key.Key_M)
    assert len(shades(56, 54)) > 3
    assert shades(60, 100) == {WHITE}
    row = view.collage_panel
    qtbot.mouseClick(row.masks, LEFT, pos=row.masks.rect().center())
    assert collage.masks == "outline"
    assert shades(56, 54) == {RED}
    edge = shades(60, 38)
    assert len(edge) > 2  # the outline is light on dark over both colors
    assert state.tool == "brush"  # M does not take the selection tool here


def test_a_tap_of_b_takes_the_brush_again(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    key(qtbot, view, Qt.Key.Key_E)
    assert state.tool == "eraser"
    key(qtbot, view, Qt.Key.Key_B)
    assert state.tool == "brush"
    key(qtbot, view, Qt.Key.Key_E)
    qtbot.keyPress(view.surface, Qt.Key.Key_B)
    view.surface.tap.stop()  # it was held for long
    qtbot.keyRelease(view.surface, Qt.Key.Key_B)
    assert state.tool == "eraser"


def test_b_shows_the_picture_without_the_collage(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    qtbot.keyPress(view.surface, Qt.Key.Key_B)
    assert seen(view, 60, 60) == WHITE
    qtbot.keyRelease(view.surface, Qt.Key.Key_B)
    assert seen(view, 60, 60) == RED


def test_the_panel_lists_parts_with_their_opacity_and_chooses_them(qtbot, view, state, collage):
    assert view.collage_panel.isVisible()
    assert not view.panel.isVisible()
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    key(qtbot, view, Qt.Key.Key_2)
    paint(qtbot, view, (100, 60))
    rows = view.collage_panel.rows
    assert [row.part.layer.name for row in rows] == ["Candidate 2", "Candidate 1"]
    assert len({row.part.pattern for row in rows}) == 2
    qtbot.mouseClick(rows[1], LEFT, pos=rows[1].rect().center() - QPointF(60, 0).toPoint())
    assert state.shown_number() == 1
    picture = rows[1].grab().toImage()
    assert picture.pixelColor(picture.width() // 2, 3) == color("acc_wash")
    rows[1].opacity.track.moved.emit(50.0)
    red, green, blue = seen(view, 60, 60)
    assert (abs(red - 252), abs(green - 132), abs(blue - 132)) < (3, 3, 3)
    assert state.document.history.can_undo == "Layer opacity"


def test_clearing_the_mask_takes_the_chosen_candidate_out(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60), (120, 60))
    assert view.strip.discard.text() == "Clear mask"
    qtbot.mouseClick(view.strip.discard, LEFT)
    assert seen(view, 60, 60) == WHITE
    assert len(state.candidates.items) == 3
    state.undo()
    assert seen(view, 60, 60) == RED


def test_enter_makes_one_layer_with_all_recipes(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60), (120, 60))
    key(qtbot, view, Qt.Key.Key_2)
    paint(qtbot, view, (60, 60))
    before = state.document.composite()
    key(qtbot, view, Qt.Key.Key_Return)
    assert not collage.active
    assert view.panel.isVisible()
    assert np.abs(state.document.composite().astype(int) - before).max() <= 1
    assert [node.name for node in state.document.root.children] == ["Background", "castle"]
    recipes = state.layer.recipe["collage"]
    assert [recipe["image"]["seed"] for recipe in recipes] == [7, 8]
    assert origin(state.layer) == "collage of 2 candidates"
    assert [item.accepted for item in state.candidates.items] == [True, True, False]
    state.undo()
    assert isinstance(state.document.root.children[-1], Group)
    assert not any(item.accepted for item in state.candidates.items)


def test_escape_leaves_the_group_and_the_button_goes_on_with_it(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    key(qtbot, view, Qt.Key.Key_Escape)
    assert not collage.active
    assert isinstance(state.document.root.children[-1], Group)
    state.set_active(state.document.layers[0].id)
    key(qtbot, view, Qt.Key.Key_C)
    assert collage.active
    key(qtbot, view, Qt.Key.Key_2)
    paint(qtbot, view, (100, 60))
    assert len(state.document.root.children) == 2
    assert len(state.document.root.children[-1].children) == 2


def test_other_candidates_make_a_collage_of_their_own(qtbot, view, state, session, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    key(qtbot, view, Qt.Key.Key_Return)
    qtbot.mouseClick(view.strip.collage, LEFT)
    key(qtbot, view, Qt.Key.Key_3)
    paint(qtbot, view, (100, 60))
    assert len(state.document.root.children) == 3


def test_candidates_of_several_requests_and_frames_go_into_one_collage(
    qtbot, view, state, session, three
):
    state.select(QRect(0, 0, 60, 60))
    qtbot.mouseClick(view.panel.start, LEFT)
    come_in(session, session.bridge.submitted[-1], 0, BLUE, (0, 0, 60, 60))
    state.select(None)
    key(qtbot, view, Qt.Key.Key_C)
    state.collage.set_masks("off")
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (50, 45))
    key(qtbot, view, Qt.Key.Key_4)
    paint(qtbot, view, (40, 20), (70, 20))
    whole = state.document.composite()
    assert tuple(whole[20, 30, :3]) == BLUE
    assert tuple(whole[20, 70, :3]) == WHITE  # it has no pixels there
    assert tuple(whole[50, 50, :3]) == RED
    assert view.strip.isVisible()


def test_a_collage_goes_on_after_the_window_was_killed(qapp, qtbot, view, state, session, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    key(qtbot, view, Qt.Key.Key_2)
    paint(qtbot, view, (100, 60))
    session.start(view.keeper.write_safety_copy())  # as its timer does; nothing is closed
    later = View(session)
    qtbot.addWidget(later)
    later.resize(1500, 900)
    later.show()
    session.start(later.keeper.open_latest())
    qapp.processEvents()
    qtbot.mouseClick(later.strip.collage, LEFT)
    again = later.state.collage
    again.set_masks("off")
    assert [part.candidate.number for part in again.parts] == [2, 1]
    later.surface.actual_size()
    assert seen(later, 60, 60) == RED
    key(qtbot, later, Qt.Key.Key_1)
    paint(qtbot, later, (100, 60))
    assert seen(later, 100, 60) == RED
    assert len(later.state.document.root.children[-1].children) == 2


def test_a_group_goes_on_without_its_candidates(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    key(qtbot, view, Qt.Key.Key_Escape)
    state.candidates.clear()
    assert not view.strip.isVisible()
    layer = state.document.root.children[-1].children[0]
    state.set_active(layer.id)
    key(qtbot, view, Qt.Key.Key_C)
    assert collage.active
    paint(qtbot, view, (100, 60))
    assert seen(view, 100, 60) == RED


def test_softening_keeps_the_joins_closed_and_is_one_step(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60), (100, 60))
    qtbot.mouseClick(view.collage_panel.soften, LEFT)
    soft = state.document.composite()[:, 80].astype(int)
    assert np.abs(np.diff(soft[30:60, 1])).max() < 60
    assert state.document.history.can_undo == "Soften the joins"


def test_matching_gives_a_candidate_the_colors_around_its_mask(qtbot, view, state, session, three):
    state.set_rules(native_size=64)
    noise = np.random.default_rng(2).integers(-30, 30, (160, 200, 1))
    below = np.clip(np.array((150, 120, 90)) + noise, 0, 255).astype(np.uint8)
    state.add_layer("Wood", np.dstack([below, np.full((160, 200), 255, np.uint8)]))
    item = state.candidates.items[0]
    item.pixels = item.pixels.copy()
    item.pixels[..., :3] = np.clip(below[30:130, 40:160] + np.array((25, 10, -15)), 0, 255)
    key(qtbot, view, Qt.Key.Key_C)
    state.set_brush(size=40, hardness=0.2)
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (80, 80), (120, 80))
    layer = state.layer
    before = layer.pixels(layer.bounds)[..., :3].mean((0, 1))
    qtbot.mouseClick(view.collage_panel.match, LEFT)
    after = state.layer.pixels(state.layer.bounds)[..., :3].mean((0, 1))
    target = below.mean((0, 1))
    assert np.abs(after - target).max() < 0.6 * np.abs(before - target).max()
    assert state.document.history.can_undo == "Match color"


def test_the_seams_are_selected_and_painted_again(qtbot, view, state, session, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60), (120, 60))
    asked = len(session.bridge.submitted)
    qtbot.mouseClick(view.collage_panel.seams, LEFT)
    assert not collage.active
    assert state.covers(QPointF(80, 45).toPoint())
    assert not state.covers(QPointF(80, 60).toPoint())
    request = session.bridge.submitted[asked].request
    assert request.image.strength == 0.25
    assert request.mask is not None


def test_without_a_chosen_candidate_it_is_said_what_to_do(qtbot, view, state, session, collage):
    state.candidates.hide()
    paint(qtbot, view, (60, 60))
    assert "No candidate is chosen." in str(session.errors[-1])
    assert seen(view, 60, 60) == WHITE


def test_the_cards_show_the_patterns(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    cards = view.strip.cards

    def corner(index):
        rect = cards.card_rect(index)
        picture = cards.viewport().grab().toImage()
        spots = [(rect.right() - 20 + i, rect.top() + 6 + j) for i in range(14) for j in range(14)]
        return {picture.pixelColor(*spot).name() for spot in spots}

    before = corner(0)
    paint(qtbot, view, (60, 60))
    assert corner(0) != before
    assert len(corner(1)) < len(corner(0))


def test_painting_colors_is_as_before_when_the_collage_is_left(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_Escape)
    state.set_color(QColor(1, 2, 3))
    paint(qtbot, view, (60, 60))
    assert seen(view, 60, 60) == (1, 2, 3)
    key(qtbot, view, Qt.Key.Key_X)
    assert state.color == QColor(255, 255, 255)


def test_numbers_of_two_digits_are_typed_one_after_the_other(qtbot, view, state, session, three):
    state.select(QRect(40, 30, 120, 100))
    for _ in range(3):
        qtbot.mouseClick(view.panel.start, LEFT)
        for index, tint in enumerate((RED, GREEN, BLUE)):
            come_in(session, session.bridge.submitted[-1], index, tint)
    key(qtbot, view, Qt.Key.Key_C)
    state.findChild(NumberKeys).pair.setInterval(60_000)  # however slow the computer is
    key(qtbot, view, Qt.Key.Key_1)
    assert state.shown_number() == 1
    key(qtbot, view, Qt.Key.Key_2)
    assert state.shown_number() == 12
    key(qtbot, view, Qt.Key.Key_0)  # no candidate has the number 120
    assert state.shown_number() == 10


def test_a_part_that_was_dragged_out_is_left_alone(qtbot, view, state, collage):
    key(qtbot, view, Qt.Key.Key_1)
    paint(qtbot, view, (60, 60))
    out = state.layer.id
    state.place_nodes([out], 0, "")
    paint(qtbot, view, (100, 60))
    layers = [layer.id for layer in collage.layers]
    assert len(layers) == 1
    assert out not in layers
    assert next(node.id for node in state.document.root.children) == out
