"""A layer knows how it was made, and is made again at its place; several checkpoints at once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt

from app.canvas import repaint
from app.canvas.candidate_words import about, tip, told
from app.canvas.repaint_settings import RepaintSettings
from app.models.at_hand import LoraChoice, ModelsAtHand
from app.theme import color
from engine.canvas import mask_text, selection
from engine.canvas.rect import Rect
from engine.project.project import Project
from engine.runtime.errors import ModelFileError
from tests.app.canvas.test_layer_tree import row
from tests.app.canvas.test_layout import tongue

__all__ = ["tongue"]

LEFT = Qt.MouseButton.LeftButton
EPOCHS = tuple(
    LoraChoice(f"/runs/icons/checkpoints/icons-{epoch:06}.safetensors", "icons", epoch)
    for epoch in (24, 16, 8)
)
PATHS = {choice.epoch: choice.path for choice in EPOCHS}


@pytest.fixture
def run(view, session, monkeypatch):
    """A run of three checkpoints is at hand, and the last one is painted with."""
    monkeypatch.setattr(repaint, "read_models", lambda *_: ModelsAtHand((), EPOCHS))
    view.repainting.add_lora(PATHS[24], 0.8)
    session.start(view.repainting.load_models())
    return view.repainting


def finish(session, handle, tint=(200, 30, 30)):
    """Let a job deliver all it was asked for, as the engine does."""
    request = handle.request
    for index, shot in enumerate(request.image.shots()):
        image = request.image.drawing(shot)
        recipe = request.model_copy(update={"image": image}).model_dump(mode="json")
        session.tell(
            handle,
            "candidate.done",
            index=index,
            seed=shot.seed,
            array=np.full((40, 40, 4), (*tint, 255), np.uint8),
            x=60,
            y=50,
            recipe=recipe,
        )
    session.end(handle)


def paint_round(qtbot, view, session, prompt="red apple", count=2):
    """Repaint a round selection; gives the request."""
    view.state.join(selection.ellipse((200, 160), Rect(60, 50, 40, 40)), "replace")
    view.state.set_region(QRect(40, 30, 80, 80))
    view.repainting.change(prompt=prompt, count=count, seed=11, strength=0.5, steps=20)
    qtbot.mouseClick(view.panel.start, LEFT)
    handle = session.bridge.submitted[-1]
    finish(session, handle)
    return handle.request


def menu_of(qtbot, view, name):
    """The entries of a row's menu by their text."""
    view.layers.menu.open(row(view, name).center())
    return {one.text().split("\t")[0]: one for one in view.layers.menu.menu.actions()}


def test_again_from_a_layer_brings_region_mask_and_settings_back(qtbot, view, state, session, run):
    first = paint_round(qtbot, view, session)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    other = paint_round(qtbot, view, session, "green pear")  # another mask in between
    state.select(QRect(0, 0, 30, 30))
    run.change(prompt="boat", loras=(), strength=0.9)
    menu_of(qtbot, view, "red apple")["Again from this layer"].trigger()
    settings = run.settings
    assert (settings.prompt, settings.seed, settings.strength) == ("red apple", 11, 0.5)
    assert settings.loras == ((PATHS[24], 0.8),)
    assert settings.seed_locked
    assert state.region_frame() == QRect(40, 30, 80, 80)
    assert state.covers(QPoint(80, 70))
    assert not state.covers(QPoint(61, 51))
    run.set_weight(PATHS[24], 0.6)
    qtbot.mouseClick(view.panel.start, LEFT)
    again = session.bridge.submitted[-1].request
    assert again.mask == first.mask == other.mask
    assert again.frame == first.frame
    assert again.image.loras[0].weight == 0.6
    assert again.image.seed == first.image.seed


def test_the_layer_is_hidden_meanwhile_and_a_step_brings_it_back(qtbot, view, state, session, run):
    before = state.document.composite()
    paint_round(qtbot, view, session)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    layer = state.layer
    menu_of(qtbot, view, "red apple")["Again from this layer"].trigger()
    assert (state.document.composite() == before).all()
    assert "{name} is hidden while it is painted again." in session.notes
    state.undo()  # the selection
    state.undo()
    assert layer.visible


