from __future__ import annotations

import json

import pytest
import tomli_w

from engine.training.kohya.alternatives import alternative
from engine.training.kohya.reading import read_kohya


def offered(path, key):
    imported = read_kohya(path, project="p")
    found = alternative(imported.report.line(key), imported.values)
    return None if found is None else (str(found.words), dict(found.values))


@pytest.mark.parametrize(
    ("form", "key", "words", "values"),
    [
        ({"max_grad_norm": 0}, "max_grad_norm", "Turn the limit off", {"max_grad_norm": 0}),
        ({"prior_loss_weight": 0}, "prior_loss_weight", "Use 0 as written",
         {"prior_loss_weight": 0}),
        ({"stop_text_encoder_training_pct": 40}, "stop_text_encoder_training_pct", "Use it here",
         {"stop_text_encoder_training": 40}),
        ({"v_parameterization": False}, "v_parameterization", "Follow the model",
         {"prediction_type": "auto"}),
        ({"gradient_accumulation_steps": 2}, "kohya_accumulation", "Compute it right",
         {"kohya_accumulation": False}),
        ({"epoch": 12}, "epoch", "Train 12 epochs", {"max_train_epochs": 12}),
        ({"sample_every_n_epochs": 1, "sample_every_n_steps": 50}, "sample_every_n_steps",
         "Draw every 50 steps", {"sample_every_n_epochs": 0, "sample_every_n_steps": 50}),
    ],
)  # fmt: skip
def test_what_the_file_may_have_meant_is_offered(tmp_path, form, key, words, values):
    path = tmp_path / "form.json"
    path.write_text(json.dumps(form))
    assert offered(path, key) == (words, values)


def test_two_rates_of_text_encoders_can_both_be_used(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text(tomli_w.dumps({"text_encoder_lr": [1e-5, 2e-5], "sdxl": True}))
    assert offered(path, "text_encoder_lr") == ("Use both rates", {"text_encoder_lr2": 2e-5})


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ({"seed": 0}, "seed"),  # 0 is what is trained
        ({"vae_batch_size": 0}, "vae_batch_size"),  # no batch is empty
        ({"flip_aug": True}, "flip_aug"),
        ({"v_parameterization": True}, "v_parameterization"),
    ],
)
def test_nothing_is_offered_where_nothing_else_can_be_meant(tmp_path, form, key):
    path = tmp_path / "form.json"
    path.write_text(json.dumps(form))
    assert offered(path, key) is None


def test_an_offer_does_not_wait_for_what_is_wrong_elsewhere(tmp_path):
    path = tmp_path / "form.json"
    path.write_text(json.dumps({"max_grad_norm": 0, "max_resolution": "big"}))
    assert offered(path, "max_grad_norm") == ("Turn the limit off", {"max_grad_norm": 0})
