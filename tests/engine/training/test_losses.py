"""Losses and weights, against numbers that were worked out apart from this code."""

from __future__ import annotations

import pytest
import torch

from engine.training import losses
from engine.training.losses import ErrorMeasure
from engine.training.objective import cumulative_alphas

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
ALPHAS = cumulative_alphas(SD)
# timestep, min-SNR(5) for epsilon and v, debiased for epsilon and v, scaled v, and the Huber
# threshold (0.1) of the snr and of the exponential schedule.
GOLDEN = [
    (0, 0.0042537, 0.0042501, 0.031623, 0.000999, 0.999, 0.94971, 1),
    (1, 0.0085344, 0.0085199, 0.041314, 0.001704, 0.9983, 0.93, 0.9977),
    (10, 0.048306, 0.047843, 0.098291, 0.0095687, 0.99043, 0.84612, 0.97724),
    (50, 0.25444, 0.24212, 0.22558, 0.048423, 0.95158, 0.69918, 0.89125),
    (100, 0.59145, 0.52888, 0.34393, 0.10578, 0.89422, 0.5983, 0.79433),
    (200, 1, 0.75369, 0.57167, 0.24631, 0.75369, 0.46435, 0.63096),
    (400, 1, 0.42448, 1.1644, 0.57552, 0.42448, 0.29212, 0.39811),
    (500, 1, 0.27633, 1.6183, 0.72367, 0.27633, 0.23128, 0.31623),
    (700, 1, 0.082521, 3.3344, 0.91748, 0.082521, 0.14791, 0.19953),
    (900, 1, 0.014151, 8.3466, 0.98585, 0.014151, 0.1103, 0.12589),
    (999, 1, 0.0046601, 14.615, 0.99534, 0.0046601, 0.10369, 0.10023),
]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"t={row[0]}")
def test_golden_values_of_weights_and_thresholds(row):
    at = torch.tensor([row[0]])
    snr = ALPHAS[at] / (1 - ALPHAS[at])
    found = (
        losses.min_snr(snr, 5, predicts_v=False),
        losses.min_snr(snr, 5, predicts_v=True),
        losses.debiased(snr, predicts_v=False),
        losses.debiased(snr, predicts_v=True),
        losses.v_as_noise(snr),
        ErrorMeasure("huber").thresholds(at, ALPHAS),
        ErrorMeasure("huber", "exponential").thresholds(at, ALPHAS),
    )
    # The table has five digits, so that its own rounding is up to one part in twenty thousand.
    assert [float(one) for one in found] == pytest.approx(row[1:], rel=1.2e-4)


def test_a_share_of_v_loss_counts_as_its_formula_says():
    snr = torch.tensor([0.25, 1.0, 4000.0])
    found = losses.noise_as_v(snr, 0.5)
    assert found.tolist() == pytest.approx([1 + 0.5 * 5, 2, 1 + 0.5 * 1.001], rel=1e-6)


def test_weights_stay_finite_where_there_is_no_signal_at_all():
    none = torch.tensor([0.0])
    assert losses.min_snr(none, 5, predicts_v=False).tolist() == [1]
    assert losses.min_snr(none, 5, predicts_v=True).tolist() == [0]
    for found in (losses.debiased(none, predicts_v=False), losses.noise_as_v(none, 1.0)):
        assert torch.isfinite(found).all()


def measured(kind, difference, **options):
    predicted = torch.tensor([[[[difference]]]], requires_grad=True)
    measure = ErrorMeasure(kind, "constant", **options)
    found = measure(predicted, torch.zeros(1, 1, 1, 1), torch.tensor([500]), ALPHAS)
    return predicted, found


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("l2", 0.09), ("l1", 0.3), ("smooth_l1", 0.2), ("huber", 0.08)],
)
def test_losses_of_one_element(kind, expected):
    # sqrt(0.3² + 0.4²) = 0.5
    assert measured(kind, -0.3, c=0.4)[1].item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", ["smooth_l1", "huber"])
def test_smooth_losses_keep_their_precision_and_gradient_near_zero(kind):
    predicted, found = measured(kind, 1e-4, c=0.5)
    factor = 0.5 if kind == "huber" else 1
    assert found.item() == pytest.approx(1e-8 / 0.5 * factor, rel=1e-4)
    found.sum().backward()
    assert predicted.grad.item() == pytest.approx(2e-4 / 0.5 * factor, rel=1e-4)
    exact, found = measured(kind, 0.0, c=0.5)
    found.sum().backward()
    assert (found.item(), exact.grad.item()) == (0, 0)


def test_the_threshold_grows_with_its_scale_except_on_kohyas_snr_schedule():
    at = torch.tensor([300])
    for schedule in ("constant", "exponential", "snr"):
        plain = ErrorMeasure("huber", schedule).thresholds(at, ALPHAS)
        scaled = ErrorMeasure("huber", schedule, scale=3).thresholds(at, ALPHAS)
        kohya = ErrorMeasure("huber", schedule, scale=3, kohya_scale=True).thresholds(at, ALPHAS)
        torch.testing.assert_close(scaled, 3 * plain)
        assert torch.equal(kohya, plain if schedule == "snr" else scaled)


ERRORS = torch.tensor([3.0, 1.0]).view(2, 1, 1, 1).expand(2, 4, 2, 2)
MASKS = torch.tensor([[[[1.0, 0.5], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]])


def test_a_mask_weighs_places_and_the_mean_is_over_all_of_them():
    assert losses.picture_means(ERRORS, None, by_area=False).tolist() == [3, 1]
    assert losses.picture_means(ERRORS, MASKS, by_area=False).tolist() == [3 * 1.5 / 4, 0]


def test_by_area_a_small_mask_counts_as_a_whole_picture_and_an_empty_one_nothing():
    assert losses.picture_means(ERRORS, MASKS, by_area=True).tolist() == [3, 0]
