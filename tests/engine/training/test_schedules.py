from __future__ import annotations

import math

import pytest
import torch
from diffusers import optimization as of_diffusers
from pydantic import ValidationError
from transformers import optimization as of_transformers

from engine.training.config import TrainRequest
from engine.training.schedules import (
    length,
    multiplier,
    picture_weight,
    planned_rate,
    text_learns,
)

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


def factors(settings, total=1000, steps=STEPS):
    return [multiplier(settings, step, total) for step in steps]


def of_library(make, steps=STEPS, rate=1e-4, **arguments):
    """The factors of the schedule that kohya's scripts call."""
    optimizer = torch.optim.SGD([torch.zeros(())], lr=rate)
    schedule = make(optimizer, **arguments)
    [factor] = schedule.lr_lambdas
    return [factor(step) for step in steps]


@pytest.mark.parametrize("cycles", [1, 3])
@pytest.mark.parametrize("floor", [0.0, 0.25])
def test_a_cosine_with_a_floor_equals_the_library_kohya_calls(cycles, floor):
    settings = request(
        lr_scheduler="cosine_with_min_lr", lr_warmup=10, lr_scheduler_num_cycles=cycles,
        lr_scheduler_min_lr_ratio=floor,
    )  # fmt: skip
    wanted = of_library(
        of_transformers.get_cosine_with_min_lr_schedule_with_warmup, num_warmup_steps=100,
        num_training_steps=1000, num_cycles=cycles / 2, min_lr_rate=floor,
    )  # fmt: skip
    assert factors(settings) == pytest.approx(wanted, abs=1e-9)


def test_a_floor_may_be_an_absolute_rate():
    settings = request(
        lr_scheduler="cosine_with_min_lr", lr_scheduler_args="min_lr=1e-5", unet_lr=1e-4
    )
    assert multiplier(settings, 1000, 1000) == pytest.approx(0.1)
    rate = request(lr_scheduler="cosine_with_min_lr", lr_scheduler_args="min_lr_rate=0.3")
    assert multiplier(rate, 1000, 1000) == pytest.approx(0.3)


@pytest.mark.parametrize("cycles", [1, 3])
@pytest.mark.parametrize(
    ("fall", "steps"), [({"lr_decay": 30}, 300), ({"lr_decay_steps": 650}, 650)]
)
def test_warmup_stable_decay_equals_the_library_kohya_calls(cycles, fall, steps):
    settings = request(
        lr_scheduler="warmup_stable_decay", lr_warmup=10, lr_scheduler_num_cycles=cycles,
        lr_scheduler_min_lr_ratio=0.2, **fall,
    )  # fmt: skip
    wanted = of_library(
        of_transformers.get_wsd_schedule, num_warmup_steps=100, num_decay_steps=steps,
        num_stable_steps=900 - steps, min_lr_ratio=0.2, num_cycles=cycles / 2,
    )  # fmt: skip
    assert factors(settings) == pytest.approx(wanted, abs=1e-9)
    assert factors(settings)[:3] == pytest.approx([0.2, 0.6, 1.0])


@pytest.mark.parametrize(("scale", "warmup"), [(0, 100), (400, 100), (0, 0)])
def test_inverse_sqrt_equals_the_library_kohya_calls(scale, warmup):
    settings = request(
        lr_scheduler="inverse_sqrt", lr_scheduler_timescale=scale, lr_warmup_steps=warmup
    )
    wanted = of_library(
        of_transformers.get_inverse_sqrt_schedule, num_warmup_steps=warmup,
        timescale=scale or warmup or 10000,
    )  # fmt: skip
    assert factors(settings) == pytest.approx(wanted, abs=1e-9)


def test_a_polynomial_may_end_elsewhere():
    settings = request(lr_scheduler="polynomial", lr_scheduler_args="lr_end=1e-5", unet_lr=1e-4)
    wanted = of_library(
        of_transformers.get_polynomial_decay_schedule_with_warmup, num_warmup_steps=0,
        num_training_steps=1000, lr_end=1e-5, power=1.0,
    )  # fmt: skip
    assert factors(settings) == pytest.approx(wanted, abs=1e-9)


def test_the_base_rate_is_what_a_polynomial_is_measured_against():
    end = [
        multiplier(request(lr_scheduler="polynomial", unet_lr=1e-3, **base), 1000, 1000)
        for base in ({}, {"learning_rate": 1e-4})
    ]
    assert end == pytest.approx([1e-4, 1e-3])


