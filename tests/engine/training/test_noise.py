"""What is drawn for a batch: noise of every kind and timesteps, in a fixed order."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from engine.training.distributed import Crew
from engine.training.noise import coarse_noise, draw
from engine.training.settings.objective import ObjectiveSettings
from engine.training.timesteps import draw_timesteps

SHAPE = (3, 4, 16, 8)


def seeded(seed=4):
    return torch.Generator().manual_seed(seed)


def drawn(seed=4, **settings):
    return draw(SHAPE, ObjectiveSettings(**settings), seeded(seed))


CLEAN = torch.randn(SHAPE, generator=seeded(0)) + torch.arange(3).view(3, 1, 1, 1)


def test_a_plain_draw_is_normal_noise_and_even_timesteps_and_nothing_else():
    generator = seeded()
    found = drawn()
    assert torch.equal(found.posterior, torch.randn(SHAPE, generator=generator))
    assert torch.equal(found.target_noise(CLEAN), torch.randn(SHAPE, generator=generator))
    assert torch.equal(found.timesteps, torch.randint(1000, (3,), generator=generator))
    assert found.seen_noise(found.noise) is found.noise


def test_a_draw_repeats_with_its_generator():
    options = {"noise_offset": 0.1, "multires_noise_iterations": 3, "ip_noise_gamma": 0.1}
    first, second, other = drawn(9, **options), drawn(9, **options), drawn(8, **options)
    assert torch.equal(first.target_noise(CLEAN), second.target_noise(CLEAN))
    assert torch.equal(first.perturbation, second.perturbation)
    assert torch.equal(first.timesteps, second.timesteps)
    assert not torch.equal(first.noise, other.noise)


@pytest.mark.parametrize(
    "options",
    [{"noise_offset": 0.5}, {"ip_noise_gamma": 0.5}, {"multires_noise_iterations": 3}],
)
def test_an_option_leaves_the_base_noise_as_it_is(options):
    assert torch.equal(drawn(**options).noise, drawn().noise)


def test_noise_offset_moves_whole_channels_by_its_strength():
    half, whole = drawn(noise_offset=0.25), drawn(noise_offset=0.5)
    shift = whole.target_noise(CLEAN) - whole.noise
    assert float(shift.std(dim=(2, 3)).max()) < 1e-6
    torch.testing.assert_close(shift.mean(dim=(2, 3)), 0.5 * whole.offset[..., 0, 0])
    torch.testing.assert_close((half.target_noise(CLEAN) - half.noise) * 2, shift)


def test_random_strength_is_one_number_for_the_batch_between_nothing_and_all():
    strengths = [
        drawn(seed, noise_offset=0.5, noise_offset_random_strength=True).offset_strength
        for seed in range(40)
    ]
    assert 0 <= min(strengths) < 0.1
    assert 0.4 < max(strengths) < 0.5
    assert drawn(noise_offset=0.5).offset_strength == 0.5


def test_adaptive_offset_follows_the_brightness_of_each_channel_and_never_turns_around():
    found = drawn(noise_offset=0.1, adaptive_noise_scale=0.5)
    means = CLEAN.mean(dim=(2, 3), keepdim=True).abs()
    shift = found.target_noise(CLEAN) - found.noise
    expected = ((0.1 + 0.5 * means) * found.offset).expand(SHAPE)
    torch.testing.assert_close(shift, expected, rtol=1e-4, atol=1e-6)
    shy = drawn(noise_offset=0.1, adaptive_noise_scale=-1)
    bright = (means > 0.1).expand(SHAPE)
    assert bright.any()
    assert torch.equal(shy.target_noise(CLEAN)[bright], shy.noise[bright])


def test_coarse_noise_adds_levels_of_falling_size_and_weight():
    generator = seeded(2)
    total = torch.zeros(SHAPE)
    sizes = []
    for level in range(4):
        ratio = torch.rand(1, generator=generator).item() * 2 + 2
        size = [max(1, int(side / ratio**level)) for side in (16, 8)]
        sizes.append(tuple(size))
        fresh = torch.randn((3, 4, *size), generator=generator)
        total += 0.5**level * interpolate(fresh, (16, 8), mode="bilinear", align_corners=False)
        if 1 in size:
            break
    assert torch.equal(coarse_noise(SHAPE, 4, 0.5, seeded(2)), total)
    assert sizes[0] == (16, 8)
    assert sizes == sorted(sizes, reverse=True)


def test_coarse_noise_ends_with_the_first_level_of_one_cell():
    # Level 3 is at most 8 / 2**3 = 1 cell wide, whatever was drawn.
    assert torch.equal(coarse_noise(SHAPE, 4, 0.5, seeded()), coarse_noise(SHAPE, 9, 0.5, seeded()))


def test_multires_noise_has_unit_deviation_over_the_batch():
    found = drawn(multires_noise_iterations=6, multires_noise_discount=0.8)
    mixed = found.target_noise(CLEAN)
    assert float(mixed.std()) == pytest.approx(1, rel=1e-5)
    neighbors = (mixed[..., 1:, :] * mixed[..., :-1, :]).mean()
    assert (
        float(neighbors) > 0.1 > float((found.noise[..., 1:, :] * found.noise[..., :-1, :]).mean())
    )
    weak = drawn(multires_noise_iterations=6, multires_noise_discount=0.1)
    assert not torch.equal(weak.coarse, found.coarse)


def likeness_of_neighbors(noise):
    return float((noise[..., 1:, :] * noise[..., :-1, :]).mean())


def test_input_perturbation_is_seen_and_not_asked_for():
    found, stronger = drawn(ip_noise_gamma=0.1), drawn(ip_noise_gamma=0.2)
    assert torch.equal(found.target_noise(CLEAN), found.noise)
    assert float((found.seen_noise(found.noise) - found.noise).std()) == pytest.approx(0.1, rel=0.1)
    torch.testing.assert_close(found.perturbation * 2, stronger.perturbation)
    spreads = [
        float(
            drawn(seed, ip_noise_gamma=0.5, ip_noise_gamma_random_strength=True).perturbation.std()
        )
        for seed in range(30)
    ]
    assert min(spreads) < 0.15
    assert max(spreads) > 0.35


def levels(count=4000, **settings):
    return draw_timesteps(ObjectiveSettings(**settings), count, seeded())


def test_timesteps_stay_in_their_range():
    for sampling in ("uniform", "sigmoid", "logit_normal"):
        found = levels(timestep_sampling=sampling, min_timestep=100, max_timestep=104)
        assert sorted(set(found.tolist())) == [100, 101, 102, 103]
        assert found.dtype == torch.int64
    assert levels(min_timestep=999).unique().tolist() == [999]


def test_a_shorter_schedule_limits_the_timesteps():
    found = draw_timesteps(ObjectiveSettings(), 500, seeded(), levels=10)
    assert (int(found.min()), int(found.max())) == (0, 9)


@pytest.mark.parametrize(
    ("settings", "quartiles"),
    [
        ({}, (250, 500, 750)),
        # The logistic function of the quartiles of a normal distribution, -0.6745, 0 and 0.6745.
        ({"timestep_sampling": "sigmoid"}, (337, 500, 663)),
        ({"timestep_sampling": "sigmoid", "sigmoid_scale": 3.0}, (117, 500, 883)),
        ({"timestep_sampling": "logit_normal"}, (337, 500, 663)),
        ({"timestep_sampling": "logit_normal", "logit_mean": -1.0}, (158, 269, 419)),
        ({"timestep_sampling": "logit_normal", "logit_std": 0.5}, (416, 500, 584)),
        ({"timestep_sampling": "sigmoid", "max_timestep": 500}, (168, 250, 331)),
    ],
)
def test_timesteps_are_spread_as_their_distribution_says(settings, quartiles):
    shares = torch.tensor([0.25, 0.5, 0.75])
    found = levels(20000, **settings).float().quantile(shares)
    assert found.tolist() == pytest.approx(quartiles, abs=12)


def test_a_place_to_look_at_is_drawn_only_for_terms_that_look_and_changes_nothing_else():
    found, looking = drawn(), drawn(style_loss_weight=0.1)
    assert found.place is None
    assert looking.place.shape == (3, 2)
    assert torch.equal(found.timesteps, looking.timesteps)


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_processes_that_share_a_batch_train_on_the_noise_of_the_whole_batch(offset):
    found = drawn(multires_noise_iterations=4, noise_offset=offset, ip_noise_gamma=0.1)
    whole = found.seen_noise(found.target_noise(CLEAN))
    for rank in range(2):
        share = Crew(2, rank).rows(found)
        mine = share.target_noise(CLEAN[rank::2])
        assert torch.equal(share.seen_noise(mine), whole[rank::2])