def test_a_layer_that_was_moved_is_painted_again_where_it_is(qtbot, view, state, session, run):
    paint_round(qtbot, view, session)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    state.begin_move()
    state.move_by(50, -20)
    state.end_move()
    menu_of(qtbot, view, "red apple")["Again from this layer"].trigger()
    assert state.covers(QPoint(130, 50))
    assert not state.covers(QPoint(80, 70))
    assert state.region_frame() == QRect(90, 10, 80, 80)


def test_painted_layers_do_not_offer_it(qtbot, view, state):
    assert "Again from this layer" not in menu_of(qtbot, view, "Background")


def test_the_recipe_of_a_layer_survives_its_file_with_its_mask(qtbot, view, state, session, run):
    paint_round(qtbot, view, session)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    session.start(view.keeper.save())
    session.start(view.keeper.open(state.path))
    view.repainting.change(prompt="")
    menu_of(qtbot, view, "red apple")["Again from this layer"].trigger()
    wanted = selection.ellipse((200, 160), Rect(60, 50, 40, 40)).read(Rect(0, 0, 200, 160))
    assert (state.selection.read(Rect(0, 0, 200, 160)) == wanted).all()
    assert view.panel.prompt.value == "red apple"


def test_a_damaged_mask_in_a_recipe_is_told(qtbot, view, state, session, run):
    paint_round(qtbot, view, session)
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    state.layer.recipe["mask"] = mask_text.HEAD + "AAAA"
    menu_of(qtbot, view, "red apple")["Again from this layer"].trigger()
    assert "damaged" in str(session.errors[-1])
    assert state.layer.visible


# Versions


def tick(popup_part, *wanted):
    for box, value in popup_part:
        if box.isChecked() != (value in wanted):
            box.click()


def ask_versions(qtbot, view, epochs, weights=(0.8,), count=2):
    view.repainting.change(count=count, seed=5)
    qtbot.mouseClick(view.panel.versions, LEFT)
    popup = view.panel.versions.popup
    tick(popup.checkpoints, *(PATHS[epoch] for epoch in epochs))
    tick(popup.weights, *weights)
    popup.close()


def test_several_checkpoints_paint_the_same_seeds_in_one_request(qtbot, view, state, session, run):
    ask_versions(qtbot, view, (8, 24))
    assert view.panel.versions.currentText() == "epoch 8, epoch 24"
    state.select(QRect(60, 50, 40, 40))
    qtbot.mouseClick(view.panel.start, LEFT)
    asked = [handle.request.image for handle in session.bridge.submitted]
    assert [one.loras[0].path for one in asked] == [PATHS[8], PATHS[24]]
    assert {(one.seed, one.count) for one in asked} == {(5, 2)}
    assert len(state.candidates.batches) == 1
    for handle in session.bridge.submitted:
        finish(session, handle)
    labels = [about(item, state.candidates) for item in state.candidates.items]
    assert labels == [("epoch 8", "5"), ("epoch 8", "6"), ("epoch 24", "5"), ("epoch 24", "6")]


def test_a_card_tells_how_it_was_painted(qtbot, view, state, session, run):
    paint_round(qtbot, view, session, count=1)
    assert tip(state.candidates.items[0]) == "red apple\nepoch 24, 0.80\nseed 11"


def test_checkpoints_times_weights(qtbot, view, state, session, run):
    ask_versions(qtbot, view, (8, 16, 24), (0.6, 1.0), 1)
    assert view.panel.versions.currentText() == "3 checkpoints × 2"
    state.select(QRect(60, 50, 40, 40))
    qtbot.mouseClick(view.panel.start, LEFT)
    assert len(session.bridge.submitted) == 6
    labels = {about(item, state.candidates)[0] for item in state.candidates.items}
    assert {"epoch 8, 0.60", "epoch 24, 1.00"} <= labels
    assert len(labels) == 6


def test_one_tick_takes_the_place_of_the_lora(qtbot, view, run):
    ask_versions(qtbot, view, (16,), (0.6,))
    assert run.settings.loras == ((PATHS[16], 0.6),)
    assert view.panel.versions.currentText() == "One version"


