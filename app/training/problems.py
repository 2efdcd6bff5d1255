"""What stands in the way of the next run, and at which setting it is to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.i18n import joined, tr, tr_error
from engine.runtime.refusals import Refusal, RefusedError
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest
from engine.training.optimizer_rules import REPLACE

if TYPE_CHECKING:
    from engine.runtime.errors import StylekilnError

LABELS = {item.name: item.label for item in settings_of(TrainRequest)}


def words_of(refusal: Refusal) -> str:
    """The sentence in the language of the moment; another setting is called by its label."""
    facts = dict(refusal.facts)
    if facts.get("setting") in LABELS:
        facts["setting"] = tr(LABELS[facts["setting"]])
    parts = (refusal.sentence, refusal.remedy)
    return joined(tr(part, **facts) for part in parts if part)


def by_setting(problem: StylekilnError | None) -> dict[str, str]:
    """What is wrong with each setting; the empty name is for what is about none of them."""
    if problem is None:
        return {}
    if not isinstance(problem, RefusedError):
        return {"": tr_error(problem)}
    found: dict[str, str] = {}
    for refusal in problem.refusals:
        found.setdefault(refusal.name if refusal.name in LABELS else "", words_of(refusal))
    return found


def remedies(problem: StylekilnError | None) -> dict[str, dict[str, Any]]:
    """What mends a setting that is wrong at one click: the settings that do it, by that setting."""
    refusals = problem.refusals if isinstance(problem, RefusedError) else ()
    return {one.name: {"optimizer_fallback": True} for one in refusals if one.remedy == REPLACE}


def failure_words(error: BaseException) -> str:
    """Why a run failed; a setting that is wrong is called by its label."""
    if isinstance(error, RefusedError):
        return joined((named(error), tr(error.remedy)))
    return tr_error(error)


def located(problem: StylekilnError | None) -> tuple[str, str]:
    """The first setting that is wrong, empty when none is, and what is wrong."""
    return next(iter(by_setting(problem).items()), ("", ""))


def named(problem: StylekilnError) -> str:
    """What is wrong, with the name of the setting before it."""
    setting, words = located(problem)
    return tr("{label}: {words}", label=tr(LABELS[setting]), words=words) if setting else words
