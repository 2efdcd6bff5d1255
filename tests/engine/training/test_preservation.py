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


def test_what_is_learned_on_top_of_belongs_to_the_model_that_is_held(train, tmp_path):
    below, _ = train(output_dir=str(tmp_path / "below"), unet_lr=0.3)
    weights = (below.checkpoints[-1].path,)

    def losses(**changes):
        _, events = train(trigger_word="kiln", base_weights=weights, max_train_epochs=1, **changes)
        return [event.data["loss"] for event in events if event.kind == "train.step"]

    plain, held = losses(), losses(preservation_weight=10.0)
    assert held[0] == pytest.approx(plain[0], rel=1e-6)


def test_a_fresh_adapter_differs_nowhere_and_a_trained_one_is_held_back(train):
    def losses(**changes):
        _, events = train(trigger_word="kiln", lr_scheduler="constant", **changes)
        return [event.data["loss"] for event in events if event.kind == "train.step"]

    plain, held = losses(), losses(preservation_weight=10.0)
    assert held[0] == pytest.approx(plain[0], rel=1e-6)
    assert held[1] > plain[1]


@pytest.fixture
def kept(art, train, tmp_path):
    """Losses of a run whose wide pictures may only teach what the model answers anyway."""

    def go(held, both=False, **changes):
        wide = f"custom_attributes = {{diff_output_preservation = {str(held).lower()}}}"
        (tmp_path / "data.toml").write_text(
            f"[[datasets]]\n[[datasets.subsets]]\nimage_dir = '{art / '2_wide'}'\n{wide}\n"
            + (f"[[datasets.subsets]]\nimage_dir = '{art / '1_square'}'\n" if both else ""),
            encoding="utf-8",
        )
        given = {"train_data_dir": "", "dataset_config": str(tmp_path / "data.toml")}
        _, events = train(**given, caption_extension=".txt", lr_scheduler="constant", **changes)
        return [event.data["loss"] for event in events if event.kind == "train.step"]

    return go


@pytest.mark.parametrize("changes", [{}, {"style_loss_weight": 1.0, "style_max_timestep": 1000}])
def test_pictures_of_a_dataset_file_that_are_held_teach_nothing_new(kept, changes):
    assert kept(held=True, **changes) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert min(kept(held=False, **changes)) > 0.1


def test_pictures_that_are_held_hold_back_what_others_teach(kept):
    losses = kept(held=True, both=True, max_train_epochs=4)
    assert sum(loss < 1e-9 for loss in losses) <= 1
    assert len(losses) == 8
