"""Pictures drawn while training."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from engine.runtime.schema import setting
from engine.training.settings.base import Settings

SampleSampler = Literal["euler", "euler_a", "dpmpp_2m", "ddim", "unipc"]

NEAREST_SAMPLER: dict[str, SampleSampler] = {
    "k_euler": "euler",
    "k_euler_a": "euler_a",
    "k_lms": "euler",
    "k_dpm_2": "dpmpp_2m",
    "k_dpm_2_a": "euler_a",
    "lms": "euler",
    "heun": "dpmpp_2m",
    "pndm": "ddim",
    "dpm_2": "dpmpp_2m",
    "dpm_2_a": "euler_a",
    "dpmsolver": "dpmpp_2m",
    "dpmsolver++": "dpmpp_2m",
    "dpmsingle": "dpmpp_2m",
}
"""Kohya's names of samplers that are not ours, and what is drawn with in their place."""


class SampleSettings(Settings):
    """Pictures drawn while training."""

    # fmt: off
    sample_prompts: tuple[str, ...] = setting(
        (), label="Sample prompts", group="Samples", kohya="sample_prompts",
        help="Pictures drawn while training; kohya's options such as --d 42 --s 20 work, and a "
        "line may name a file of prompts that is read anew each time.")
    sample_every_n_epochs: int = setting(
        1, label="Sample every", group="Samples", unit="epochs", kohya="sample_every_n_epochs",
        when="sample_prompts", help="Draws the sample prompts this often; 0 is off.", ge=0)
    sample_every_n_steps: int = setting(
        0, label="Sample every steps", group="Samples", unit="steps", kohya="sample_every_n_steps",
        when="sample_prompts", help="Draws the sample prompts after this many steps too; 0 is off.",
        ge=0)
    sample_at_first: bool = setting(
        True, label="Sample at start", group="Samples", kohya="sample_at_first",
        when="sample_prompts", help="Draws the sample prompts before the first step too.")
    sample_sampler: SampleSampler = setting(
        "dpmpp_2m", label="Sampler of samples", group="Samples", kohya="sample_sampler",
        when="sample_prompts", help="The method that draws the samples; kohya's names work too.")
    # fmt: on

    @field_validator("sample_sampler", mode="before")
    @classmethod
    def _our_sampler(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return NEAREST_SAMPLER.get(value.lower(), value.lower())
