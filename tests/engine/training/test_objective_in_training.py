"""Settings of the objective reach the losses of a run."""

from __future__ import annotations

import pytest

from .conftest import paint


@pytest.fixture
def losses(train):
    def go(**changes):
        _, events = train(max_train_epochs=1, **changes)
        return [event.data["loss"] for event in events if event.kind == "train.step"]

    return go


@pytest.mark.parametrize(
    "changes",
    [
        {"loss_type": "huber"},
        {"timestep_sampling": "sigmoid"},
        {"noise_offset": 0.1, "noise_offset_random_strength": True},
        {"style_loss_weight": 1.0, "style_max_timestep": 1000},
    ],
)
def test_a_setting_changes_the_first_loss_already(losses, changes):
    plain, changed = losses(), losses(**changes)
    assert plain[0] != changed[0]
    assert losses() == plain


def test_another_seed_draws_other_noise(losses, tmp_path):
    # One picture has no order, and a fresh adapter changes nothing whatever it starts from.
    one = {"train_data_dir": str(paint(tmp_path / "one" / "1_x", 1).parent)}
    first, again, other = losses(seed=5, **one), losses(seed=5, **one), losses(seed=6, **one)
    assert first == again
    assert first != other


def test_what_the_model_predicts_may_be_said(losses, models):
    said = losses(prediction_type="v_prediction")
    assert said == losses(base_model=str(models["v_prediction"]))
    assert said != losses()


def test_a_style_term_is_added_to_the_loss(losses):
    plain = losses(unet_lr=1e-12)
    styled = losses(unet_lr=1e-12, style_loss_weight=1.0, style_max_timestep=1000)
    double = losses(unet_lr=1e-12, style_loss_weight=2.0, style_max_timestep=1000)
    for one, two, three in zip(plain, styled, double, strict=True):
        assert two > one
        assert three - one == pytest.approx(2 * (two - one), rel=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"style_loss_weight": 1.0, "perceptual_loss_weight": 1.0, "style_max_timestep": 1000},
        {"preservation_weight": 1.0, "trigger_word": "kiln"},
        {"loss_type": "smooth_l1", "multires_noise_iterations": 3, "noise_offset": 0.1},
    ],
)
def test_half_precision_gives_nearly_the_same_loss(losses, changes):
    whole, half = losses(**changes), losses(mixed_precision="bf16", **changes)
    assert half != whole
    assert half == pytest.approx(whole, rel=0.05)
