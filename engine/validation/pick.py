"""Pick a checkpoint from the evidence, and say why in plain sentences.

Without a weight-0 row there is nothing to read the style against, and with one seed nothing to see
the variety by, and without the training pictures nothing to see copies by: then no checkpoint is
named. The rule, in order: leave out rows that copy, lose variety, lose subjects, leak the style or
have not learned it; of the rest keep those whose style is about as good as the best; of these those
that keep the subjects best; then the lowest held-out loss where it is known; then the earliest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.runtime.errors import BadInputError
from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.limits import Limits
from engine.validation.overfit_rules import Flag, FlagKind, Rules, facts_of
from engine.validation.sentences import Sentence
from engine.validation.words import short_names

ENOUGH = 12
"""Pictures of a row below which its numbers are said to be few. Ten prompts with three seeds each
are what users of such reports ask for; an over-fit check has 24."""


@dataclass(frozen=True)
class Choice:
    """Another row that could be used, and what it is."""

    checkpoint: str
    weight: float
    sentence: Sentence


@dataclass(frozen=True)
class Pick:
    """The row to use. ``sound`` is False when every row is flagged and this is the least bad.

    ``sure`` is False when no picture was held out, so that style fit also rewards copying.
    ``instead`` are other sound rows, best first: of another checkpoint, then at another weight.
    """

    checkpoint: str
    weight: float
    sound: bool
    sure: bool
    headline: Sentence
    reasons: tuple[Sentence, ...]
    flags: tuple[Flag, ...]
    instead: tuple[Choice, ...] = ()

    def __str__(self) -> str:
        return " ".join(str(sentence) for sentence in (self.headline, *self.reasons))


def lacking(evidence: Evidence) -> tuple[Sentence, ...]:
    """What has to be drawn before a checkpoint can be picked; empty when nothing is missing."""
    rows = tried(evidence)
    found = []
    if any(row.diversity is None for row in rows):
        found.append(
            Sentence("Draw at least 2 seeds; with one nobody can see whether pictures differ.", {})
        )
    if evidence.base is None:
        found.append(
            Sentence("Draw the base model row, or weight 0, to measure the style against.", {})
        )
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
    return [row for row in evidence.rows if row.checkpoint and row.weight]


def pick(
    evidence: Evidence,
    losses: Mapping[str, float | None] | None = None,
    names: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Pick:
    """Choose a row. ``losses`` are held-out losses and ``names`` what to call each, by checkpoint.

    BadInputError when the grid has no cell with a LoRA, is :func:`lacking` something, or something
    is :func:`unjudged`.
    """
    rows = tried(evidence)
    if not rows:
        raise BadInputError(
            "The grid shows no LoRA to pick.", remedy="Draw a grid with a checkpoint and a weight."
        )
    if missing := (*lacking(evidence), *unjudged(evidence)):
        raise BadInputError("This is not enough to judge.", remedy=missing[0].template)
    named, held = names or names_of(rows), limits or Limits()
    judge = _Judge(evidence, losses or {}, named, held)
    rules = Rules(evidence, held, named)
    flags = {id(row): rules.flags(row) for row in rows}
    sound = [row for row in rows if not flags[id(row)]]
    if sound:
        chosen = judge.best(sound)
    else:
        chosen = min(rows, key=lambda row: (len(flags[id(row)]), -(row.style_fit or 0.0)))
    return Pick(
        checkpoint=chosen.checkpoint,
        weight=chosen.weight,
        sound=bool(sound),
        sure=evidence.held_out_copying is not None,
        headline=judge.headline(chosen, bool(sound)),
        reasons=(
            *judge.reasons(chosen, flags[id(chosen)]),
            *judge.lowest_loss(chosen, rows, flags),
            *judge.caveats(chosen),
        ),
        flags=tuple(flag for row in rows for flag in flags[id(row)]),
        instead=judge.instead(chosen, sound),
    )


_WHY_NOT: Mapping[FlagKind, str] = {
    "copies": "Held-out loss is lowest at {name}, but there it repeats training pictures.",
    "overfit": "Held-out loss is lowest at {name}, but there it is probably over-fitted.",
    "variety": "Held-out loss is lowest at {name}, but there the seeds look alike.",
    "subjects": "Held-out loss is lowest at {name}, but there subjects are lost.",
    "leaks": "Held-out loss is lowest at {name}, but there it changes what does not ask for it.",
    "unlearned": "Held-out loss is lowest at {name}, but there the style is not learned yet.",
}


class _Judge:
    def __init__(
        self,
        evidence: Evidence,
        losses: Mapping[str, float | None],
        names: Mapping[str, str],
        limits: Limits,
    ) -> None:
        self._evidence = evidence
        self._losses = {key: loss for key, loss in losses.items() if loss is not None}
        self._names = names
        self._limits = limits

    def best(self, rows: Sequence[RowEvidence]) -> RowEvidence:
        """Of sound rows: style about as good as the best, then subjects, loss, earliness."""
        margin = self._limits.about_as_good
        fit = max(row.style_fit or 0.0 for row in rows)
        near = [row for row in rows if (row.style_fit or 0.0) >= fit - margin]
        kept = max(row.kept or 0.0 for row in near)
        near = [row for row in near if (row.kept or 0.0) >= kept - margin]
        return min(near, key=lambda row: self._losses.get(row.checkpoint, float("inf")))

    def instead(self, chosen: RowEvidence, sound: Sequence[RowEvidence]) -> tuple[Choice, ...]:
        """The best of another checkpoint, and of the same one at another weight."""
        others = [row for row in sound if row.checkpoint != chosen.checkpoint]
        weights = [row for row in sound if row.checkpoint == chosen.checkpoint and row != chosen]
        return tuple(self._choice(self.best(rows)) for rows in (others, weights) if rows)

    def _choice(self, row: RowEvidence) -> Choice:
        facts = self._facts(row, fit=row.style_fit or 0.0, diversity=row.diversity or 0.0)
        words = "{name} at weight {weight}: style fit {fit}, diversity {diversity}."
        return Choice(row.checkpoint, row.weight, Sentence(words, facts))

    def headline(self, row: RowEvidence, sound: bool) -> Sentence:
        facts = self._facts(row)
        if sound:
            return Sentence("Use {name} at weight {weight}.", facts)
        return Sentence("No checkpoint is good yet; {name} at weight {weight} is nearest.", facts)

    def reasons(self, row: RowEvidence, flags: Sequence[Flag]) -> tuple[Sentence, ...]:
        return self._style(row, flags), self._copying(row)

    def lowest_loss(
        self,
        chosen: RowEvidence,
        rows: Sequence[RowEvidence],
        flags: Mapping[int, Sequence[Flag]],
    ) -> tuple[Sentence, ...]:
        """Where the held-out loss is lowest, and if that is elsewhere, why it is not the pick."""
        if len(self._losses) < 2:
            return ()
        lowest = min(self._losses, key=lambda checkpoint: self._losses[checkpoint])
        if self._losses.get(chosen.checkpoint) == self._losses[lowest]:
            return (Sentence("Held-out loss is lowest here.", {}),)
        there = [row for row in rows if row.checkpoint == lowest]
        if not there:
            return ()
        row = min(there, key=lambda row: (len(flags[id(row)]), -(row.style_fit or 0.0)))
        return (self._why_not(row, chosen, flags[id(row)]),)

    def _why_not(self, row: RowEvidence, chosen: RowEvidence, flags: Sequence[Flag]) -> Sentence:
        facts = self._facts(row, fit=row.style_fit or 0.0, kept=row.kept or 0.0)
        if flags:
            return Sentence(_WHY_NOT[flags[0].kind], facts)
        margin = self._limits.about_as_good
        if (row.style_fit or 0.0) < (chosen.style_fit or 0.0) - margin:
            return Sentence(
                "Held-out loss is lowest at {name}, but its style fit is lower ({fit}).", facts
            )
        return Sentence(
            "Held-out loss is lowest at {name}, but it keeps less of the subjects ({kept}).", facts
        )

    def caveats(self, chosen: RowEvidence) -> tuple[Sentence, ...]:
        """What the numbers cannot tell."""
        found = []
        if chosen.count < ENOUGH:
            words = "Only {count} pictures speak for it; draw more seeds or prompts to be sure."
            found.append(Sentence(words, {"count": str(chosen.count)}))
        if self._evidence.held_out_copying is None:
            words = "No picture was held out, so the style is compared with the training pictures."
            found.append(Sentence(words, {}))
        return tuple(found)

    def _style(self, row: RowEvidence, flags: Sequence[Flag]) -> Sentence:
        facts = self._facts(row, fit=row.style_fit or 0.0, diversity=row.diversity or 0.0)
        kinds = {flag.kind for flag in flags}
        if "unlearned" in kinds:
            return Sentence("The style is not learned yet (fit {fit}); train longer.", facts)
        if "variety" in kinds:
            return Sentence(
                "The style is learned (fit {fit}), but the seeds look alike "
                "(diversity {diversity}); train for less time or on more pictures.",
                facts,
            )
        return Sentence(
            "The style is learned (fit {fit}) and the seeds still differ (diversity {diversity}).",
            facts,
        )

    def _copying(self, row: RowEvidence) -> Sentence:
        between = self._evidence.between_training
        copying = row.copying or 0.0
        facts = self._facts(row, copying=copying, between=between)
        # As shown: 0.59 beside 0.59 is no higher, whatever the third digit.
        if round(copying, 2) <= round(between, 2):
            return Sentence(
                "Copying is {copying}, no higher than between two training pictures ({between}).",
                facts,
            )
        return Sentence(
            "Copying is {copying}; between two training pictures it is {between}.", facts
        )

    def _facts(self, row: RowEvidence, **facts: Any) -> dict[str, str]:
        return facts_of(row, self._names, **facts)


def names_of(rows: Sequence[RowEvidence]) -> dict[str, str]:
    """What to call each checkpoint where nobody said."""
    checkpoints = list(dict.fromkeys(row.checkpoint for row in rows))
    return dict(zip(checkpoints, short_names(checkpoints), strict=True))
