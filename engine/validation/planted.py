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
    from engine.validation.evidence_rows import RowEvidence
    from engine.validation.limits import Limits

PromptKind = Literal["seen", "unseen", "trigger", "off"]
"""What a prompt asks for: a caption of the training, another subject, the trigger word alone, or a
subject without the trigger word."""
KINDS: tuple[PromptKind, ...] = ("unseen", "seen", "trigger", "off")


@dataclass(frozen=True)
class Planted:
    """The pictures of one ``prompt`` of a kind: those of the base model, and each row's."""

    kind: PromptKind
    prompt: str
    base: RowEvidence
    rows: tuple[RowEvidence, ...]

    def row(self, checkpoint: str, weight: float) -> RowEvidence | None:
        """The pictures of a checkpoint at a weight."""
        wanted = (checkpoint, weight)
        return next((row for row in self.rows if (row.checkpoint, row.weight) == wanted), None)


@dataclass(frozen=True)
class Conclusion:
    """What a comparison shows, and whether that is as it should be."""

    good: bool
    sentence: Sentence


def conclude(planted: Planted, row: RowEvidence, limits: Limits) -> Conclusion:
    """Read ``row`` of a comparison against the base model's pictures and ``limits``."""
    fits = row.style_fit is not None and row.style_fit >= limits.least_fit
    copied = row.copies > limits.copies_share * row.count
    match planted.kind:
        case "unseen":
            return _either(fits, "The style carries over", "The style does not carry over")
        case "seen":
            return _either(not copied, "Still makes new ones", "Repeats what it was trained on")
        case "trigger":
            expected = limits.variety_of_base * (planted.base.diversity or 0.0)
            varied = (row.diversity or 0.0) >= expected and not copied
            return _either(varied, "Different things", "Always the same things")
        case "off":
            words = "The base model is kept", "The style comes without its word"
            return _either(not fits, *words)


def _either(good: bool, yes: str, no: str) -> Conclusion:
    return Conclusion(good, Sentence(yes if good else no))
