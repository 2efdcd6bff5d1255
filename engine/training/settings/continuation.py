"""What the adapter starts from."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class ContinuationSettings(Settings):
    """What the adapter starts from."""

    # fmt: off
    network_weights: str = setting(
        "", label="Continue from", group="Network", kohya="network_weights",
        path="file",
        help="An adapter file to go on from, instead of starting anew.")
    dim_from_weights: bool = setting(
        False, label="Rank from the file", group="Network", kohya="dim_from_weights",
        when="network_weights",
        help="Takes kind, layers, ranks and alphas from that file instead of from the fields here.")
    base_weights: tuple[str, ...] = setting(
        (), label="Learn on top of", group="Network", kohya="base_weights",
        help="Adapter files that act while training as if they were part of the base model.")
    base_weights_multiplier: tuple[float, ...] = setting(
        (), label="Their strengths", group="Network", kohya="base_weights_multiplier",
        when="base_weights", help="One number for each of those files; a missing one is 1.")
    # fmt: on

    @property
    def base_adapters(self) -> list[tuple[str, float]]:
        """The files that act as part of the base model, each with its strength."""
        strengths = [*self.base_weights_multiplier, *[1.0] * len(self.base_weights)]
        return list(zip(self.base_weights, strengths, strict=False))

    @field_validator("base_weights", "base_weights_multiplier", mode="before")
    @classmethod
    def _one_alone(cls, value: Any) -> Any:
        if value in ("", None):
            return ()
        return (value,) if isinstance(value, (str, int, float)) else value

    @field_validator("base_weights_multiplier")
    @classmethod
    def _as_many_as_files(cls, value: tuple[float, ...], info: ValidationInfo) -> Any:
        if len(value) > len(info.data.get("base_weights", ())):
            raise SettingError("There are more strengths than files to learn on top of.")
        return value
