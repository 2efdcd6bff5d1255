"""Why settings of the next run change nothing, in the language of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.i18n import tr
from app.training.problems import LABELS
from app.widgets.schema_controls import choice_text
from engine.training.config import TrainRequest
from engine.training.idle import idle_reasons
from engine.training.reasons import Reason

_NAMES = frozenset(LABELS.values())


def whys(values: Mapping[str, Any]) -> dict[str, str]:
    """The sentence for each setting that changes nothing in a run of ``values``, which need not be
    sound; nothing is known while arguments cannot be read.
    """
    try:
        reasons = idle_reasons(TrainRequest.model_construct(**values))
    except ValueError:
        return {}
    return {name: _words(reason) for name, reason in reasons.items()}


def _words(reason: Reason) -> str:
    facts = {name: tr(fact) if fact in _NAMES else fact for name, fact in reason.facts.items()}
    if "value" in facts:  # the choices of a condition
        facts["value"] = ", ".join(tr(choice_text(one)) for one in facts["value"].split(", "))
    return tr(reason.sentence, **facts)
