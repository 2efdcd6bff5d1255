"""Words about settings that are allowed and seldom meant, said before a run starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from engine.models.inspect import inspect
from engine.runtime.errors import StylekilnError
from engine.training.config import TrainRequest
from engine.training.reasons import Reason

LOW = 0.1  # a rate that an optimizer which finds its own is seldom meant to be slowed to


def advice(
    request: TrainRequest, *, predicts: str = "", two_encoders: bool = False, says: str = ""
) -> list[Reason]:
    """What is worth a second look in ``request`` on a model that ``predicts`` epsilon or
    v_prediction, empty where that is not known, and has one text encoder or ``two_encoders``. Its
    file ``says`` what it predicts, or nothing.
    """
    return [
        *_about_model(request, says),
        *_about_rates(request),
        *_about_noise(request, predicts or request.prediction_type),
        *_about_captions(request, two_encoders),
    ]


def file_says(request: TrainRequest) -> str:
    """What the file of the base model says that it predicts; the model itself does as asked."""
    with suppress(StylekilnError):  # a model that is named as no file says nothing
        return inspect(request.base_model).prediction_type
    return ""


def _about_model(request: TrainRequest, says: str) -> Iterator[Reason]:
    chosen = request.prediction_type
    if says and chosen not in ("auto", says):
        yield Reason(
            "The file of the base model says that it predicts {says}, and {setting} is {chosen}; "
            "auto does as the file says.",
            says=says, setting="Model predicts", chosen=chosen,
        )  # fmt: skip


def _about_rates(request: TrainRequest) -> Iterator[Reason]:
    rate = max(request.rate_of(part) for part in ("unet", "te1", "te2"))
    if request.optimizer_rule.one_rate and rate <= LOW:
        yield Reason(
            "{optimizer} finds the rate itself and expects 1 as rate; with {rate} it learns "
            "that much more slowly.",
            optimizer=request.optimizer_type,
            rate=f"{rate:g}",
        )


def _about_noise(request: TrainRequest, predicts: str) -> Iterator[Reason]:
    """At its last timestep a schedule that ends in pure noise asks for noise that can be seen."""
    if request.zero_terminal_snr and predicts == "epsilon":
        yield Reason(
            "Zero terminal SNR is made for models that predict v; this one predicts noise, and "
            "learns nothing from the last timestep."
        )


def _about_captions(request: TrainRequest, two_encoders: bool) -> Iterator[Reason]:
    if two_encoders and request.clip_skip > 1:
        yield Reason(
            "Clip skip {value} changes nothing: SDXL always reads the same text layer.",
            value=request.clip_skip,
        )
