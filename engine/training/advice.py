"""Words about settings that are allowed and seldom meant, said before a run starts."""

from __future__ import annotations

from engine.training.config import TrainRequest
from engine.training.reasons import Reason

LOW = 0.1  # a rate that an optimizer which finds its own is seldom meant to be slowed to


def advice(request: TrainRequest) -> list[Reason]:
    """What is worth a second look in ``request``."""
    found = []
    rate = max(request.rate_of(part) for part in ("unet", "te1", "te2"))
    if request.optimizer_rule.one_rate and rate <= LOW:
        found.append(
            Reason(
                "{optimizer} finds the rate itself and expects 1 as rate; with {rate} it learns "
                "that much more slowly.",
                optimizer=request.optimizer_type,
                rate=f"{rate:g}",
            )
        )
    return found
