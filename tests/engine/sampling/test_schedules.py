from __future__ import annotations

import numpy as np
import pytest

from engine.sampling.schedules import ddim_levels, evaluations, noise_levels

BETAS = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
CUMULATIVE = np.cumprod(1 - BETAS)
TABLE = np.sqrt((1 - CUMULATIVE) / CUMULATIVE)


@pytest.mark.parametrize("schedule", ["normal", "karras", "exponential", "simple"])
@pytest.mark.parametrize("steps", [1, 2, 7, 25, 150])
def test_noise_falls_from_its_largest_to_zero(schedule, steps):
    sigmas, timesteps = noise_levels(CUMULATIVE, schedule, steps)
    assert len(sigmas) == steps + 1
    assert len(timesteps) == steps
    assert (np.diff(sigmas) < 0).all()
    assert sigmas[0] == pytest.approx(14.6146, abs=1e-3)
    assert sigmas[-1] == 0
    assert timesteps[0] == pytest.approx(999)


def test_karras_is_even_in_the_seventh_root():
    sigmas, _ = noise_levels(CUMULATIVE, "karras", 10)
    roots = sigmas[:-1] ** (1 / 7)
    np.testing.assert_allclose(np.diff(roots), np.diff(roots)[0])
    assert sigmas[-2] == pytest.approx(TABLE[0])


def test_a_timestep_lies_where_training_had_this_noise():
    sigmas, timesteps = noise_levels(CUMULATIVE, "karras", 12)
    between = np.exp(np.interp(timesteps, np.arange(1000), np.log(TABLE)))
    np.testing.assert_allclose(between, sigmas[:-1])
    assert (timesteps != np.round(timesteps)).any()


def test_ddim_counts_up_from_one_in_even_steps():
    _, timesteps = ddim_levels(CUMULATIVE, 25)
    assert timesteps.tolist() == list(range(961, 0, -40))
    sigmas, timesteps = ddim_levels(CUMULATIVE, 1)
    assert timesteps.tolist() == [1]
    assert len(sigmas) == 2


@pytest.mark.parametrize(
    ("steps", "strength", "expected"),
    [
        (20, 1.0, (20, 0)),
        (20, 0.5, (20, 10)),
        (25, 0.6, (25, 10)),
        (20, 0.2, (20, 16)),
        (20, 0.1, (40, 36)),
        (20, 0.01, (400, 396)),
        (2, 1.0, (2, 0)),
        (2, 0.5, (4, 2)),
        (1, 0.3, (3, 2)),
    ],
)
def test_strength_chooses_the_step_to_start_at_and_never_fewer_than_four(steps, strength, expected):
    assert evaluations(steps, strength) == expected


@pytest.mark.parametrize("schedule", ["karras", "exponential"])
def test_the_last_noise_is_the_smallest_that_training_saw(schedule):
    sigmas, timesteps = noise_levels(CUMULATIVE, schedule, 10)
    assert sigmas[-2] == pytest.approx(TABLE[0])
    assert timesteps[-1] == pytest.approx(0)
