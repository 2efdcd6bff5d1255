"""The noise that is put on pictures, and how much of it when."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class NoiseSettings(Settings):
    """The noise that is put on pictures, and how much of it when."""

    # fmt: off
    noise_offset: float = setting(
        0.0, label="Noise offset", group="Noise", kohya="noise_offset", step=0.01,
        help="Lets the model learn darker and brighter pictures; 0.05 is usual, 0 is off.",
        ge=0, le=1)
    noise_offset_random_strength: bool = setting(
        False, label="Random offset strength", group="Noise", when="noise_offset",
        kohya="noise_offset_random_strength",
        help="Draw the strength of the noise offset anew for every batch, from 0 to the value.")
    adaptive_noise_scale: float = setting(
        0.0, label="Adaptive noise scale", group="Noise", kohya="adaptive_noise_scale",
        when="noise_offset", step=0.01,
        help="Adds this times the mean brightness of the picture to the noise offset; 0 is off.",
        ge=-1, le=1)
    multires_noise_iterations: int = setting(
        0, label="Multires noise levels", group="Noise", kohya="multires_noise_iterations",
        help="Adds noise of this many coarser levels, so that large shapes are learned too; "
        "6 to 10 is usual, 0 is off.", ge=0, le=64)
    multires_noise_discount: float = setting(
        0.3, label="Multires noise discount", group="Noise", kohya="multires_noise_discount",
        when="multires_noise_iterations", step=0.1,
        help="How strong each coarser level is against the one before; 0.1 to 0.3 for few "
        "pictures, 0.8 for many.", ge=0, le=1)
    ip_noise_gamma: float = setting(
        0.0, label="Input perturbation", group="Noise", kohya="ip_noise_gamma", step=0.01,
        help="Adds noise the model is not asked about, which makes it more robust; 0.1 is usual, "
        "0 is off.", ge=0, le=1)
    ip_noise_gamma_random_strength: bool = setting(
        False, label="Random perturbation strength", group="Noise", when="ip_noise_gamma",
        kohya="ip_noise_gamma_random_strength",
        help="Draw the strength of the input perturbation anew for every batch, from 0 to the "
        "value.")
    min_timestep: int = setting(
        0, label="Least noise", group="Noise", unit="timestep", kohya="min_timestep",
        help="Lowest timestep that is trained; 0 is nearly clean.", ge=0, le=999)
    max_timestep: int = setting(
        1000, label="Most noise", group="Noise", unit="timestep", kohya="max_timestep",
        help="Training stays below this timestep; 1000 goes up to pure noise.", ge=1, le=1000)
    timestep_sampling: Literal["uniform", "sigmoid", "logit_normal"] = setting(
        "uniform", label="Timestep sampling", group="Noise",
        help="How often each amount of noise is trained: all alike, or the middle more often.")
    sigmoid_scale: float = setting(
        1.0, label="Sigmoid scale", group="Noise", when="timestep_sampling=sigmoid", step=0.1,
        help="Below 1 gathers the timesteps in the middle, above 1 pushes them to both ends.",
        gt=0, le=10)
    logit_mean: float = setting(
        0.0, label="Logit mean", group="Noise", when="timestep_sampling=logit_normal", step=0.1,
        help="Below 0 trains little noise (details) more often, above 0 much noise (layout).",
        ge=-6, le=6)
    logit_std: float = setting(
        1.0, label="Logit spread", group="Noise", when="timestep_sampling=logit_normal", step=0.1,
        help="How widely the timesteps lie around the middle.", gt=0, le=10)
    zero_terminal_snr: bool = setting(
        False, label="Zero terminal SNR", group="Noise", kohya="zero_terminal_snr",
        help="Ends the noise schedule in pure noise, for models that predict v; a model that says "
        "it was trained so gets it anyway.")
    # fmt: on

    @field_validator("adaptive_noise_scale")
    @classmethod
    def _something_adapts(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("noise_offset") == 0:
            raise SettingError(
                "There is no noise offset that could adapt; set {setting} too.",
                setting="noise_offset",
            )
        return value

    @field_validator("max_timestep")
    @classmethod
    def _range_holds_something(cls, value: int, info: ValidationInfo) -> int:
        if value <= info.data.get("min_timestep", 0):
            raise SettingError("Must be above {setting}.", setting="min_timestep")
        return value
