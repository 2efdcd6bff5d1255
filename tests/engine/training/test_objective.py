"""The noise schedule, what is predicted, and how settings reach the loss."""

from __future__ import annotations

import pytest
import torch

from engine.models.loading import load_model
from engine.runtime.errors import BadInputError
from engine.runtime.schema import validated
from engine.training.checks import check
from engine.training.config import TrainRequest
from engine.training.objective import Objective, cumulative_alphas

SD = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}
# timestep, cumulative alpha, SNR, and the cumulative alpha after the zero-SNR fix
GOLDEN = [
    (0, 0.99915, 1175.4, 0.99915),
    (1, 0.9983, 585.86, 0.99823),
    (10, 0.99043, 103.51, 0.98979),
    (50, 0.95158, 19.651, 0.94814),
    (100, 0.89422, 8.4539, 0.88676),
    (200, 0.75369, 3.06, 0.73706),
    (400, 0.42448, 0.73757, 0.39189),
    (500, 0.27633, 0.38185, 0.24102),
    (700, 0.082521, 0.089943, 0.055249),
    (900, 0.014151, 0.014354, 0.0029604),
    (999, 0.0046601, 0.0046819, 0),
]


def objective(prediction="epsilon", **options):
    return Objective(cumulative_alphas(SD), prediction, **options)


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"t={row[0]}")
def test_golden_values_of_the_noise_schedule(row):
    step, alpha, snr, rescaled = row
    assert float(objective().alphas[step]) == pytest.approx(alpha, rel=1e-4)
    assert float(objective()._snr[step]) == pytest.approx(snr, rel=1e-4)
    for fixed in (
        cumulative_alphas(SD | {"rescale_betas_zero_snr": True}),
        cumulative_alphas(SD, zero_snr=True),
    ):
        assert float(fixed[step]) == pytest.approx(rescaled, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_a_true_answer_gives_back_the_clean_latents(prediction):
    clean, noise = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(0)).chunk(2)
    at = torch.tensor([300])
    one = objective(prediction)
    noisy, answer = one.noisy(clean, noise, at), one.target(clean, noise, at)
    torch.testing.assert_close(one.clean(noisy, answer, at), clean)
    assert torch.equal(answer, noise) == (prediction == "epsilon")


def test_loss_is_the_mean_square_of_each_picture():
    predicted, target = torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2)
    target[1] *= 3
    assert objective().losses(predicted, target, torch.tensor([5, 5])).tolist() == [1, 9]


def test_a_perfect_answer_has_no_loss():
    answer = torch.ones(1, 1, 2, 2)
    found = objective(min_snr_gamma=5).losses(answer, answer, torch.tensor([5]))
    assert found.tolist() == [0]


def test_weightings_multiply():
    at = torch.tensor([100])
    both = objective(min_snr_gamma=5, debiased=True).weights(at)
    assert float(both) == pytest.approx(0.59145 * 0.34393, rel=1e-4)


def test_masks_are_followed_or_not():
    predicted, target = torch.full((1, 4, 2, 2), 3.0), torch.zeros(1, 4, 2, 2)
    masks = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    found = [
        objective(**options).losses(predicted, target, torch.tensor([5]), masks).item()
        for options in ({}, {"by_area": True}, {"masked": False})
    ]
    assert found == [9 / 4, 9, 9]


@pytest.fixture
def asked(models, request_for):
    """The objective that a request makes on a model."""

    def build(prediction="v_prediction", **changes):
        device = torch.device("cpu")
        model = load_model(str(models[prediction]), device=device, dtype=torch.float32)
        return Objective.of(request_for(**changes), model)

    return build


def test_zero_terminal_snr_ends_the_schedule_in_pure_noise(asked):
    assert float(asked().alphas[-1]) == pytest.approx(0.0046601, rel=1e-4)
    assert float(asked(zero_terminal_snr=True).alphas[-1]) == 0


def test_weights_follow_the_true_schedule_or_kohyas(asked):
    at = torch.tensor([900])
    ours = asked(zero_terminal_snr=True, min_snr_gamma=5).weights(at)
    kohya = asked(zero_terminal_snr=True, min_snr_gamma=5, kohya_loss_weights=True).weights(at)
    assert float(ours) == pytest.approx(0.0029604, rel=1e-4)
    assert float(kohya) == pytest.approx(0.014151, rel=1e-4)


REFUSED = [
    ({"adaptive_noise_scale": 0.1}, "no noise offset"),
    ({"min_timestep": 500, "max_timestep": 500}, "must be above min_timestep"),
    ({"min_timestep": 600, "max_timestep": 500}, "must be above min_timestep"),
    ({"prediction_type": "epsilon", "scale_v_pred_loss_like_noise_pred": True}, "predict v"),
    ({"prediction_type": "v_prediction", "v_pred_like_loss": 0.5}, "predict noise, not v"),
    ({"loss_type": "huber", "huber_c": 0, "huber_schedule": "constant"}, "must be more than 0"),
    ({"loss_type": "smooth_l1", "huber_c": 0, "huber_schedule": "exponential"}, "more than 0"),
    ({"style_loss_weight": 1, "style_features": "vgg"}, "the VGG network"),
    ({"style_min_timestep": 500}, "must be above style_min_timestep"),
    ({"preservation_weight": 1.0}, "needs trigger_word"),
]


@pytest.mark.parametrize(("values", "words"), REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(values, words):
    with pytest.raises(BadInputError, match=words):
        validated(TrainRequest, {"project": "p", **values})


@pytest.mark.parametrize(
    ("prediction", "values", "words"),
    [
        ("epsilon", {"scale_v_pred_loss_like_noise_pred": True}, "predict v"),
        ("v_prediction", {"v_pred_like_loss": 0.5}, "predict noise, not v"),
    ],
)
def test_what_the_model_itself_rules_out_is_refused_too(
    models, request_for, prediction, values, words
):
    device = torch.device("cpu")
    loaded = {
        kind: load_model(str(models[kind]), device=device, dtype=torch.float32)
        for kind in ("epsilon", "v_prediction")
    }
    with pytest.raises(BadInputError, match=words):
        check(request_for(**values), loaded[prediction])
    other = next(kind for kind in loaded if kind != prediction)
    check(request_for(**values), loaded[other])