@pytest.mark.parametrize("rules", ["1:100,0.5:400,0.1", "'0.5:400,1:100,0.1'"])
def test_pieces_equal_the_library_kohya_calls(rules):
    settings = request(lr_scheduler="piecewise_constant", lr_scheduler_args=f"step_rules={rules}")
    wanted = of_library(
        of_diffusers.get_piecewise_constant_schedule, step_rules="1:100,0.5:400,0.1"
    )
    assert factors(settings) == wanted
    assert set(wanted) == {1, 0.5, 0.1}


def test_optimizers_that_decide_themselves_follow_no_schedule():
    for kind in ("AdamWScheduleFree", "Adafactor"):
        assert set(factors(request(optimizer_type=kind, lr_scheduler="cosine"))) == {1}
    named = request(lr_scheduler_type="CosineAnnealingLR", lr_scheduler="cosine", lr_warmup=0)
    assert set(factors(named)) == {1}
    steered = request(
        optimizer_type="Adafactor", optimizer_args="relative_step=False", lr_scheduler="cosine"
    )
    assert factors(steered)[-1] == pytest.approx(0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lr_scheduler": "piecewise_constant"}, "needs step_rules"),
        ({"lr_scheduler": "cosine", "lr_scheduler_args": "min_lr=1e-6"}, "no argument"),
        ({"lr_scheduler": "cosine_with_min_lr", "lr_scheduler_args": "min_lr=1 min_lr_rate=1"},
         "not both"),
        ({"lr_scheduler_args": "min_lr"}, "pairs"),
        ({"lr_scheduler_args": "last_epoch=soon"}, "no value"),
        ({"lr_scheduler": "adafactor"}, "belongs to the optimizer Adafactor"),
        ({"lr_scheduler": "adafactor", "optimizer_type": "Adafactor",
          "optimizer_args": "relative_step=False"}, "belongs to"),
        ({"lr_scheduler": "adafactor", "optimizer_type": "Adafactor", "lr_warmup": 5},
         "no warm-up"),
        ({"lr_scheduler_type": "StepLR", "lr_warmup_steps": 5}, "no warm-up"),
        ({"lr_scheduler_type": "no class"}, "Name a class"),
    ],
)  # fmt: skip
def test_schedules_that_make_no_sense_are_refused(values, words):
    with pytest.raises(ValidationError, match=words):
        request(**values)


@pytest.mark.parametrize(
    ("given", "steps"), [(0.1, 20), ("10%", 20), ("0.1", 20), (7, 7), ("7", 7), (1.0, 200), (0, 0)]
)
def test_warmup_and_fall_take_steps_fractions_and_percent(given, steps):
    assert request(lr_warmup_steps=given).warmup_steps(200) == steps
    found = request(lr_scheduler="warmup_stable_decay", lr_decay_steps=given)
    assert found.decay_steps(200) == (steps or 40)


def test_the_text_encoder_stops_at_its_part_of_the_run():
    stops = request(stop_text_encoder_training=29)
    assert [text_learns(stops, step, 100) for step in (0, 28, 29, 99)] == [True, True, False, False]
    assert text_learns(request(), 999, 1000)


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


def test_all_pictures_of_a_group_weigh_alike_unless_kohya_is_followed():
    ours, kohya = (
        request(gradient_accumulation_steps=4, kohya_accumulation=switch)
        for switch in (False, True)
    )
    group = [4, 4, 1]  # the last group of an epoch is short, and its last batch too
    weights = [[picture_weight(way, batch, group) for batch in group] for way in (ours, kohya)]
    assert weights == [[1 / 9] * 3, [1 / 16, 1 / 16, 1 / 4]]
    assert math.fsum(w * n for w, n in zip(weights[0], group, strict=True)) == pytest.approx(1)
    assert math.fsum(w * n for w, n in zip(weights[1], group, strict=True)) == pytest.approx(3 / 4)


def test_the_plan_of_the_rates_is_what_the_run_will_use():
    settings = request(
        lr_scheduler="linear", unet_lr=1e-3, text_encoder_lr=1e-4, stop_text_encoder_training=50
    )
    assert planned_rate(settings, "unet", 40, 100) == pytest.approx(6e-4)
    assert planned_rate(settings, "te1", 40, 100) == pytest.approx(6e-5)
    assert planned_rate(settings, "te2", 60, 100) == 0.0
    assert planned_rate(request(lr_scheduler_type="StepLR"), "unet", 0, 9) is None
    sized = request(optimizer_type="Adafactor", lr_scheduler="adafactor")
    assert planned_rate(sized, "unet", 0, 9) is None
