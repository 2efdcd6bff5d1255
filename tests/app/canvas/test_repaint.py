from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, QRect, Qt

from app.canvas import repaint
from app.canvas.document_state import to_rect
from app.canvas.layer_words import origin
from app.models.at_hand import LoraChoice, ModelsAtHand
from app.widgets.buttons import Button
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.canvas.region import context_frame
from engine.canvas.repaint import RepaintRequest
from engine.models.inspect import inspect
from engine.models.native import native_size
from engine.runtime.errors import ModelFileError
from engine.sampling.request import ImageRequest


def ready(view, session, index, color=(250, 10, 10)):
    """Let candidate ``index`` come in: opaque in the middle 20 x 20 of a 40 x 40 patch."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 10:30] = (*color, 255)
    handle = session.bridge.submitted[-1]
    session.tell(
        handle,
        "candidate.done",
        index=index,
        seed=7 + index,
        array=pixels,
        x=60,
        y=50,
        recipe={"image": {"loras": [{"path": "/loras/pixel-000018.safetensors", "weight": 0.8}]}},
        infotext="",
        path="",
    )
    return pixels


def begin(qtbot, view, state):
    state.select(QRect(70, 60, 20, 20))
    view.repainting.change(prompt="castle", count=3, seed=7)
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)


def test_repaint_sends_the_picture_as_seen_and_the_selection(qtbot, view, state, session):
    view.repainting.add_lora("/loras/pixel.safetensors", 0.8)
    view.repainting.change(strength=0.5, steps=20)
    begin(qtbot, view, state)
    request = session.bridge.submitted[-1].request
    assert request.rect == (70, 60, 20, 20)
    assert request.image.prompt == "castle"
    assert request.image.count == 3
    assert request.image.strength == 0.5
    assert [(use.path, use.weight) for use in request.image.loras] == [
        ("/loras/pixel.safetensors", 0.8)
    ]
    assert request.document == (200, 160)
    assert request.origin == request.frame[:2]
    with Image.open(request.picture) as picture:
        seen = state.document.composite(Rect(*request.frame))
        assert (np.asarray(picture) == seen).all()


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_the_frame_shown_is_the_one_the_model_gets(qtbot, view, state, session, strength):
    view.repainting.change(strength=strength)
    begin(qtbot, view, state)
    request = session.bridge.submitted[-1].request
    assert request.frame == tuple(to_rect(state.region_frame()))
    native = native_size(inspect(view.repainting.settings.model))
    automatic = context_frame((200, 160), Rect(70, 60, 20, 20), strength, native)
    assert request.frame == tuple(automatic)


def test_the_canvas_is_not_locked_while_candidates_are_painted(qtbot, view, state, session):
    begin(qtbot, view, state)
    assert view.repainting.running
    state.select(None)
    state.begin_stroke((20.0, 20.0, 1.0), erase=False)
    state.end_stroke()
    assert state.document.composite()[20, 20, 0] != 255
    ready(view, session, 0)
    assert state.candidates.items[0].state == "ready"


def test_a_candidate_lies_over_the_picture_and_blinks_while_b_is_held(qtbot, view, state, session):
    begin(qtbot, view, state)
    ready(view, session, 1)
    spot = view.surface.view.to_screen(QPointF(80, 70)).toPoint()

    def seen():
        return view.surface.grab().toImage().pixelColor(spot).getRgb()[:3]

    assert seen() == (250, 10, 10)
    assert view.layers.model.rowCount() == 2  # the preview stands above the layers
    qtbot.keyPress(view.surface, Qt.Key.Key_B)
    assert seen() == (255, 255, 255)
    qtbot.keyRelease(view.surface, Qt.Key.Key_B)
    assert seen() == (250, 10, 10)
    assert not state.can_undo() or state.document.history.can_undo == "Select"


def test_accepting_puts_the_candidate_on_a_layer_and_leaves_the_rest(qtbot, view, state, session):
    before = state.document.composite()
    begin(qtbot, view, state)
    ready(view, session, 0)
    session.end(session.bridge.submitted[-1])
    qtbot.keyClick(view.surface, Qt.Key.Key_Return)
    after = state.document.composite()
    assert tuple(after[70, 80]) == (250, 10, 10, 255)
    outside = np.ones(before.shape[:2], bool)
    outside[60:80, 70:90] = False
    assert (after[outside] == before[outside]).all()
    assert state.layer.name == "castle"
    assert origin(state.layer) == "epoch 18, 0.80, seed 7"
    assert state.candidates.items[0].accepted
    assert view.strip.isVisible()
    state.undo()
    assert not state.candidates.items[0].accepted
    assert (state.document.composite() == before).all()


def test_accepting_by_mouse_lets_ctrl_z_undo_the_layer(qtbot, view, state, session):
    begin(qtbot, view, state)
    assert view.focusWidget() is view.surface
    ready(view, session, 0)
    session.end(session.bridge.submitted[-1])
    view.panel.prompt.setFocus()
    qtbot.mouseClick(view.strip.accept, Qt.MouseButton.LeftButton)
    assert view.focusWidget() is view.surface
    assert view.focus_target() is view.surface


def test_discarding_by_mouse_gives_the_canvas_the_keys(qtbot, view, state, session):
    begin(qtbot, view, state)
    view.panel.prompt.setFocus()
    qtbot.mouseClick(view.strip.discard, Qt.MouseButton.LeftButton)
    assert view.focusWidget() is view.surface


def test_one_button_in_view_is_the_main_one(qtbot, view, state, session):
    def main():
        buttons = view.findChildren(Button)
        return [one for one in buttons if one.isVisible() and one.property("kind") == "primary"]

    assert main() == [view.panel.start]
    begin(qtbot, view, state)
    ready(view, session, 0)
    assert main() == [view.strip.accept]
    qtbot.mouseClick(view.strip.accept, Qt.MouseButton.LeftButton)
    assert main() == [view.panel.start]


def test_a_layer_of_the_guide_tells_its_seed_and_nothing_is_left_open():
    use = {"path": "/loras/pixel-000036.safetensors", "weight": 1.0}
    made = RepaintRequest(picture="a.png", image=ImageRequest(seed=11)).model_dump(mode="json")
    made["image"]["loras"] = [use]
    layer = layer_of("Apple", np.zeros((1, 1, 4), np.uint8), recipe=made)
    assert origin(layer) == "epoch 36, 1.00, seed 11"
    layer.recipe = {"image": {"loras": [use]}}
    assert origin(layer) == "epoch 36, 1.00"
    layer.recipe = {"image": {}}
    assert origin(layer) == "repainted"


def test_the_menu_and_the_row_name_a_lora_alike(qtbot, view, session, monkeypatch):
    choice = LoraChoice("/loras/pixel-000036.safetensors", "pixel", 36)
    monkeypatch.setattr(repaint, "read_models", lambda *_: ModelsAtHand((), (choice,)))
    qtbot.mouseClick(view.panel.add_lora, Qt.MouseButton.LeftButton)
    offered = view.panel.menu.actions()[0]
    offered.trigger()
    view.panel.menu.close()
    row = view.panel._shown_loras[choice.path]
    assert row.name.text() == offered.text() == "pixel, epoch 36"


def test_cards_show_candidates_and_arrows_step_through_them(qtbot, view, state, session):
    begin(qtbot, view, state)
    ready(view, session, 0)
    ready(view, session, 2)
    cards = view.strip.cards
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.card_rect(2).center())
    assert state.candidates.shown == 2
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.card_rect(1).center())
    assert state.candidates.shown == 2  # not ready yet
    qtbot.keyClick(view.surface, Qt.Key.Key_Right)
    assert state.candidates.shown == 0


def test_discard_takes_all_candidates_and_stops_the_job(qtbot, view, state, session):
    begin(qtbot, view, state)
    ready(view, session, 0)
    qtbot.mouseClick(view.strip.discard, Qt.MouseButton.LeftButton)
    assert session.bridge.submitted[-1].cancel_asked
    assert not state.candidates.items


def test_late_candidates_of_a_discarded_repaint_are_ignored(qtbot, view, state, session):
    begin(qtbot, view, state)
    qtbot.mouseClick(view.strip.discard, Qt.MouseButton.LeftButton)
    ready(view, session, 0)
    assert not state.candidates.items
    assert state.preview() is None


def test_stop_keeps_the_candidates_that_are_ready(qtbot, view, state, session):
    begin(qtbot, view, state)
    ready(view, session, 0)
    qtbot.mouseClick(view.panel.stop, Qt.MouseButton.LeftButton)
    handle = session.bridge.submitted[-1]
    assert handle.cancel_asked
    session.end(handle)
    assert [item.number for item in state.candidates.items] == [1]
    assert view.panel.start.isEnabled()


def test_a_failed_repaint_says_why_on_the_cards_and_in_a_toast(qtbot, view, state, session):
    begin(qtbot, view, state)
    handle = session.bridge.submitted[-1]
    handle.set_exception(ModelFileError("{name} ends early.", name="style.safetensors"))
    session.job_finished.emit(handle)
    assert "style.safetensors" in str(session.errors[-1])
    assert {item.state for item in state.candidates.items} == {"failed"}
    assert view.panel.start.isEnabled()


def test_the_hint_tells_the_real_steps(view):
    view.repainting.change(steps=22, strength=14 / 22)
    assert "14 of 22 steps are painted" in view.panel.strength_row._hint.text()
    view.repainting.change(steps=20, strength=0.05)
    done, total = view.repainting.settings.painted_steps
    assert (done, total) == (4, 80)


def test_the_seed_moves_on_unless_it_is_locked(qtbot, view, state, session):
    begin(qtbot, view, state)
    assert view.repainting.settings.seed == 10
    session.end(session.bridge.submitted[-1])
    qtbot.mouseClick(view.panel.lock, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    assert view.repainting.settings.seed == 10
    assert view.panel.seed.value == 10


def test_typing_goes_into_the_request(qtbot, view, state, session):
    view.panel.prompt.setFocus()
    qtbot.keyClicks(view.panel.prompt, "red apple")
    qtbot.keyClicks(view.panel.negative, "text")
    state.select(QRect(70, 60, 20, 20))
    qtbot.mouseClick(view.panel.start, Qt.MouseButton.LeftButton)
    image = session.bridge.submitted[-1].request.image
    assert (image.prompt, image.negative_prompt) == ("red apple", "text")


def test_lora_rows_follow_the_settings_and_their_slider_sets_the_weight(view):
    view.receive(loras=(("/loras/pixel.safetensors", 0.5),), prompt="castle, pixel icon")
    row = view.panel._shown_loras["/loras/pixel.safetensors"]
    assert row.weight.value == 0.5
    assert view.panel.prompt.value == "castle, pixel icon"
    row.weight.track.moved.emit(0.75)
    assert view.repainting.settings.loras == (("/loras/pixel.safetensors", 0.75),)
    view.repainting.remove_lora("/loras/pixel.safetensors")
    assert not view.panel._shown_loras
