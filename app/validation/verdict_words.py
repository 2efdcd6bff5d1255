"""Words of verdicts for the window: sentences of the engine, marks of judgments, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import tr
from engine.validation.judging import WORD_LABELS
from engine.validation.sentences import decimal

if TYPE_CHECKING:
    from engine.validation.judging import Verdict, Word
    from engine.validation.overfit_stats import Figure
    from engine.validation.sentences import Sentence

WORD_MARKS: dict[Word, tuple[str, str]] = {
    "baseline": ("circle-minus", "t3"),
    "use": ("circle-check", "ok"),
    "second": ("circle-check", "ok"),
    "sound": ("circle-check", "ok"),
    "near": ("triangle-alert", "warn"),
    "hidden": ("triangle-alert", "warn"),
    "copies": ("octagon-alert", "err"),
    "overfit": ("octagon-alert", "err"),
    "variety": ("triangle-alert", "warn"),
    "subjects": ("triangle-alert", "warn"),
    "leaks": ("triangle-alert", "warn"),
    "unlearned": ("circle-minus", "t3"),
    "unknown": ("circle-question-mark", "t3"),
}
"""Icon and color of each word."""
_TO = "\u2013"  # an en dash


def said(sentence: Sentence) -> str:
    """A sentence of the engine in the language of the moment."""
    facts = dict(sentence.facts)
    if "limit" in facts:
        facts["limit"] = tr(facts["limit"])  # a limit's own name, or its number
    if "axis" in facts:
        facts["axis"] = tr(facts["axis"])
    return tr(sentence.template, **facts)


def capital(text: str) -> str:
    """``text`` with a capital letter in front."""
    return text[:1].upper() + text[1:]


def plus_minus(figure: Figure) -> str:
    """Half the width of an interval, ``±0.03``; nothing where there is none."""
    half = (figure.high - figure.low) / 2
    return f"±{half:.2f}" if half > 0 else ""


def interval(figure: Figure, places: int = 2) -> str:
    """The ends of an interval; nothing where there is none."""
    if figure.high <= figure.low:
        return ""
    return f"{decimal(figure.low, places)}{_TO}{decimal(figure.high, places)}"


def word_at(verdict: Verdict, checkpoint: str) -> str:
    """What is said of a checkpoint, and at which weights if others are judged differently."""
    word = verdict.words[checkpoint]
    rows = [one for one in verdict.rows if one.row.checkpoint == checkpoint]
    weights = sorted(one.row.weight for one in rows if one.word == word)
    if len(weights) in (0, len(rows)):
        return tr(WORD_LABELS[word])
    at = ", ".join(f"{weight:g}" for weight in weights)
    return tr("{name} at {weight}", name=tr(WORD_LABELS[word]), weight=at)
