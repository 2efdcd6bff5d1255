"""Pictures drawn while training."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings

SampleSampler = Literal["euler", "euler_a", "dpmpp_2m", "ddim", "unipc"]

MOST_WEIGHT = 4.0
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
    check_overfit: bool = setting(
        False, label="Over-fit check while training", group="Samples",
        help="Draws a small grid at every checkpoint and measures whether training pictures are "
        "repeated; off, because it takes as long as that many samples.")
    check_prompts: int = setting(
        4, label="Prompts checked", group="Samples", when="check_overfit",
        help="A caption that is learned and one that is held out, the trigger word alone and a "
        "caption without it; more are further captions.", ge=1, le=6)
    check_seeds: int = setting(
        2, label="Seeds checked", group="Samples", when="check_overfit",
        help="Every prompt is drawn with this many seeds; from 2 on it is told how much they "
        "differ.", ge=1, le=16)
    check_weights: tuple[float, ...] = setting(
        (1.0,), label="Weights checked", group="Samples", when="check_overfit",
        help="How strongly the checkpoint acts; each weight is a row of its own.")
    check_steps: int = setting(
        25, label="Steps of the check", group="Samples", when="check_overfit",
        help="Sampling steps of each picture; fewer are quicker and rougher.", ge=1, le=150)
    # fmt: on

    @field_validator("check_weights")
    @classmethod
    def _some_weights(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or not all(0 < abs(weight) <= MOST_WEIGHT for weight in value):
            raise SettingError(
                "Write one weight or more, each up to {most} and none 0.", most=f"{MOST_WEIGHT:g}"
            )
        return tuple(dict.fromkeys(value))

    @field_validator("sample_sampler", mode="before")
    @classmethod
    def _our_sampler(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return NEAREST_SAMPLER.get(value.lower(), value.lower())
