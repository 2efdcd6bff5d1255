"""Reasons of the engine, why a setting changes nothing or was changed, as the window says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import tr
from app.training.problems import LABELS
from app.widgets.choice_names import choice_text
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest

if TYPE_CHECKING:
    from engine.training.reasons import Reason

_LABELS = frozenset(LABELS.values())
_CHOICES = frozenset(choice for item in settings_of(TrainRequest) for choice in item.choices)

_SWITCHES = {"True": "on", "False": "off"}


def reason_words(reason: Reason) -> str:
    """The sentence; settings and choices that it names are called as in the form."""
    facts = {name: _fact(fact) for name, fact in reason.facts.items()}
    if "setting" in facts and facts.get("value") in _SWITCHES:
        facts["value"] = tr(_SWITCHES[facts["value"]])
    return tr(reason.sentence, **facts)


def _fact(text: str) -> str:
    """The label of a setting, choices in words, anything else as it is."""
    if text in _LABELS:
        return tr(text)
    parts = text.split(", ")
    if all(part in _CHOICES for part in parts):
        return tr(", ").join(tr(choice_text(part)) for part in parts)
    return text
