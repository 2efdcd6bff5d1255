"""What stands in the way of the next run, and at which setting it is to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import tr, tr_error
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest

if TYPE_CHECKING:
    from engine.runtime.errors import StylekilnError

LABELS = {item.name: item.label for item in settings_of(TrainRequest)}


def located(problem: StylekilnError | None) -> tuple[str, str]:
    """The setting that ``problem`` is about, empty when that is not one, and what is wrong."""
    if problem is None:
        return "", ""
    setting, _, words = str(problem.facts.get("problem", "")).partition(": ")
    if setting not in LABELS:
        return "", tr_error(problem)
    words = tr(words)
    return setting, words[:1].upper() + words[1:]


def named(problem: StylekilnError) -> str:
    """What is wrong, with the name of the setting before it."""
    setting, words = located(problem)
    return f"{tr(LABELS[setting])}: {words}" if setting else words
