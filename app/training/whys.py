"""Why settings of the next run change nothing, in the language of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.training.draft import BaseModel
from app.training.reason_words import reason_words
from engine.training.config import TrainRequest
from engine.training.idle import idle_reasons


def whys(values: Mapping[str, Any], base: BaseModel) -> dict[str, str]:
    """The sentence for each setting that changes nothing in a run of ``values`` on ``base``. They
    need not be sound; nothing is known while arguments cannot be read.
    """
    request = TrainRequest.model_construct(**values)
    try:
        reasons = idle_reasons(request, two_encoders=base.two_encoders)
    except ValueError:
        return {}
    return {name: reason_words(reason) for name, reason in reasons.items()}
