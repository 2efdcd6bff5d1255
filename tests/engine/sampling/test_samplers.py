from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler

from engine.sampling.samplers import Sampler
from tests.engine.small_models import BETAS

SAMPLERS = ["euler", "euler_a", "dpmpp_2m", "ddim", "unipc"]
KINDS = ["epsilon", "v_prediction"]
MEAN, DEVIATION = 0.7, 0.5


def perfect(latents, sigma, kind):
    """What a perfect model of N(MEAN, DEVIATION) data predicts for unit-variance latents."""
    alpha = (1 + sigma**2) ** -0.5
    noise = sigma * alpha
    variance = alpha**2 * DEVIATION**2 + noise**2
    clean = MEAN + alpha * DEVIATION**2 / variance * (latents - alpha * MEAN)
    epsilon = (latents - alpha * clean) / noise
    return epsilon if kind == "epsilon" else alpha * epsilon - noise * clean


def make(name, schedule="normal", steps=25, kind="epsilon", **more):
    return Sampler(name, schedule, steps, config=BETAS, prediction_type=kind, **more)


def draw(sampler, kind, noise, generators=(), start=None):
    latents = sampler.pure_noise(noise) if start is None else start
    for index in range(sampler.steps):
        prediction = perfect(sampler.model_input(latents, index), sampler.sigmas[index], kind)
        latents = sampler.step(latents, prediction, index, generators)
    return latents


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("schedule", ["normal", "karras", "exponential", "simple"])
@pytest.mark.parametrize("name", SAMPLERS)
def test_a_perfect_model_is_led_to_the_distribution_of_its_data(name, schedule, kind):
    noise = torch.randn(1, 4, 40, 40, generator=seeded(0))
    result = draw(make(name, schedule, 100, kind), kind, noise, [seeded(1)])
    assert result.mean().item() == pytest.approx(MEAN, abs=0.04)
    assert result.std().item() == pytest.approx(DEVIATION, rel=0.06)


@pytest.mark.parametrize("name", SAMPLERS)
def test_both_kinds_of_prediction_take_the_same_path(name):
    noise = torch.randn(1, 4, 8, 8, generator=seeded(0))
    epsilon, velocity = (
        draw(make(name, "karras", 12, kind), kind, noise, [seeded(1)]) for kind in KINDS
    )
    torch.testing.assert_close(epsilon, velocity, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("name", SAMPLERS)
def test_noised_latents_at_unit_variance_are_what_training_saw(name):
    sampler = make(name)
    clean, noise = (torch.randn(1, 4, 8, 8, generator=seeded(seed)) for seed in (1, 2))
    index = 10
    seen = sampler.model_input(sampler.noised(clean, noise, index), index)
    alpha = (1 + sampler.sigmas[index] ** 2) ** -0.5
    expected = alpha * clean + sampler.sigmas[index] * alpha * noise
    torch.testing.assert_close(seen, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SAMPLERS)
def test_the_clean_picture_is_seen_through_the_noise(name, kind):
    sampler = make(name, kind=kind)
    clean, noise = (torch.randn(1, 4, 8, 8, generator=seeded(seed)) for seed in (1, 2))
    index = 7
    sigma = sampler.sigmas[index]
    alpha = (1 + sigma**2) ** -0.5
    answer = noise if kind == "epsilon" else alpha * noise - sigma * alpha * clean
    seen = sampler.clean(sampler.noised(clean, noise, index), answer, index)
    torch.testing.assert_close(seen, clean, atol=1e-4, rtol=1e-4)


def test_ddim_is_diffusers_ddim():
    noise = torch.randn(1, 4, 8, 8, generator=seeded(0))
    ours = make("ddim", steps=20)
    latents = noise
    for index in range(19):
        latents = ours.step(latents, perfect(latents, ours.sigmas[index], "epsilon"), index, [])
    reference = DDIMScheduler(**BETAS, steps_offset=1, clip_sample=False)
    reference.set_timesteps(20)
    expected = noise
    for index, timestep in enumerate(reference.timesteps[:19]):
        answer = perfect(expected, ours.sigmas[index], "epsilon")
        expected = reference.step(answer, timestep, expected).prev_sample
    torch.testing.assert_close(latents, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "kind"), [("euler", EulerDiscreteScheduler), ("dpmpp_2m", DPMSolverMultistepScheduler)]
)
def test_karras_levels_are_those_of_diffusers(name, kind):
    reference = kind(**BETAS, use_karras_sigmas=True)
    reference.set_timesteps(20)
    expected = reference.sigmas[:-1]
    torch.testing.assert_close(torch.tensor(make(name, "karras", 20).sigmas[:-1]), expected)


def test_a_weak_strength_begins_late_in_the_same_schedule():
    whole, part = make("euler", steps=20), make("euler", steps=20, strength=0.3)
    assert part.steps == 6
    assert part.sigmas == whole.sigmas[14:]


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_run_that_begins_late_ends_at_the_same_distribution(name):
    sampler = make(name, "karras", 100, strength=0.5)
    clean = MEAN + DEVIATION * torch.randn(1, 4, 40, 40, generator=seeded(1))
    noise = torch.randn(1, 4, 40, 40, generator=seeded(2))
    result = draw(sampler, "epsilon", noise, [seeded(3)], sampler.noised(clean, noise, 0))
    assert result.mean().item() == pytest.approx(MEAN, abs=0.04)
    assert result.std().item() == pytest.approx(DEVIATION, rel=0.06)


def test_ancestral_noise_belongs_to_the_picture_and_not_to_the_batch():
    noise = torch.randn(3, 4, 8, 8, generator=seeded(0))
    together = draw(make("euler_a"), "epsilon", noise, [seeded(1), seeded(2), seeded(3)])
    alone = draw(make("euler_a"), "epsilon", noise[1:2], [seeded(2)])
    torch.testing.assert_close(together[1:2], alone)
    other = draw(make("euler_a"), "epsilon", noise[1:2], [seeded(4)])
    assert (other - alone).abs().max() > 0.1
