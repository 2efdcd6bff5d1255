"""What speaks against a row: red flags, and the signs that together make a suspicion.

Over-fitting is suspected from at least two of: generated pictures nearer to the training than
held-out art, more copies than the training pictures are of each other, less variety than the base
model, prompts followed less, a few training pictures that attract everything, and a held-out loss
that rises again. One sign alone has other causes often enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.limits import Limits
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import Sentence, shown

FlagKind = Literal["copies", "overfit", "variety", "subjects", "leaks", "unlearned"]
SignKind = Literal["excess", "share", "diversity", "following", "entropy", "loss"]
GRAVITY: tuple[FlagKind, ...] = ("copies", "overfit", "variety", "subjects", "leaks", "unlearned")
"""All kinds of flags, the gravest first."""
# The background's share of copies is 5 % by the way the threshold is set; a set without any
# repetition must not make a single picture a sign.
_LEAST_BACKGROUND = 0.05


@dataclass(frozen=True)
class Sign:
    """One sign of over-fitting: what was measured, and the limit it passed."""

    kind: SignKind
    value: float
    limit: float
    sentence: Sentence


@dataclass(frozen=True)
class Flag:
    """Something that speaks against a row: a headline and a detail, the signs of a suspicion, and
    the cells that raise it, most telling first. ``also`` are other weights at which it holds.
    """

    kind: FlagKind
    checkpoint: str
    weight: float
    headline: Sentence
    detail: Sentence
    signs: tuple[Sign, ...] = ()
    cells: tuple[str, ...] = ()
    also: tuple[float, ...] = ()

    @property
    def details(self) -> tuple[Sentence, ...]:
        """All that is told below the headline."""
        weights = ", ".join(f"{weight:g}" for weight in self.also)
        also = (Sentence("the same at weight {weights}", {"weights": weights}),) if weights else ()
        return (self.detail, *also, *(sign.sentence for sign in self.signs))


def threshold(evidence: Evidence, limits: Limits) -> float:
    """The similarity from which a picture is a copy."""
    return limits.copy_similarity or evidence.threshold


def leak(row: RowEvidence, evidence: Evidence) -> Figure | None:
    """How far prompts without the trigger word are from the base model's pictures, as a share of
    how far its pictures of two seeds are from each other: the same for every extractor. None where
    the grid does not show it.
    """
    base = evidence.base.diversity if evidence.base is not None else None
    return row.figures.bleed.over(base) if row.figures.bleed is not None and base else None


def copies(row: RowEvidence, evidence: Evidence, limits: Limits) -> int:
    """How many pictures of ``row`` are copies."""
    if not limits.copy_similarity or not row.cells:
        return row.copies
    return sum((evidence.cells[one].copying or 0.0) > limits.copy_similarity for one in row.cells)


class Rules:
    """Reads rows against the base model, the background and ``limits``; ``names`` says what to
    call each checkpoint.
    """

    def __init__(self, evidence: Evidence, limits: Limits, names: Mapping[str, str]) -> None:
        self._evidence = evidence
        self._limits = limits
        self._names = names

    def flags(self, row: RowEvidence) -> tuple[Flag, ...]:
        """All that speaks against a row, the gravest first."""
        found = (
            self._copies(row),
            self._suspicion(row),
            self._variety(row),
            self._subjects(row),
            self._leaks(row),
            self._unlearned(row),
        )
        return tuple(flag for flag in found if flag is not None)

    def signs(self, row: RowEvidence) -> tuple[Sign, ...]:
        """The signs of over-fitting that a row shows."""
        found = (
            self._excess(row),
            self._share(row),
            self._less_diverse(row),
            self._less_following(row),
            self._attracted(row),
            self._risen(row),
        )
        return tuple(sign for sign in found if sign is not None)

    # Signs

    def _excess(self, row: RowEvidence) -> Sign | None:
        figure, limit = row.figures.excess, self._limits.excess
        if figure is None or figure.value <= limit:
            return None
        words = "{excess} nearer to the training pictures than unseen art (limit {limit})"
        facts = shown(excess=figure.value, limit=limit)
        return Sign("excess", figure.value, limit, Sentence(words, facts))

    def _share(self, row: RowEvidence) -> Sign | None:
        limits, line = self._limits, threshold(self._evidence, self._limits)
        similar = self._evidence.training_similarities
        usual = sum(one > line for one in similar) / max(1, len(similar))
        limit = limits.share_of_background * max(usual, _LEAST_BACKGROUND)
        share = copies(row, self._evidence, limits) / max(1, row.count)
        if share <= limit:
            return None
        words = "{share} of the pictures are copies (limit {limit})"
        facts = {"share": _percent(share), "limit": _percent(limit)}
        return Sign("share", share, limit, Sentence(words, facts))

    def _less_diverse(self, row: RowEvidence) -> Sign | None:
        base = self._evidence.expected_diversity
        if row.diversity is None or not base:
            return None
        left, limit = row.diversity / base, self._limits.variety_of_base
        if left >= limit:
            return None
        words = "{left} of the variety that is possible is left (limit {limit})"
        facts = {"left": _percent(left), "limit": _percent(limit)}
        return Sign("diversity", left, limit, Sentence(words, facts))

    def _less_following(self, row: RowEvidence) -> Sign | None:
        figure, limit = row.figures.following_change, self._limits.following_drop
        if figure is None or -figure.value <= limit:
            return None
        words = "prompts are followed {drop} less than by the base model (limit {limit})"
        facts = {"drop": _percent(-figure.value), "limit": _percent(limit)}
        return Sign("following", -figure.value, limit, Sentence(words, facts))

    def _attracted(self, row: RowEvidence) -> Sign | None:
        """Only where the base model's pictures are spread more: what it draws may lie nearest to a
        few training pictures by itself.
        """
        figure, limit = row.figures.entropy, self._limits.least_entropy
        base = self._evidence.base.figures.entropy if self._evidence.base is not None else None
        if figure is None or figure.value >= limit:
            return None
        if base is not None and figure.value >= base.value:
            return None
        words = "a few training pictures attract everything: spread {entropy} (limit {limit})"
        facts = shown(entropy=figure.value, limit=limit)
        return Sign("entropy", figure.value, limit, Sentence(words, facts))

    def _risen(self, row: RowEvidence) -> Sign | None:
        """Only where chance alone does not explain it, as it may with too few pictures."""
        figure, limit = row.figures.loss_rise, self._limits.loss_rise
        if figure is None or figure.value <= limit or figure.low <= 0.0 or figure.few:
            return None
        words = "the held-out loss is {rise} above its lowest (limit {limit})"
        facts = {"rise": _percent(figure.value), "limit": _percent(limit)}
        return Sign("loss", figure.value, limit, Sentence(words, facts))

    # Flags

    def _copies(self, row: RowEvidence) -> Flag | None:
        count = copies(row, self._evidence, self._limits)
        if count <= self._limits.copies_share * row.count:
            return None
        line = threshold(self._evidence, self._limits)
        detail = self._sentence(
            "{copies} of {count} above {threshold} at weight {weight}",
            row,
            copies=count,
            count=row.count,
            threshold=line,
        )
        headline = self._sentence("{name} repeats training pictures", row)
        return self._flag("copies", row, headline, detail, cells=row.cells[:count])

    def _suspicion(self, row: RowEvidence) -> Flag | None:
        signs = self.signs(row)
        if len(signs) < self._limits.signs_needed:
            return None
        detail = self._sentence(
            "{count} signs of over-fitting at weight {weight}", row, count=len(signs)
        )
        headline = self._sentence("{name} is probably over-fitted", row)
        return self._flag("overfit", row, headline, detail, signs=signs)

    def _variety(self, row: RowEvidence) -> Flag | None:
        """Against the base model, and against the best checkpoint at the same weight."""
        detail, diversity = None, row.diversity or 0.0
        base = self._evidence.expected_diversity
        alike = [other for other in self._evidence.rows if other.weight == row.weight]
        best = max((other.diversity or 0.0 for other in alike), default=0.0)
        if diversity < self._limits.variety_of_base * base:
            words = "diversity {diversity} at weight {weight}, expected {base}"
            detail = self._sentence(words, row, diversity=diversity, base=base)
        elif diversity < self._limits.variety_of_best * best:
            words = "diversity {diversity} at weight {weight}, another checkpoint {best}"
            detail = self._sentence(words, row, diversity=diversity, best=best)
        if detail is None:
            return None
        return self._flag("variety", row, self._sentence("{name} loses variety", row), detail)

    def _subjects(self, row: RowEvidence) -> Flag | None:
        if row.kept is None or row.kept >= self._limits.least_kept:
            return None
        words = "at weight {weight} only {kept} of the base model's layout is left"
        detail = self._sentence(words, row, kept=row.kept)
        return self._flag("subjects", row, self._sentence("{name} loses subjects", row), detail)

    def _leaks(self, row: RowEvidence) -> Flag | None:
        found = leak(row, self._evidence)
        if found is None or found.value <= self._limits.leak:
            return None
        words = (
            "without the trigger word, pictures at weight {weight} move {leak} as far from the "
            "base model's as another seed would"
        )
        facts = facts_of(row, self._names) | {"leak": _percent(found.value)}
        headline = self._sentence("{name} changes pictures that do not ask for the style", row)
        off = [cell for cell in self._off(row) if cell in row.cells]
        return self._flag("leaks", row, headline, Sentence(words, facts), cells=off)

    def _off(self, row: RowEvidence) -> Sequence[str]:
        """The pictures of ``row`` without the trigger word."""
        planted = [one for one in self._evidence.planted if one.kind == "off"]
        rows = [one.row(row.checkpoint, row.weight) for one in planted]
        return [cell for one in rows if one is not None for cell in one.cells]

    def _unlearned(self, row: RowEvidence) -> Flag | None:
        if row.style_fit is None or row.style_fit >= self._limits.least_fit:
            return None
        detail = self._sentence("style fit {fit} at weight {weight}", row, fit=row.style_fit)
        headline = self._sentence("{name} has not learned the style", row)
        return self._flag("unlearned", row, headline, detail)

    def _flag(
        self,
        kind: FlagKind,
        row: RowEvidence,
        headline: Sentence,
        detail: Sentence,
        *,
        signs: Sequence[Sign] = (),
        cells: Sequence[str] = (),
    ) -> Flag:
        telling = tuple(cells or row.cells)
        return Flag(kind, row.checkpoint, row.weight, headline, detail, tuple(signs), telling)

    def _sentence(self, template: str, row: RowEvidence, **facts: Any) -> Sentence:
        return Sentence(template, facts_of(row, self._names, **facts))


def facts_of(row: RowEvidence, names: Mapping[str, str], **facts: Any) -> dict[str, str]:
    """The facts of a sentence about a row."""
    return {"name": names[row.checkpoint], "weight": f"{row.weight:g}", **shown(**facts)}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
