"""The verdict over a grid: a word for every checkpoint, the pick, red flags, and what would change.

``main.py evaluate`` prints :meth:`Verdict.to_json`; the window shows the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine.runtime.errors import BadInputError
from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.few_copies import FewCopies, few_copies
from engine.validation.grounds import lacking, names_of, tried, unjudged
from engine.validation.limits import Limits
from engine.validation.overfit_rules import (
    GRAVITY,
    Flag,
    Rules,
    Sign,
    copies,
    share_of_copies,
    threshold,
)
from engine.validation.overfit_stats import LEAST, Figure
from engine.validation.pick import Pick, pick
from engine.validation.sentences import Sentence
from engine.validation.soundness import Reading, Standing, readings
from engine.validation.telling import telling
from engine.validation.what_if import WhatIf, what_if

Word = Literal[
    "baseline", "use", "second", "sound", "near", "hidden", "copies", "overfit", "variety",
    "subjects", "leaks", "unlearned", "unknown",
]  # fmt: skip
WORD_LABELS: Mapping[Word, str] = {
    "baseline": "base model",
    "use": "use this",
    "second": "second choice",
    "sound": "sound",
    "near": "close to copying",
    "hidden": "flagged at other weights",
    "copies": "copies",
    "overfit": "over-fitted",
    "variety": "loses variety",
    "subjects": "loses subjects",
    "leaks": "style leaks",
    "unlearned": "style too weak",
    "unknown": "not enough to judge",
}
"""What each word is called."""
GOOD: tuple[Word, ...] = ("use", "second", "sound")
"""Words of rows that nothing speaks against."""
SERIOUS: tuple[Word, ...] = ("copies", "overfit")
"""Words of rows that repeat what they were trained on."""


@dataclass(frozen=True)
class RowVerdict:
    """A row with the word for it, its flags and its signs of over-fitting; ``elsewhere`` are flags
    of its checkpoint at other weights, which a lowered weight hides.
    """

    row: RowEvidence
    word: Word
    flags: tuple[Flag, ...]
    signs: tuple[Sign, ...]
    elsewhere: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What a grid says. ``base`` is always told where it was drawn; ``rows`` are those with a LoRA.

    ``words`` has one word for each checkpoint: that of its best row, or what it is flagged for
    where that row only hides it or is flagged as well. ``losses`` are the held-out
    losses that may be compared. ``pick`` is None when ``missing`` says what has to be drawn first,
    or ``unjudged`` what nobody can tell because pictures are gone. ``notes`` are about what could
    not be measured, and against what it was. Until it is ``foreseen`` what other limits would
    change, an empty ``what_if`` says nothing. ``few_copies`` are those too few for a flag.
    """

    evidence: Evidence
    limits: Limits
    names: Mapping[str, str]
    base: RowVerdict | None
    rows: tuple[RowVerdict, ...]
    words: Mapping[str, Word]
    losses: Mapping[str, Figure]
    pick: Pick | None
    missing: tuple[Sentence, ...]
    unjudged: tuple[Sentence, ...]
    notes: tuple[Sentence, ...]
    what_if: tuple[WhatIf, ...]
    foreseen: bool = True
    few_copies: tuple[FewCopies, ...] = ()

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags of all rows, the gravest kinds first."""
        found = [flag for row in self.rows for flag in row.flags]
        return tuple(sorted(found, key=lambda flag: GRAVITY.index(flag.kind)))

    @property
    def told(self) -> tuple[Flag, ...]:
        """What is told of :attr:`flags`: one of a kind and checkpoint."""
        weights = len({row.row.weight for row in self.rows})
        return telling(self.flags, weights, self.evidence.cells)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values, sentences in English."""
        evidence = self.evidence
        return {
            "pick": self._pick(),
            "missing": [str(sentence) for sentence in self.missing],
            "unjudged": [str(sentence) for sentence in self.unjudged],
            "notes": [str(sentence) for sentence in self.notes],
            "checkpoints": {
                path: {"name": self.names[path], "verdict": WORD_LABELS[word]}
                for path, word in self.words.items()
            },
            "base": self._row(self.base) if self.base is not None else None,
            "rows": [self._row(row) for row in self.rows],
            "few_copies": [
                {"checkpoint": one.checkpoint, "weight": one.weight, "cells": list(one.cells)}
                for one in self.few_copies
            ],
            "what_if": [str(one.sentence) for one in self.what_if],
            "background": {
                "between_training": evidence.between_training,
                "held_out": evidence.held_out_copying,
                "threshold": threshold(evidence, self.limits),
                "training": list(evidence.training_similarities),
                "held_out_pictures": list(evidence.held_out_similarities),
            },
            "cells": {
                key: {"copying": cell.copying, "nearest": str(cell.nearest or "")}
                for key, cell in evidence.cells.items()
            },
            "extractor": evidence.extractor,
            "limits": self.limits.model_dump(mode="json"),
            "unread": [str(path) for path in evidence.unread],
        }

    def _pick(self) -> dict[str, Any] | None:
        if self.pick is None:
            return None
        return {
            "checkpoint": self.pick.checkpoint,
            "name": self.names[self.pick.checkpoint],
            "weight": self.pick.weight,
            "sound": self.pick.sound,
            "sure": self.pick.sure,
            "why": str(self.pick),
            "instead": [
                {
                    "checkpoint": one.checkpoint,
                    "weight": one.weight,
                    "why": str(one.sentence),
                    "differs": [str(told) for told in one.differs],
                }
                for one in self.pick.instead
            ],
        }

    def _row(self, verdict: RowVerdict) -> dict[str, Any]:
        facts = asdict(verdict.row)
        share = share_of_copies(verdict.row, self.evidence, self.limits)
        facts["copies"] = None
        if verdict.row.copying is not None:
            facts["copies"] = copies(verdict.row, self.evidence, self.limits)
        facts["figures"]["copy_share"] = asdict(share) if share is not None else None
        return {
            "name": self.names.get(verdict.row.checkpoint, WORD_LABELS["baseline"]),
            "verdict": WORD_LABELS[verdict.word],
            **facts,
            "flags": [
                {
                    "kind": flag.kind,
                    "headline": str(flag.headline),
                    "detail": str(flag.detail),
                    "cells": list(flag.cells),
                }
                for flag in verdict.flags
            ],
            "signs": [
                {"kind": sign.kind, "value": sign.value, "limit": sign.limit,
                 "sentence": str(sign.sentence)}
                for sign in verdict.signs
            ],
        }  # fmt: skip


