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

import numpy as np

from engine.validation.copying import copied
from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.limits import Limits
from engine.validation.overfit import copy_share
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import Sentence, as_shown, shown

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
    """The similarity above which a picture is a copy."""
    return as_shown(limits.copy_similarity or evidence.threshold)


def leak(row: RowEvidence, evidence: Evidence) -> Figure | None:
    """How far prompts without the trigger word are from the base model's pictures, as a share of
    how far its pictures of two seeds are from each other: the same for every extractor. None where
    the grid does not show it.
    """
    base = evidence.base.diversity if evidence.base is not None else None
    return row.figures.bleed.over(base) if row.figures.bleed is not None and base else None


def copies(row: RowEvidence, evidence: Evidence, limits: Limits) -> int:
    """How many pictures of ``row`` are copies."""
    known = [evidence.cells[one].copying for one in row.cells if one in evidence.cells]
    if not known:
        return row.copies
    similar = np.array([one for one in known if one is not None])
    return int(copied(similar, threshold(evidence, limits)).sum())


def share_of_copies(row: RowEvidence, evidence: Evidence, limits: Limits) -> Figure | None:
    """The share of :func:`copies` with the interval that it has at the threshold which holds; None
    where there was no training picture.
    """
    told = [evidence.cells[one] for one in row.cells if one in evidence.cells]
    known = [(cell.copying, cell.prompt) for cell in told if cell.copying is not None]
    if row.figures.copy_share is None or not known:
        return row.figures.copy_share
    similar, prompts = zip(*known, strict=True)
    return copy_share(np.array(similar), prompts, threshold(evidence, limits))


def usual_copies(evidence: Evidence, limits: Limits) -> float:
    """The share of the training pictures that are copies of one another."""
    similar, line = evidence.training_similarities, threshold(evidence, limits)
    share = sum(as_shown(one) > line for one in similar) / max(1, len(similar))
    return max(share, _LEAST_BACKGROUND)


def copying_limit(evidence: Evidence, limits: Limits) -> float:
    """How alike pictures may be to the training on average: :attr:`Limits.excess` above real art
    that was not trained on.
    """
    return as_shown(evidence.unseen_copying + limits.excess)


