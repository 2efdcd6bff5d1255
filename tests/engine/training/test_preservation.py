"""Preservation holds the model to what it drew before, where the trigger word is missing."""

from __future__ import annotations

import pytest

from engine.training.preservation import Preservation


def test_captions_lose_the_trigger_word_and_those_without_it_are_left_alone():
    captions = ["kiln, a red key", "a key", "a kiln castle", ""]
    assert Preservation(1, "kiln", "drawing").plain(captions) == {
        0: "drawing, a red key",
        2: "a drawing castle",
    }
    assert Preservation(1, "kiln", "").plain(captions)[0] == "a red key"


def test_it_is_off_without_a_weight(request_for):
    assert Preservation.of(request_for(trigger_word="kiln")) is None


def test_a_fresh_adapter_differs_nowhere_and_a_trained_one_is_held_back(train):
    def losses(**changes):
        _, events = train(trigger_word="kiln", lr_scheduler="constant", **changes)
        return [event.data["loss"] for event in events if event.kind == "train.step"]

    plain, held = losses(), losses(preservation_weight=10.0)
    assert held[0] == pytest.approx(plain[0], rel=1e-6)
    assert held[1] > plain[1]