def test_the_best_of_them_is_used_from_now_on_here_and_on_new_canvases(
    qtbot, view, state, session, run, tmp_path
):
    session.project = Project.create(tmp_path / "p", "Icons")
    ask_versions(qtbot, view, (8, 24), count=1)
    state.select(QRect(60, 50, 40, 40))
    assert not view.strip.best.isVisible()
    qtbot.mouseClick(view.panel.start, LEFT)
    for handle in list(session.bridge.submitted):
        finish(session, handle)
    state.candidates.show(1)
    assert view.strip.best.text() == "Use epoch 24"
    state.candidates.show(0)
    assert view.strip.best.text() == "Use epoch 8"
    qtbot.mouseClick(view.strip.best, LEFT)
    assert run.settings.loras == ((PATHS[8], 0.8),)
    assert run.settings.versions == ()
    kept = Project.open(tmp_path / "p").file.painting_loras
    assert [(use.path, use.weight) for use in kept] == [(PATHS[8], 0.8)]
    assert "Painting with {lora} from now on, also on new canvases." in session.notes
    session.offers["Painting with {lora} from now on, also on new canvases."]()
    assert len(run.settings.versions) == 2


def test_settings_with_versions_are_kept_with_the_document(run):
    run.vary(PATHS[24], ((PATHS[8], 0.8), (PATHS[24], 0.8)))
    again = RepaintSettings.from_record(run.settings.as_record())
    assert again == run.settings
    assert len(again.lora_sets) == 2


# One candidate


def card_menu(view, index):
    view.card_menu.open(view.state.candidates.items[index], QPoint(0, 0))
    menu = view.card_menu.menu
    found = {one.text(): one for one in menu.actions()}
    menu.close()
    return found


def test_variations_keep_the_seed_and_go_other_ways(qtbot, view, state, session, run):
    first = paint_round(qtbot, view, session, count=3)
    view.card_menu.open(state.candidates.items[1], QPoint(0, 0))
    nearby = next(one.menu() for one in view.card_menu.menu.actions() if one.menu() is not None)
    next(one for one in nearby.actions() if one.text() == "20 % different").trigger()
    view.card_menu.menu.close()
    asked = session.bridge.submitted[-1].request
    assert (asked.image.seed, asked.image.variation, asked.image.count) == (12, 0.2, 3)
    assert asked.mask == first.mask
    finish(session, session.bridge.submitted[-1])
    batch = state.candidates.batches[1]
    assert "20 % different" in told(state.candidates, batch)[1]
    items = state.candidates.of(batch)
    seeds = [item.recipe["image"]["variation_seed"] for item in items]
    assert seeds == [seeds[0], seeds[0] + 1, seeds[0] + 2]
    view.repainting.more(batch)
    more = session.bridge.submitted[-1].request.image
    assert (more.seed, more.variation_seed) == (12, seeds[0] + 3)


def test_a_variation_taken_up_again_is_the_same_picture(qtbot, view, state, session, run):
    paint_round(qtbot, view, session, count=1)
    view.repainting.variations(state.candidates.items[0], 0.35)
    finish(session, session.bridge.submitted[-1])
    wanted = state.candidates.items[-1].recipe["image"]
    card_menu(view, -1)["Take up its settings"].trigger()
    assert view.panel.variation.isVisible()
    qtbot.mouseClick(view.panel.start, LEFT)
    asked = session.bridge.submitted[-1].request.image
    assert (asked.seed, asked.variation) == (wanted["seed"], wanted["variation"])
    assert asked.variation_seed == wanted["variation_seed"]


def test_keep_only_this_one_and_delete_act_on_the_strip(qtbot, view, state, session, run):
    paint_round(qtbot, view, session, count=4)
    cards = view.strip.cards
    cards.setFocus()
    state.candidates.show(2)
    qtbot.keyClick(cards, Qt.Key.Key_Delete)
    assert [item.number for item in state.candidates.items] == [1, 2, 4]
    qtbot.keyClick(cards, Qt.Key.Key_Left)
    number = state.shown_number()
    qtbot.keyClick(cards, Qt.Key.Key_K)
    assert [item.number for item in state.candidates.items] == [number]
    session.offers["Discarded 1 candidate."]()
    assert len(state.candidates.items) == 3
    qtbot.keyClick(cards, Qt.Key.Key_Return)
    assert state.layer.recipe["image"]["prompt"] == "red apple"


