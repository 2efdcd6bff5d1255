"""Planted comparisons: what a LoRA should do with a prompt whose right answer is known.

A thing it never saw must come in the style, a thing it was trained on must not come back as its
training picture, the trigger word alone must give different things, and without the trigger word
the base model must be left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.validation.sentences import Sentence

if TYPE_CHECKING:
    from engine.validation.evidence_rows import Planted, RowEvidence
    from engine.validation.limits import Limits

PromptKind = Literal["seen", "unseen", "trigger", "off"]
"""What a prompt asks for: a caption of the training, another subject, the trigger word alone, or a
subject without the trigger word."""
KINDS: tuple[PromptKind, ...] = ("unseen", "seen", "trigger", "off")


@dataclass(frozen=True)
class Conclusion:
    """What a comparison shows, and whether that is as it should be."""

    good: bool
    sentence: Sentence


def conclude(
    planted: Planted, row: RowEvidence, limits: Limits, training_diversity: float | None = None
) -> Conclusion | None:
    """Read ``row`` of a comparison against the base model's pictures and ``limits``; None where it
    could not be measured.

    More variety than ``training_diversity``, that of the training pictures, is not asked for.
    """
    needed = row.style_fit if planted.kind in ("unseen", "off") else row.copying
    if needed is None:
        return None
    fits = row.style_fit is not None and row.style_fit >= limits.least_fit
    copied = row.copies > limits.copies_share * row.count
    match planted.kind:
        case "unseen":
            return _either(fits, "The style carries over", "The style does not carry over")
        case "seen":
            return _either(not copied, "Still makes new ones", "Repeats what it was trained on")
        case "trigger":
            expected = planted.base.diversity or 0.0
            if training_diversity is not None:
                expected = min(expected, training_diversity)
            left = limits.variety_of_base * expected
            varied = (row.diversity or 0.0) >= left and not copied
            return _either(varied, "Different things", "Always the same things")
        case "off":
            if fits:
                return _either(False, "", "The style comes without its word")
            change, differ = row.figures.change, planted.base.diversity
            far = change is not None and bool(differ) and change.value > limits.leak * (differ or 0)
            return _either(not far, "The base model is kept", "Changes what does not ask for it")


def _either(good: bool, yes: str, no: str) -> Conclusion:
    return Conclusion(good, Sentence(yes if good else no))
