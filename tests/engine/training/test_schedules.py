from __future__ import annotations

import pytest

from engine.training.config import TrainRequest
from engine.training.schedules import length, multiplier

STEPS = (0, 50, 100, 250, 400, 550, 700, 850, 999, 1000)
# Reference values of kohya's schedulers, 1000 steps with 100 of warm-up.
REFERENCE = {
    "cosine": (0, 0.5, 1, 0.933013, 0.75, 0.5, 0.25, 0.066987, 3e-6, 0),
    "cosine_with_restarts": (0, 0.5, 1, 0.5, 1, 0.5, 1, 0.5, 2.7e-5, 0),
    "linear": (0, 0.5, 1, 0.833333, 0.666667, 0.5, 0.333333, 0.166667, 0.001111, 0),
    "polynomial": (0, 0.5, 1, 0.69475, 0.445, 0.25075, 0.112, 0.02875, 0.001001, 0.001),
    "constant_with_warmup": (0, 0.5, 1, 1, 1, 1, 1, 1, 1, 1),
}


def request(**values):
    return TrainRequest(project="p", **values)


@pytest.mark.parametrize("kind", REFERENCE)
def test_multipliers_equal_the_reference(kind):
    settings = request(
        lr_scheduler=kind,
        lr_warmup=10,
        lr_scheduler_num_cycles=3,
        lr_scheduler_power=2,
        unet_lr=1e-4,
    )
    found = [multiplier(settings, step, 1000) for step in STEPS]
    assert found == pytest.approx(REFERENCE[kind], abs=5e-6 if kind == "polynomial" else 5e-7)


def test_constant_is_one_from_the_first_step():
    assert [multiplier(request(lr_scheduler="constant"), step, 9) for step in range(10)] == [1] * 10


def test_without_warmup_the_first_step_has_the_full_rate():
    assert multiplier(request(lr_scheduler="cosine"), 0, 10) == 1


def test_accumulation_rounds_updates_up_in_every_epoch():
    found = length(request(max_train_epochs=10, gradient_accumulation_steps=4), 21)
    assert (found.updates_per_epoch, found.updates, found.epochs) == (6, 60, 10)
    assert length(request(max_train_epochs=10), 21).updates == 210


def test_steps_decide_when_epochs_are_off():
    found = length(request(max_train_steps=50), 21)
    assert (found.epochs, found.updates) == (3, 50)
