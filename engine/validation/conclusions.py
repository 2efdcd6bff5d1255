"""What planted comparisons show, by the limits that hold."""

from __future__ import annotations

from dataclasses import dataclass

from engine.validation.evidence import Evidence
from engine.validation.evidence_rows import Planted, RowEvidence
from engine.validation.limits import Limits
from engine.validation.overfit_rules import copies
from engine.validation.sentences import Sentence


@dataclass(frozen=True)
class Conclusion:
    """What a comparison shows, and whether that is as it should be."""

    good: bool
    sentence: Sentence


def conclude(
    planted: Planted, row: RowEvidence, evidence: Evidence, limits: Limits
) -> Conclusion | None:
    """Read ``row`` of a comparison in ``evidence`` against the base model's pictures and
    ``limits``; None where it could not be measured.

    More variety than that of the training pictures is not asked for.
    """
    needed = row.style_fit if planted.kind in ("unseen", "off") else row.copying
    if needed is None:
        return None
    fits = row.style_fit is not None and row.style_fit >= limits.least_fit
    copied = copies(row, evidence, limits) > limits.copies_share * row.count
    match planted.kind:
        case "unseen":
            return _either(fits, "The style carries over", "The style does not carry over")
        case "seen":
            return _either(not copied, "Still makes new ones", "Repeats what it was trained on")
        case "trigger":
            expected = planted.base.diversity or 0.0
            if evidence.training_diversity is not None:
                expected = min(expected, evidence.training_diversity)
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
