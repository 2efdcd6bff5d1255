"""What an error costs: the loss, and how much each timestep and each place weigh."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings

# Said by the schema where the request names the model's prediction, by the engine where it is auto.
NEEDS_V = "This weighting is made for models that predict v."
NEEDS_EPSILON = "This weighting is made for models that predict noise, not v."


class LossSettings(Settings):
    """What an error costs."""

    # fmt: off
    loss_type: Literal["l2", "l1", "huber", "smooth_l1"] = setting(
        "l2", label="Loss", group="Objective", kohya="loss_type",
        help="How an error is measured: L2 squares it, L1 does not, the others forgive outliers.")
    huber_schedule: Literal["snr", "exponential", "constant"] = setting(
        "snr", label="Huber schedule", group="Objective", kohya="huber_schedule",
        when="loss_type=huber|smooth_l1",
        help="How the Huber threshold moves from little noise to much noise.")
    huber_c: float = setting(
        0.1, label="Huber threshold", group="Objective", kohya="huber_c", step=0.01,
        when="loss_type=huber|smooth_l1",
        help="Errors well above it count singly instead of squared.", ge=0, le=10)
    huber_scale: float = setting(
        1.0, label="Huber scale", group="Objective", kohya="huber_scale", step=0.1,
        when="loss_type=huber|smooth_l1", help="Multiplies the Huber threshold.", gt=0, le=10)
    min_snr_gamma: float = setting(
        0.0, label="Min-SNR gamma", group="Objective", kohya="min_snr_gamma",
        help="Limits the weight of steps with little noise; 5 is usual, 0 is off.", ge=0, le=20)
    debiased_estimation_loss: bool = setting(
        False, label="Debiased estimation", group="Objective", kohya="debiased_estimation_loss",
        help="Weighs a timestep by its noise, so that large shapes are learned sooner.")
    scale_v_pred_loss_like_noise_pred: bool = setting(
        False, label="Scale v loss", group="Objective", kohya="scale_v_pred_loss_like_noise_pred",
        help="Weighs the timesteps of a model that predicts v as if it predicted noise.")
    v_pred_like_loss: float = setting(
        0.0, label="V-like loss", group="Objective", kohya="v_pred_like_loss", step=0.1,
        help="Adds this share of a v loss to a model that predicts noise; 0 is off.", ge=0, le=10)
    kohya_loss_weights: bool = setting(
        False, label="Loss weights as kohya", group="Objective",
        help="Repeats two slips of kohya's scripts: weights that do not know of zero terminal SNR, "
        "and a Huber scale without effect on the snr schedule.")
    prior_loss_weight: float = setting(
        1.0, label="Prior loss weight", group="Objective", kohya="prior_loss_weight",
        help="Weight of regularization pictures against the others.", ge=0, le=10)
    masked_loss: bool = setting(
        True, label="Follow masks", group="Objective", kohya="masked_loss",
        help="Learn only what the masks of the pictures leave in.")
    masked_loss_area: bool = setting(
        False, label="Same weight for small masks", group="Objective", when="masked_loss",
        help="Divides by the area of the mask: a small masked part counts as much as a whole "
        "picture.")
    preservation_weight: float = setting(
        0.0, label="Preservation", group="Objective", step=0.1,
        help="Holds the model to what it drew before wherever the trigger word is missing; 1 is "
        "a start, 0 is off. A step takes two to three times as long.", ge=0, le=10)
    preservation_class: str = setting(
        "", label="Plain word", group="Objective", when="preservation_weight",
        help="Takes the place of the trigger word in what is held, such as drawing; empty leaves "
        "the trigger word out.", max_length=200)
    # fmt: on

    @field_validator("huber_c")
    @classmethod
    def _some_threshold(cls, value: float, info: ValidationInfo) -> float:
        # Only the snr schedule adds something of its own to it.
        counts = info.data.get("loss_type") in ("huber", "smooth_l1")
        if value == 0 and counts and info.data.get("huber_schedule") != "snr":
            raise SettingError("Must be more than {gt}.", gt="0")
        return value

    @field_validator("scale_v_pred_loss_like_noise_pred")
    @classmethod
    def _predicts_v(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("prediction_type") == "epsilon":
            raise SettingError(NEEDS_V)
        return value

    @field_validator("v_pred_like_loss")
    @classmethod
    def _predicts_noise(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("prediction_type") == "v_prediction":
            raise SettingError(NEEDS_EPSILON)
        return value

    @field_validator("preservation_weight")
    @classmethod
    def _has_a_trigger(cls, value: float, info: ValidationInfo) -> float:
        if value and not info.data.get("trigger_word"):
            raise SettingError("It needs {setting} to leave out.", setting="trigger_word")
        return value