def test_more_like_one_changes_only_the_seed(qtbot, view, state, session, run):
    paint_round(qtbot, view, session, count=2)
    card_menu(view, 0)["More with other seeds"].trigger()
    asked = session.bridge.submitted[-1].request
    assert (asked.image.seed, asked.image.count) == (12, 2)
    assert asked.image.prompt == "red apple"


def test_more_of_a_request_draws_other_words_more_of_one_keeps_them(
    qtbot, view, state, session, run, tmp_path
):
    (tmp_path / "fruit.txt").write_text("apple\npear\nplum\nfig\n", encoding="utf-8")
    paint_round(qtbot, view, session, count=3)
    batch = state.candidates.batches[0]
    batch.recipe["image"] |= {"prompt": "__fruit__", "wildcards": str(tmp_path)}
    for item, word in zip(state.candidates.items, ("apple", "pear", "fig"), strict=True):
        item.recipe["image"]["prompt"] = word
    run.more(batch)
    asked = session.bridge.submitted[-1].request.image
    assert (asked.prompt, asked.count, asked.seed) == ("__fruit__", 3, 14)
    run.more(batch, [state.candidates.items[1]])
    asked = session.bridge.submitted[-1].request.image
    assert (asked.prompt, asked.wildcards) == ("pear", None)


def test_the_right_button_opens_the_menu_of_a_card(qtbot, view, state, session, run):
    paint_round(qtbot, view, session, count=1)
    cards = view.strip.cards
    spot = cards.card_rect(0).center()
    from PySide6.QtGui import QContextMenuEvent
    from PySide6.QtWidgets import QApplication

    reason = QContextMenuEvent.Reason.Mouse
    where = cards.viewport().mapToGlobal(spot)
    QApplication.sendEvent(cards.viewport(), QContextMenuEvent(reason, spot, where))
    texts = [one.text() for one in view.card_menu.menu.actions() if one.text()]
    assert texts[0] == "Accept as layer"
    view.card_menu.menu.close()
    assert QPointF(spot)


def test_a_failed_candidate_says_why_and_is_tried_again(qtbot, view, state, session, run):
    state.select(QRect(60, 50, 40, 40))
    run.change(prompt="red apple", count=2, seed=11)
    qtbot.mouseClick(view.panel.start, LEFT)
    handle = session.bridge.submitted[-1]
    handle.set_exception(ModelFileError("{name} ends early.", name="icons.safetensors"))
    session.job_finished.emit(handle)
    cards = view.strip.cards
    picture = cards.viewport().grab().toImage()
    rect = cards.card_rect(1)
    inside = {
        picture.pixelColor(x, y).name()
        for x in range(rect.left() + 8, rect.right() - 8)
        for y in range(rect.top() + 30, rect.top() + 60)
    }
    assert color("err").name() in inside
    card_menu(view, 1)["Try again"].trigger()
    asked = session.bridge.submitted[-1].request
    assert (asked.image.seed, asked.image.count) == (12, 1)
    finish(session, session.bridge.submitted[-1])
    assert [item.state for item in state.candidates.items] == ["failed", "ready"]


@pytest.mark.parametrize("width", [1024, 1280, 1600])
def test_the_deeds_of_the_strip_have_room(qapp, qtbot, view, state, session, run, tongue, width):
    view.setMinimumSize(1, 1)
    view.resize(width - 68, 700)
    ask_versions(qtbot, view, (8, 24), (0.6, 1.0), count=1)
    state.select(QRect(60, 50, 40, 40))
    qtbot.mouseClick(view.panel.start, LEFT)
    for handle in list(session.bridge.submitted):
        finish(session, handle)
    for _ in range(3):
        qapp.processEvents()
    strip = view.strip
    deeds = [strip.best, strip.discard, strip.blink, strip.compare, strip.collage, strip.accept]
    assert strip.best.isVisible()
    assert view.width() == width - 68
    for one, other in itertools.pairwise(deeds):
        assert one.geometry().right() < other.geometry().left()
    assert all(one.width() >= one.minimumSizeHint().width() for one in deeds)
    assert strip.accept.geometry().right() < strip.width()
