from __future__ import annotations

import pytest
import torch

from engine.training.objective import Objective, cumulative_alphas, draw

SD = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}
# Reference values: timestep, cumulative alpha, SNR, min-SNR(5) for epsilon and for v, and the
# cumulative alpha after the zero-SNR fix.
GOLDEN = [
    (0, 0.99915, 1175.4, 0.0042537, 0.0042501, 0.99915),
    (1, 0.9983, 585.86, 0.0085344, 0.0085199, 0.99823),
    (10, 0.99043, 103.51, 0.048306, 0.047843, 0.98979),
    (50, 0.95158, 19.651, 0.25444, 0.24212, 0.94814),
    (100, 0.89422, 8.4539, 0.59145, 0.52888, 0.88676),
    (200, 0.75369, 3.06, 1, 0.75369, 0.73706),
    (400, 0.42448, 0.73757, 1, 0.42448, 0.39189),
    (500, 0.27633, 0.38185, 1, 0.27633, 0.24102),
    (700, 0.082521, 0.089943, 1, 0.082521, 0.055249),
    (900, 0.014151, 0.014354, 1, 0.014151, 0.0029604),
    (999, 0.0046601, 0.0046819, 1, 0.0046601, 0),
]


def objective(prediction="epsilon", gamma=0.0):
    return Objective(cumulative_alphas(SD), prediction, gamma)


@pytest.mark.parametrize("row", GOLDEN)
def test_golden_values_of_the_noise_schedule(row):
    step, alpha, snr, epsilon, velocity, rescaled = row
    at = torch.tensor([step])
    assert float(objective().alphas[step]) == pytest.approx(alpha, rel=1e-4)
    assert float(objective().snr(at)) == pytest.approx(snr, rel=1e-4)
    assert float(objective("epsilon", 5).weights(at)) == pytest.approx(epsilon, rel=1e-4)
    assert float(objective("v_prediction", 5).weights(at)) == pytest.approx(velocity, rel=1e-4)
    fixed = cumulative_alphas(SD | {"rescale_betas_zero_snr": True})
    assert float(fixed[step]) == pytest.approx(rescaled, rel=1e-4, abs=1e-9)


def test_noise_and_velocity_give_back_the_clean_latents():
    clean, noise = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(0)).chunk(2)
    at = torch.tensor([300])
    noisy = objective().noisy(clean, noise, at)
    velocity = objective("v_prediction").target(clean, noise, at)
    alpha = objective().alphas[300]
    torch.testing.assert_close(alpha.sqrt() * noisy - (1 - alpha).sqrt() * velocity, clean)
    torch.testing.assert_close(objective().target(clean, noise, at), noise)


def test_loss_is_the_mean_square_of_each_picture():
    predicted, target = torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2)
    target[1] *= 3
    assert objective().losses(predicted, target, torch.tensor([5, 5])).tolist() == [1, 9]


def test_a_perfect_answer_has_no_loss():
    answer = torch.ones(1, 1, 2, 2)
    assert objective(gamma=5).losses(answer, answer, torch.tensor([5])).tolist() == [0]


def test_noise_offset_moves_whole_channels():
    plain = draw((2, 3, 8, 8), 1000, torch.Generator().manual_seed(4))
    moved = draw((2, 3, 8, 8), 1000, torch.Generator().manual_seed(4), noise_offset=0.5)
    shift = moved.noise - plain.noise
    assert torch.equal(plain.posterior, moved.posterior)
    assert float(shift.std(dim=(2, 3)).max()) < 1e-6
    assert float(shift.abs().mean()) > 0.05


def test_a_draw_repeats_with_its_generator():
    first, second = (draw((1, 2, 4, 4), 10, torch.Generator().manual_seed(9)) for _ in range(2))
    assert torch.equal(first.noise, second.noise)
    assert torch.equal(first.timesteps, second.timesteps)


def test_min_snr_weighs_the_loss_down_where_there_is_little_noise():
    predicted, target = torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2)
    found = objective(gamma=5).losses(predicted, target, torch.tensor([10, 500]))
    assert found.tolist() == pytest.approx([0.048306, 1], rel=1e-4)


def test_a_mask_weighs_places_and_the_mean_is_over_all_of_them():
    predicted, target = torch.full((2, 4, 2, 2), 3.0), torch.zeros(2, 4, 2, 2)
    masks = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]], [[[1.0, 1.0], [1.0, 1.0]]]])
    found = objective().losses(predicted, target, torch.tensor([5, 5]), masks)
    assert found.tolist() == [9 / 4, 9]
