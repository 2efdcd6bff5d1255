"""Variations: the noise of a seed on its way to another's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.runtime.job import Job
from engine.sampling.describe import describe
from engine.sampling.pipeline import sample
from engine.sampling.pixels import between, draw_noise
from engine.sampling.request import LARGEST_SEED, ImageRequest

SHAPE = (4, 16, 16)


def noise(*seeds):
    return draw_noise([torch.Generator("cpu").manual_seed(seed) for seed in seeds], SHAPE)


def test_noise_on_the_way_is_as_strong_and_ends_at_the_other():
    here, there = noise(1, 2), noise(3, 4)
    assert torch.allclose(between(here, there, 0.0), here, atol=1e-5)
    assert torch.allclose(between(here, there, 1.0), there, atol=1e-5)
    strength = [float(between(here, there, share).std()) for share in (0.1, 0.5, 0.9)]
    assert all(abs(one - 1.0) < 0.06 for one in strength)


def test_farther_is_less_alike():
    here, there = noise(1), noise(3)
    alike = [
        float(
            torch.nn.functional.cosine_similarity(
                between(here, there, share).flatten(), here[0].flatten(), dim=0
            )
        )
        for share in (0.1, 0.3, 0.6)
    ]
    assert alike == sorted(alike, reverse=True)
    assert alike[0] > 0.97


def test_the_same_noise_stays():
    same = noise(5)
    assert torch.allclose(between(same, same, 0.4), same, atol=1e-3)


@pytest.mark.parametrize(
    ("variation", "seeds"),
    [(0.0, [(LARGEST_SEED, 9), (0, 9)]), (0.2, [(LARGEST_SEED, 9), (LARGEST_SEED, 10)])],
)
def test_one_of_both_seeds_counts_up(variation, seeds):
    request = ImageRequest(seed=LARGEST_SEED, variation=variation, variation_seed=9, count=2)
    assert [(shot.seed, shot.variation_seed) for shot in request.shots()] == seeds


def test_a_variation_is_near_its_picture_and_comes_again(starter):
    def drawn(variation, variation_seed=1):
        request = ImageRequest(
            prompt="red apple, flat icon",
            steps=8,
            seed=3,
            variation=variation,
            variation_seed=variation_seed,
        )
        return sample(starter, request, job=Job.detached())[0].astype(int)

    plain, near, far = drawn(0.0), drawn(0.1), drawn(0.9)
    distances = [float(np.abs(one - plain).mean()) for one in (near, far)]
    assert 0 < distances[0] < 0.6 * distances[1]
    assert np.abs(drawn(0.1) - near).max() <= 1
    assert np.abs(drawn(0.1, 2) - near).max() > 10


def test_the_picture_tells_its_variation(starter):
    request = ImageRequest(prompt="apple", seed=3, variation=0.2, variation_seed=8, count=2)
    told = describe(starter, request, request.shots()[1]).settings
    assert told["Seed"] == "3"
    assert told["Variation seed"] == "9"
    assert told["Variation seed strength"] == "0.2"
