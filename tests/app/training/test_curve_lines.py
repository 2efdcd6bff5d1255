"""What the charts of a run draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.training import curve_lines
from app.training.chart_choice import Choice
from app.training.compared import MANNERS
from app.training.curve_lines import Losses
from app.training.points import Points
from app.training.story import Story
from engine.training.config import TrainRequest


def story(name="own", steps=40, per_epoch=10, **settings):
    request = TrainRequest(project="p", output_name=name, **settings)
    made = Story(Path(name), name, request=request, total_steps=100, epochs=10,
                 steps_per_epoch=per_epoch, step=steps)  # fmt: skip
    places = range(1, steps + 1)
    made.loss = Points(places, [1.0 / step for step in places])
    made.average = Points(places, [2.0] * steps)
    return made


def named(lines):
    return {one.name: one for one in lines}


def test_runs_of_unlike_epochs_meet_at_the_same_epoch():
    own, other = story(), story("other", 80, per_epoch=20)
    lines = named(Losses().lines(own, Choice(), [(other, MANNERS[0])]))
    assert lines["Smoothed"].xs[-1] == 4.0
    assert lines["other"].xs[-1] == 4.0
    assert (lines["other"].color, lines["other"].dash) == (MANNERS[0].color, MANNERS[0].dash)
    by_step = named(Losses().lines(own, Choice(x_axis="steps"), [(other, MANNERS[0])]))
    assert (by_step["Smoothed"].xs[-1], by_step["other"].xs[-1]) == (40.0, 80.0)


def test_how_much_is_smoothed_is_a_choice_for_all_runs():
    own, other = story(), story("other")
    pair = [(other, MANNERS[0])]
    lines = named(Losses().lines(own, Choice(smoothing="few"), pair))
    assert lines["Smoothed"].ys[0] == 1.0
    assert lines["other"].ys.tolist() == lines["Smoothed"].ys.tolist()
    plain = named(Losses().lines(own, Choice(smoothing="none"), pair))
    assert "Smoothed" not in plain
    assert set(plain["other"].ys) == {2.0}


def test_the_loss_of_trained_pictures_on_the_same_noise_stands_beside_the_held_out_one():
    own, other = story(), story("other")
    own.held_out, own.seen = Points([0, 10], [0.3, 0.2]), Points([0, 10], [0.3, 0.1])
    other.held_out = Points([0, 20], [0.4, 0.35])
    assert "Trained, same noise" not in named(Losses().lines(own, Choice(), []))
    choice = Choice(seen=True, others="held_out")
    lines = named(Losses().lines(own, choice, [(other, MANNERS[0])]))
    assert list(lines["Trained, same noise"].ys) == [0.3, 0.1]
    assert list(lines["other"].xs) == [0.0, 2.0]


def test_one_wild_loss_does_not_flatten_the_curves():
    own = story(steps=400)
    values = np.full(400, 0.1)
    values[200] = 50.0
    own.loss, own.average = Points(range(400), values), Points(range(400), values.clip(0, 0.2))
    low, high = curve_lines.loss_range(Losses().lines(own, Choice(), []))
    assert 0 <= low < 0.1
    assert 0.2 <= high < 1
    assert curve_lines.loss_range(Losses().lines(story(steps=12), Choice(), [])) is None


def test_a_spike_of_single_steps_leaves_the_frame_of_a_short_run():
    own = story(steps=40)
    values = np.full(40, 0.15)
    values[[7, 20]] = 0.9
    own.loss, own.average = Points(range(40), values), Points(range(40), np.linspace(0.2, 0.12, 40))
    own.held_out = Points([0, 20], [0.25, 0.1])
    low, high = curve_lines.loss_range(Losses().lines(own, Choice(), []))
    assert low <= 0.1
    assert 0.25 < high < 0.4


def rates(**groups):
    made = story(lr_scheduler="linear", unet_lr=1e-3, text_encoder_lr=1e-4)
    made.rates = {name: Points(range(1, 41), [rate] * 40) for name, rate in groups.items()}
    return made


def test_what_is_planned_goes_on_from_the_last_rate_to_the_end_of_the_schedule():
    line, plan = curve_lines.rate_lines(rates(unet=6.1e-4))
    assert (plan.xs[0], plan.xs[-1]) == (40.0, 100.0)
    assert plan.ys[0] == pytest.approx(6.1e-4)
    assert plan.ys[-1] == pytest.approx(1e-5)
    assert (line.opacity, plan.opacity, plan.legend) == (1.0, 0.4, False)


def test_a_group_that_learns_faster_is_planned_faster_and_one_that_ended_not_at_all():
    fast = rates(unet=6.1e-3)
    assert curve_lines.rate_lines(fast)[1].ys[-1] == pytest.approx(1e-4)
    fast.status = "finished"
    assert [line.opacity for line in curve_lines.rate_lines(fast)] == [1.0]
    unknown = rates(unet=1e-3)
    unknown.request = TrainRequest(project="p", lr_scheduler_type="StepLR")
    assert len(curve_lines.rate_lines(unknown)) == 1


def test_every_group_has_its_line_unless_there_are_too_many():
    two = curve_lines.rate_lines(rates(te1=1e-4, te2=2e-4, text=2e-4, unet=1e-3))
    assert [line.name for line in two if line.legend] == ["UNet", "Text 1", "Text 2"]
    one = curve_lines.rate_lines(rates(te1=1e-4, text=1e-4, unet=1e-3))
    assert [line.name for line in one if line.legend] == ["UNet", "Text"]
    plus = curve_lines.rate_lines(rates(**{"unet": 1e-3, "unet plus": 1e-2}))
    assert [line.name for line in plus if line.legend] == ["UNet", "UNet +"]
    blocks = {f"unet_block{at}": 1e-3 for at in range(12)}
    whole = curve_lines.rate_lines(rates(unet=1e-3, text=0.0, te1=0.0, **blocks))
    assert [line.name for line in whole if line.legend] == ["UNet"]


def test_noise_levels_are_drawn_in_three_bands():
    made = story()
    made.bands = [(0, [0.1, 0.2, 0.4, 0.7]), (10, [0.1, 0.1, 0.3, 0.6]), (20, [])]
    low, mid, high = curve_lines.band_lines(made)
    assert [list(low.ys), list(mid.ys), list(high.ys)] == [
        [0.1, 0.1], pytest.approx([0.3, 0.2]), [0.7, 0.6],
    ]  # fmt: skip
    assert list(mid.xs) == [0.0, 10.0]
    assert curve_lines.band_lines(story()) == []


def test_how_often_the_gradient_limit_was_reached_is_known():
    made = story(max_grad_norm=1.0)
    assert curve_lines.limited_share(made) is None
    made.grad_norm = Points(range(4), [0.5, 2.0, 0.9, 1.5])
    assert curve_lines.limited_share(made) == 0.5
    made.request = TrainRequest(project="p", max_grad_norm=0)
    assert curve_lines.limited_share(made) is None
