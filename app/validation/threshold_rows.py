"""The limits beside what was measured of one row: what each limits, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.validation import verdict_help
from engine.validation.evidence import Evidence
from engine.validation.judging import RowVerdict, Verdict
from engine.validation.overfit_rules import leak
from engine.validation.overfit_stats import Figure

AT_LEAST, AT_MOST = "at least", "at most"


@dataclass(frozen=True)
class Threshold:
    """A limit: ``setting`` names it, ``label`` what it limits, ``relation`` on which side the
    measure has to be, ``help`` how that is measured.
    """

    setting: str
    label: str
    relation: str
    help: str


@dataclass(frozen=True)
class Reading:
    """What was measured beside a limit. ``figure`` is None where it was not; ``limit`` is the value
    that holds, also where the setting leaves it to the training pictures.
    """

    figure: Figure | None
    limit: float
    holds: bool


MAIN = (
    Threshold("least_fit", "Style fit", AT_LEAST, verdict_help.FIT),
    Threshold("variety_of_base", "Variety between seeds", AT_LEAST, verdict_help.VARIETY),
    Threshold("copies_share", "Share of copies", AT_MOST, verdict_help.COPY_SHARE),
    Threshold("copy_similarity", "Most alike picture", "a copy above", verdict_help.CLOSEST),
    Threshold("excess", "Excess copying", AT_MOST, verdict_help.EXCESS),
    Threshold("least_entropy", "Spread", AT_LEAST, verdict_help.ENTROPY),
    Threshold("least_kept", "Subjects kept", AT_LEAST, verdict_help.KEPT),
    Threshold("leak", "Change without the trigger", AT_MOST, verdict_help.LEAK),
    Threshold("loss_rise", "Rise of the held-out loss", AT_MOST, verdict_help.RISE),
)
MORE = (
    Threshold("following_drop", "Prompts lost", AT_MOST, verdict_help.FOLLOWING),
    Threshold("variety_of_best", "Variety of the best", AT_LEAST, verdict_help.BEST),
    Threshold("share_of_background", "Copies, times usual", AT_MOST, verdict_help.BACKGROUND),
    Threshold("signs_needed", "Signs together", "suspect from", verdict_help.SIGNS),
    Threshold("about_as_good", "About as good", "within", verdict_help.ALIKE),
)


def read(threshold: Threshold, row: RowVerdict, verdict: Verdict) -> Reading:
    """What was measured of ``row`` for ``threshold``."""
    limit = float(getattr(verdict.limits, threshold.setting))
    if threshold.setting == "copy_similarity":
        limit = limit or verdict.evidence.threshold
    measure = _MEASURES.get(threshold.setting)
    figure = measure(row, verdict.evidence) if measure is not None else None
    if figure is None:
        return Reading(None, limit, holds=True)
    if threshold.relation == AT_LEAST:
        return Reading(figure, limit, figure.value >= limit)
    if threshold.setting == "loss_rise":
        chance = figure.few or figure.low <= 0
        return Reading(figure, limit, figure.value <= limit or chance)
    if threshold.relation == "suspect from":
        return Reading(figure, limit, figure.value < limit)
    return Reading(figure, limit, figure.value <= limit)


def _scaled(figure: Figure | None, by: float) -> Figure | None:
    return None if figure is None or by <= 0 else figure.over(by)


def _closest(row: RowVerdict, evidence: Evidence) -> Figure | None:
    cells = [evidence.cells[cell].copying for cell in row.row.cells if cell in evidence.cells]
    known = [copying for copying in cells if copying is not None]
    return Figure.plain(max(known)) if known else None


def _of_best(row: RowVerdict, evidence: Evidence) -> Figure | None:
    alike = [other for other in evidence.rows if other.weight == row.row.weight]
    return _scaled(row.row.figures.diversity, max(one.diversity or 0.0 for one in alike))


def _of_background(row: RowVerdict, evidence: Evidence) -> Figure | None:
    similar = evidence.training_similarities
    usual = sum(one > evidence.threshold for one in similar) / max(1, len(similar))
    return _scaled(row.row.figures.copy_share, max(usual, 0.05))


def _drop(row: RowVerdict, evidence: Evidence) -> Figure | None:
    found = row.row.figures.following_change
    return -found if found is not None else None


_Measure = Callable[[RowVerdict, Evidence], Figure | None]
_MEASURES: Mapping[str, _Measure] = MappingProxyType(
    {
        "least_fit": lambda row, _: row.row.figures.fit,
        "variety_of_base": lambda row, evidence: _scaled(
            row.row.figures.diversity, evidence.expected_diversity
        ),
        "copies_share": lambda row, _: row.row.figures.copy_share,
        "copy_similarity": _closest,
        "excess": lambda row, _: row.row.figures.excess,
        "least_entropy": lambda row, _: row.row.figures.entropy,
        "least_kept": lambda row, _: (
            Figure.plain(row.row.kept) if row.row.kept is not None else None
        ),
        "leak": lambda row, evidence: leak(row.row, evidence),
        "loss_rise": lambda row, _: row.row.figures.loss_rise,
        "following_drop": _drop,
        "variety_of_best": _of_best,
        "share_of_background": _of_background,
        "signs_needed": lambda row, _: Figure.plain(float(len(row.signs))),
    }
)