def judge(
    evidence: Evidence,
    limits: Limits | None = None,
    names: Mapping[str, str] | None = None,
    *,
    foresee: bool = True,
) -> Verdict:
    """Judge a measured grid; ``names`` say what to call each checkpoint. Without ``foresee`` it is
    not told what other limits would change, which takes most of the time. Never raises for a grid
    that shows too little.
    """
    held = limits or Limits()
    rows = tried(evidence)
    named = {**names_of(rows), **(names or {})}
    losses = losses_of(rows)
    known = {checkpoint: figure.value for checkpoint, figure in losses.items()}
    try:
        picked = pick(evidence, known, named, held)
    except BadInputError:
        picked = None  # what is lacking is told in its place
    rules = Rules(evidence, held, named)
    read = readings(rows, rules)
    judged = tuple(_judged(one, picked) for one in read)
    base, few = evidence.base, few_copies(read, evidence, held, named)
    return Verdict(
        evidence=evidence,
        limits=held,
        names=named,
        base=RowVerdict(base, "baseline", (), ()) if base is not None else None,
        rows=judged,
        words=_words(judged),
        losses=losses,
        pick=picked,
        missing=_missing(evidence),
        unjudged=unjudged(evidence),
        notes=(*_notes(evidence), *(one.sentence for one in few)),
        few_copies=few,
        what_if=what_if(evidence, held, known, named) if picked is not None and foresee else (),
        foreseen=foresee,
    )


