"""Pick a checkpoint from the evidence, and say why in plain sentences.

Without a weight-0 row there is nothing to read the style against, and with one seed nothing to see
the variety by, and without the training pictures nothing to see copies by: then no checkpoint is
named. The rule, in order: leave out rows that copy, lose variety, lose subjects, leak the style or
have not learned it, and those that are spared only by a lowered weight
(:mod:`engine.validation.soundness`); of the rest keep those whose style is about as good as the
best; of these those that keep the subjects best; then the lowest held-out loss where it is known;
then the earliest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.runtime.errors import BadInputError
from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.grounds import lacking, names_of, tried, unjudged
from engine.validation.limits import Limits
from engine.validation.overfit_rules import Flag, FlagKind, Rules, SignKind, facts_of
from engine.validation.sentences import Sentence, as_shown, decimal
from engine.validation.soundness import Reading, Standing, readings

ENOUGH = 12
"""Pictures of a row below which its numbers are said to be few. Ten prompts with three seeds each
are what users of such reports ask for; an over-fit check has 24."""
FEW = "Only {count} pictures speak for it; draw more seeds or prompts to be sure."
"""What is said then."""
_TELLING = 0.02  # a difference below this is the same to an eye


@dataclass(frozen=True)
class Choice:
    """Another row that could be used, what it is, and how it differs from the pick: the largest
    differences first.
    """

    checkpoint: str
    weight: float
    sentence: Sentence
    differs: tuple[Sentence, ...]


@dataclass(frozen=True)
class Pick:
    """The row to use. ``sound`` is False when something speaks against every row or against its
    checkpoint at another weight, and this is the least bad.

    ``sure`` is False when no picture was held out, so that style fit also rewards copying.
    ``instead`` are other sound rows, best first: of another checkpoint, then at another weight.
    ``few`` tells that so few pictures were drawn that the answer may be chance.
    """

    checkpoint: str
    weight: float
    sound: bool
    sure: bool
    headline: Sentence
    reasons: tuple[Sentence, ...]
    flags: tuple[Flag, ...]
    instead: tuple[Choice, ...] = ()
    few: bool = False

    def __str__(self) -> str:
        return " ".join(str(sentence) for sentence in (self.headline, *self.reasons))


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
    read = readings(rows, Rules(evidence, held, named))
    chosen = judge.chosen(read)
    sound = [one.row for one in read if one.standing is Standing.SOUND]
    row = chosen.row
    return Pick(
        checkpoint=row.checkpoint,
        weight=row.weight,
        sound=bool(sound),
        sure=evidence.held_out_copying is not None,
        headline=judge.headline(chosen),
        reasons=(
            *judge.against(chosen),
            *judge.reasons(chosen),
            *judge.later(chosen, read),
            *judge.lowest_loss(row, read),
            *judge.caveats(row),
        ),
        flags=tuple(flag for one in read for flag in one.flags),
        instead=judge.instead(row, sound),
        few=row.count < ENOUGH,
    )


_WHY_NOT: Mapping[FlagKind, str] = {
    "copies": "Held-out loss is lowest at {name}, but there it repeats training pictures.",
    "overfit": "Held-out loss is lowest at {name}, but there it is probably over-fitted.",
    "variety": "Held-out loss is lowest at {name}, but there the seeds look alike.",
    "subjects": "Held-out loss is lowest at {name}, but there subjects are lost.",
    "leaks": "Held-out loss is lowest at {name}, but there it changes what does not ask for it.",
    "unlearned": "Held-out loss is lowest at {name}, but there the style is not learned yet.",
}
_SHOWS: Mapping[FlagKind, str] = {
    "copies": "At weight {weight} it repeats training pictures; a lower weight hides that and "
    "cures nothing: train for less time or on more pictures.",
    "overfit": "At weight {weight} it is probably over-fitted; a lower weight hides that and "
    "cures nothing: train for less time or on more pictures.",
    "variety": "At weight {weight} its seeds look alike; use it no stronger, or train for less "
    "time.",
    "subjects": "At weight {weight} it loses subjects; use it no stronger, or train for less time.",
    "leaks": "At weight {weight} it changes what does not ask for the style; use it no stronger, "
    "or train for less time.",
}
_NEAR: Mapping[SignKind, str] = {
    "excess": "At weight {weight} copying is {copying}, more than {limit}: nearer to the training "
    "pictures than real art that was not trained on.",
    "share": "At weight {weight} there are {times} times as many copies as usual, more than "
    "{limit}.",
}
_NEAR_UNSURE = (
    "At weight {weight} copying is {copying}, more than {limit}: nearer to the training pictures "
    "than these are to each other."
)
"""Of the excess, where no picture was held out that could stand for real art."""
_BETTER: Mapping[str, tuple[str, str]] = {
    "style_fit": ("stronger style ({change})", "weaker style ({change})"),
    "diversity": ("more variety ({change})", "less variety ({change})"),
    "copying": ("nearer to the training ({change})", "farther from the training ({change})"),
}

_WITHIN_NOISE: Mapping[str, str] = {
    "stronger style ({change})": "stronger style ({change}, within the noise)",
    "weaker style ({change})": "weaker style ({change}, within the noise)",
    "more variety ({change})": "more variety ({change}, within the noise)",
    "less variety ({change})": "less variety ({change}, within the noise)",
    "nearer to the training ({change})": "nearer to the training ({change}, within the noise)",
    "farther from the training ({change})": (
        "farther from the training ({change}, within the noise)"
    ),
}
_FIGURES = {"style_fit": "fit", "diversity": "diversity", "copying": "copy_mean"}


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

    def chosen(self, read: Sequence[Reading]) -> Reading:
        """The best of those that stand best; of flagged ones that with the fewest flags."""
        standing = min(one.standing for one in read)
        left = [one for one in read if one.standing is standing]
        if standing is Standing.FLAGGED:
            return min(left, key=lambda one: (len(one.flags), -(one.row.style_fit or 0.0)))
        if standing is Standing.HIDDEN:
            left = [one for one in left if not one.memorized] or left
        best = self.best([one.row for one in left])
        return next(one for one in left if one.row is best)

    def instead(self, chosen: RowEvidence, sound: Sequence[RowEvidence]) -> tuple[Choice, ...]:
        """The best of another checkpoint, and of the same one at another weight."""
        others = [row for row in sound if row.checkpoint != chosen.checkpoint]
        weights = [row for row in sound if row.checkpoint == chosen.checkpoint and row != chosen]
        return tuple(self._choice(self.best(rows), chosen) for rows in (others, weights) if rows)

    def _choice(self, row: RowEvidence, chosen: RowEvidence) -> Choice:
        facts = self._facts(row, fit=row.style_fit or 0.0, diversity=row.diversity or 0.0)
        words = "{name} at weight {weight}: style fit {fit}, diversity {diversity}."
        return Choice(row.checkpoint, row.weight, Sentence(words, facts), _differs(row, chosen))

    def headline(self, chosen: Reading) -> Sentence:
        facts = self._facts(chosen.row)
        match chosen.standing:
            case Standing.SOUND:
                return Sentence("Use {name} at weight {weight}.", facts)
            case Standing.NEAR:
                words = "Use {name} at weight {weight} only with care: it is close to copying."
                return Sentence(words, facts)
            case Standing.HIDDEN if chosen.memorized:
                words = "Not sound: {name} is memorized; at weight {weight} it does not show."
                return Sentence(words, facts)
            case Standing.HIDDEN:
                words = (
                    "Not sound: {name} passes at weight {weight} only because it is turned down."
                )
                return Sentence(words, facts)
        return Sentence("No checkpoint is good yet; {name} at weight {weight} is nearest.", facts)

    def against(self, chosen: Reading) -> tuple[Sentence, ...]:
        """What speaks against it though it is not flagged."""
        if chosen.flags:
            return ()
        hidden = [
            Sentence(_SHOWS[flag.kind], {"weight": f"{flag.weight:g}"})
            for flag in chosen.elsewhere[:1]
        ]
        weight = {"weight": f"{chosen.near_at:g}"}
        near = [
            Sentence(self._near(one.kind), {**one.sentence.facts, **weight}) for one in chosen.near
        ]
        return (*hidden, *near)

    def _near(self, kind: SignKind) -> str:
        unsure = kind == "excess" and self._evidence.held_out_copying is None
        return _NEAR_UNSURE if unsure else _NEAR[kind]

    def later(self, chosen: Reading, read: Sequence[Reading]) -> tuple[Sentence, ...]:
        """Which checkpoint after the pick is the first that memorized, if the pick has not."""
        if chosen.standing > Standing.NEAR:
            return ()
        order = list(dict.fromkeys(one.row.checkpoint for one in read))
        after = order[order.index(chosen.row.checkpoint) + 1 :]
        spoiled = {one.row.checkpoint for one in read if one.shows_memory}
        found = next((one for one in after if one in spoiled), None)
        if found is None:
            return ()
        return (Sentence("By {name} it is memorized.", {"name": self._names[found]}),)

    def reasons(self, chosen: Reading) -> tuple[Sentence, ...]:
        """Style and copying; what is too near to the training was told already."""
        style = self._style(chosen.row, chosen.flags)
        near = any(sign.kind == "excess" for sign in chosen.near) and not chosen.flags
        return (style,) if near else (style, self._copying(chosen.row))

    def lowest_loss(
        self,
        chosen: RowEvidence,
        read: Sequence[Reading],
    ) -> tuple[Sentence, ...]:
        """Where the held-out loss is lowest, and if that is elsewhere, why it is not the pick."""
        if len(self._losses) < 2:
            return ()
        lowest = min(self._losses, key=lambda checkpoint: self._losses[checkpoint])
        if self._losses.get(chosen.checkpoint) == self._losses[lowest]:
            return (Sentence("Held-out loss is lowest here.", {}),)
        there = [one for one in read if one.row.checkpoint == lowest]
        if not there:
            return ()
        one = min(there, key=lambda one: (len(one.flags), -(one.row.style_fit or 0.0)))
        return (self._why_not(one.row, chosen, one.flags or one.elsewhere),)

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
            found.append(Sentence(FEW, {"count": str(chosen.count)}))
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
        if as_shown(copying) <= as_shown(between):
            return Sentence(
                "Copying is {copying}, no higher than between two training pictures ({between}).",
                facts,
            )
        return Sentence(
            "Copying is {copying}; between two training pictures it is {between}.", facts
        )

    def _facts(self, row: RowEvidence, **facts: Any) -> dict[str, str]:
        return facts_of(row, self._names, **facts)


def _differs(row: RowEvidence, chosen: RowEvidence) -> tuple[Sentence, ...]:
    """How ``row`` differs from the pick in what is read of them."""
    found = []
    for name, (more, less) in _BETTER.items():
        ours, theirs = getattr(row, name), getattr(chosen, name)
        if ours is None or theirs is None:
            continue
        change = as_shown(as_shown(ours) - as_shown(theirs))
        if abs(change) >= _TELLING:
            sign = "+" if change > 0 else ""
            facts = {"change": f"{sign}{decimal(change)}"}
            words = more if change > 0 else less
            if abs(change) <= max(_noise(row, name), _noise(chosen, name)):
                words = _WITHIN_NOISE[words]
            found.append((abs(change), Sentence(words, facts)))
    found.sort(key=lambda one: -one[0])
    return tuple(told for _, told in found) or (Sentence("about the same"),)


def _noise(row: RowEvidence, name: str) -> float:
    """Half the width of the 95 % interval of the measure ``name``; 0 where there is none."""
    figure = getattr(row.figures, _FIGURES[name])
    return 0.0 if figure is None else (figure.high - figure.low) / 2
