"""What is allowed and seldom meant is said once, before the first step."""

from __future__ import annotations

import pytest

from engine.training.advice import advice
from engine.training.config import TrainRequest


def told(values, **model):
    return [str(reason) for reason in advice(TrainRequest(project="p", **values), **model)]


@pytest.mark.parametrize(("predicts", "count"), [("", 0), ("epsilon", 1), ("v_prediction", 0)])
def test_pure_noise_is_for_models_that_predict_v(predicts, count):
    assert len(told({"zero_terminal_snr": True}, predicts=predicts)) == count
    assert told({}, predicts=predicts) == []


def test_what_the_model_predicts_may_be_said_by_the_request():
    values = {"zero_terminal_snr": True, "prediction_type": "epsilon"}
    assert "predict v" in told(values)[0]
    assert told(values, predicts="v_prediction") == []


def test_clip_skip_means_nothing_with_two_text_encoders():
    assert "Clip skip 2" in told({"clip_skip": 2}, two_encoders=True)[0]
    assert told({"clip_skip": 2}) == told({"clip_skip": 1}, two_encoders=True) == []


def test_a_run_says_it_of_its_own_model(train, models):
    _, events = train(
        base_model=str(models["two"]), zero_terminal_snr=True, clip_skip=2, max_train_epochs=1
    )
    texts = [event.data["text"] for event in events if event.kind == "train.warning"]
    assert ["Zero terminal SNR" in text for text in texts] == [True, False]
    assert ["Clip skip 2" in text for text in texts] == [False, True]