def diversity_limit(evidence: Evidence, limits: Limits) -> float:
    """How different seeds have to be: the part :attr:`Limits.variety_of_base` of what can be
    expected.
    """
    return as_shown(limits.variety_of_base * evidence.expected_diversity)


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
        figure, limit = row.figures.copy_mean, copying_limit(self._evidence, self._limits)
        if row.figures.excess is None or figure is None or as_shown(figure.value) <= limit:
            return None
        words = "copying {copying}, at most {limit}"
        return _sign("excess", words, copying=figure.value, limit=limit)

    def _share(self, row: RowEvidence) -> Sign | None:
        share = copies(row, self._evidence, self._limits) / max(1, row.count)
        times = share / usual_copies(self._evidence, self._limits)
        limit = self._limits.share_of_background
        if as_shown(times) <= limit:
            return None
        words = "{times} times as many copies as usual, at most {limit}"
        return _sign("share", words, times=times, limit=limit)

    def _less_diverse(self, row: RowEvidence) -> Sign | None:
        limit = diversity_limit(self._evidence, self._limits)
        if row.diversity is None or as_shown(row.diversity) >= limit:
            return None
        words = "diversity {diversity}, at least {limit}"
        return _sign("diversity", words, diversity=row.diversity, limit=limit)

    def _less_following(self, row: RowEvidence) -> Sign | None:
        figure, limit = row.figures.following_change, self._limits.following_drop
        if figure is None or as_shown(-figure.value) <= limit:
            return None
        words = "loss of prompt following {lost}, at most {limit}"
        return _sign("following", words, lost=-figure.value, limit=limit)

    def _attracted(self, row: RowEvidence) -> Sign | None:
        """Only where the base model's pictures are spread more: what it draws may lie nearest to a
        few training pictures by itself.
        """
        figure, limit = row.figures.entropy, self._limits.least_entropy
        base = self._evidence.base.figures.entropy if self._evidence.base is not None else None
        if figure is None or as_shown(figure.value) >= limit:
            return None
        if base is not None and figure.value >= base.value:
            return None
        words = "spread {spread}, at least {limit}: a few training pictures attract everything"
        return _sign("entropy", words, spread=figure.value, limit=limit)

    def _risen(self, row: RowEvidence) -> Sign | None:
        """Only where chance alone does not explain it, as it may with too few pictures."""
        figure, limit = row.figures.loss_rise, self._limits.loss_rise
        if figure is None or as_shown(figure.value) <= limit or figure.low <= 0.0 or figure.few:
            return None
        words = "rise of the held-out loss {rise}, at most {limit}"
        return _sign("loss", words, rise=figure.value, limit=limit)

    # Flags

    def _copies(self, row: RowEvidence) -> Flag | None:
        count = copies(row, self._evidence, self._limits)
        if as_shown(count / max(1, row.count)) <= self._limits.copies_share:
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
        limit = diversity_limit(self._evidence, self._limits)
        alike = [other for other in self._evidence.rows if _beside(other, row)]
        best = max((other.diversity or 0.0 for other in alike), default=0.0)
        if as_shown(diversity) < limit:
            words = "diversity {diversity} at weight {weight}, at least {limit}"
            detail = self._sentence(words, row, diversity=diversity, limit=limit)
        elif as_shown(diversity) < as_shown(self._limits.variety_of_best * best):
            words = "diversity {diversity} at weight {weight}, another checkpoint {best}"
            detail = self._sentence(words, row, diversity=diversity, best=best)
        if detail is None:
            return None
        return self._flag("variety", row, self._sentence("{name} loses variety", row), detail)

    def _subjects(self, row: RowEvidence) -> Flag | None:
        limit = self._limits.least_kept
        if row.kept is None or as_shown(row.kept) >= limit:
            return None
        words = "subjects kept {kept} at weight {weight}, at least {limit}"
        detail = self._sentence(words, row, kept=row.kept, limit=limit)
        return self._flag("subjects", row, self._sentence("{name} loses subjects", row), detail)

    def _leaks(self, row: RowEvidence) -> Flag | None:
        found, limit = leak(row, self._evidence), self._limits.leak
        if found is None or as_shown(found.value) <= limit:
            return None
        words = "change without the trigger {leak} at weight {weight}, at most {limit}"
        detail = self._sentence(words, row, leak=found.value, limit=limit)
        headline = self._sentence("{name} changes pictures that do not ask for the style", row)
        off = [cell for cell in self._off(row) if cell in row.cells]
        return self._flag("leaks", row, headline, detail, cells=off)

    def _off(self, row: RowEvidence) -> Sequence[str]:
        """The pictures of ``row`` without the trigger word."""
        planted = [one for one in self._evidence.planted if one.kind == "off"]
        rows = [other for one in planted for other in one.rows if other.at == row.at]
        return [cell for one in rows for cell in one.cells]

    def _unlearned(self, row: RowEvidence) -> Flag | None:
        limit = self._limits.least_fit
        if row.style_fit is None or as_shown(row.style_fit) >= limit:
            return None
        words = "style fit {fit} at weight {weight}, at least {limit}"
        detail = self._sentence(words, row, fit=row.style_fit, limit=limit)
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
    name = " · ".join((names[row.checkpoint], *row.variant.others))
    return {"name": name, "weight": row.weight_label, **shown(**facts)}


def _beside(other: RowEvidence, row: RowEvidence) -> bool:
    """Whether two rows differ in nothing but the checkpoint."""
    return (other.weight, other.variant) == (row.weight, row.variant)


def _sign(kind: SignKind, words: str, *, limit: float, **value: float) -> Sign:
    (measured,) = value.values()
    return Sign(kind, measured, limit, Sentence(words, shown(**value, limit=float(limit))))
