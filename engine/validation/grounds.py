"""What there is to judge: the rows with a LoRA, what they are called, and what they lack."""

from __future__ import annotations

from collections.abc import Sequence

from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.sentences import Sentence
from engine.validation.words import short_names


def lacking(evidence: Evidence) -> tuple[Sentence, ...]:
    """What has to be drawn before a checkpoint can be picked; empty when nothing is missing."""
    rows = tried(evidence)
    found: list[Sentence] = []
    if evidence.undrawn is not None:
        found += evidence.undrawn.sentences
    if any(row.diversity is None for row in rows):
        found.append(
            Sentence("Draw at least 2 seeds; with one nobody can see whether pictures differ.", {})
        )
    if evidence.base is None:
        found.append(
            Sentence("Draw the base model row, or weight 0, to measure the style against.", {})
        )
    if len({(row.checkpoint, row.weight) for row in rows}) < len({row.at for row in rows}):
        words = (
            "Draw a single base model, second LoRA and weight on the text encoder: with several, "
            "a checkpoint and its weight do not say which model is recommended."
        )
        found.append(Sentence(words))
    return tuple(found)


def unjudged(evidence: Evidence) -> tuple[Sentence, ...]:
    """What nobody can tell, however much is drawn, because pictures of the training are gone."""
    rows, found = tried(evidence), []
    if any(row.copying is None for row in rows):
        words = "Whether it copies cannot be judged: no training picture is at hand."
        found.append(Sentence(words))
    if evidence.base is not None and any(row.style_fit is None for row in rows):
        words = "The style cannot be judged: neither training nor held-out pictures are at hand."
        found.append(Sentence(words))
    return tuple(found)


def tried(evidence: Evidence) -> list[RowEvidence]:
    """The rows with a LoRA."""
    return [
        row for row in evidence.rows if row.checkpoint and (row.weight or row.variant.text_weight)
    ]


def names_of(rows: Sequence[RowEvidence]) -> dict[str, str]:
    """What to call each checkpoint where nobody said."""
    checkpoints = list(dict.fromkeys(row.checkpoint for row in rows))
    return dict(zip(checkpoints, short_names(checkpoints), strict=True))