def losses_of(rows: Sequence[RowEvidence]) -> dict[str, Figure]:
    """Held-out losses by checkpoint. Those of several runs are of other pictures: then there are
    none to compare. The checkpoints of one run lie in one folder.
    """
    known = {row.checkpoint: row.figures.held_out_loss for row in rows}
    found = {checkpoint: figure for checkpoint, figure in known.items() if figure is not None}
    folders = {Path(checkpoint).parent for checkpoint in found}
    return found if len(folders) == 1 else {}


def _judged(read: Reading, picked: Pick | None) -> RowVerdict:
    return RowVerdict(read.row, _word(read, picked), read.flags, read.signs, read.elsewhere)


def _word(read: Reading, picked: Pick | None) -> Word:
    at = (read.row.checkpoint, read.row.weight)
    if read.standing is Standing.FLAGGED:
        return read.flags[0].kind
    if picked is None:
        return "unknown"
    if read.standing is not Standing.SOUND:
        return "hidden" if read.standing is Standing.HIDDEN else "near"
    if at == (picked.checkpoint, picked.weight):
        return "use"
    second = picked.instead[:1]
    return "second" if any(at == (one.checkpoint, one.weight) for one in second) else "sound"


_GOODNESS: tuple[Word, ...] = (
    "use", "second", "sound", "unknown", "near", "hidden", *reversed(GRAVITY),
)  # fmt: skip


def _words(rows: tuple[RowVerdict, ...]) -> dict[str, Word]:
    """One word for each checkpoint."""
    groups: dict[str, list[RowVerdict]] = {}
    for row in rows:
        groups.setdefault(row.row.checkpoint, []).append(row)
    return {path: _of_checkpoint(group) for path, group in groups.items()}


def _of_checkpoint(rows: Sequence[RowVerdict]) -> Word:
    """That of the best row; of one that only hides a flag, and of flagged ones, the gravest word
    of what memorized.
    """
    best = min(rows, key=lambda one: _GOODNESS.index(one.word))
    if best.word == "hidden":
        return best.elsewhere[0].kind
    if not best.flags:
        return best.word
    grave = [one.word for one in rows if one.word in SERIOUS]
    return min(grave, key=SERIOUS.index) if grave else best.word


def _missing(evidence: Evidence) -> tuple[Sentence, ...]:
    if not tried(evidence):
        return (Sentence("The grid shows no LoRA to pick."),)
    return lacking(evidence)


def _notes(evidence: Evidence) -> tuple[Sentence, ...]:
    """What could not be measured, and what the numbers rest on."""
    found = [*evidence.against, *evidence.pooled]
    if evidence.unread:
        facts = {"count": str(len(evidence.unread)), "name": evidence.unread[0].name}
        words = "{count} pictures cannot be read and were left out; {name} is the first."
        found.append(Sentence(words, facts))
    if evidence.training_similarities == () and evidence.is_compared:
        found.append(
            Sentence("With a single training picture nobody can tell how alike they usually are.")
        )
    return (*found, *_too_few(tried(evidence)))


def _too_few(rows: Sequence[RowEvidence]) -> Iterator[Sentence]:
    """Why numbers stand without an interval."""
    figures = [row.figures for row in rows]
    least = {"least": str(LEAST)}
    if any(one is not None and one.few for found in figures for one in (found.change, found.fit)):
        words = "Too few prompts for intervals: from {least} on it is told how sure a number is."
        yield Sentence(words, least)
    if any(found.held_out_loss is not None and found.held_out_loss.few for found in figures):
        words = (
            "Too few held-out pictures to tell a rise of their loss from chance; it takes {least}."
        )
        yield Sentence(words, least)
