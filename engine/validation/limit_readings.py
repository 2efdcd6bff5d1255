"""The limits beside what was measured of one row: what each limits, on which side, and whether it
holds. Window and reports show the same names, numbers and digits.

Two limits are kept relative to what can be expected, so that they mean the same with other art and
other extractors, and are shown in the scale of the measure they limit (:class:`Scale`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.runtime.schema import Setting, settings_of
from engine.validation import overfit_rules
from engine.validation.evidence import Evidence
from engine.validation.judging import RowVerdict, Verdict
from engine.validation.limit_scale import Scale, scale_of
from engine.validation.limits import Limits
from engine.validation.overfit_rules import leak, threshold, usual_copies
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import as_shown

AT_LEAST, AT_MOST, COPY_ABOVE, SUSPECT, WITHIN = (
    "at least", "at most", "a copy above", "suspect from", "within",
)  # fmt: skip
MAIN: Mapping[str, str] = MappingProxyType(
    {
        "least_fit": AT_LEAST,
        "variety_of_base": AT_LEAST,
        "excess": AT_MOST,
        "copies_share": AT_MOST,
        "copy_similarity": COPY_ABOVE,
        "least_entropy": AT_LEAST,
        "least_kept": AT_LEAST,
        "leak": AT_MOST,
        "loss_rise": AT_MOST,
    }
)
"""The limits that decide most, by name, and on which side of each a measure has to be."""
MORE: Mapping[str, str] = MappingProxyType(
    {
        "following_drop": AT_MOST,
        "variety_of_best": AT_LEAST,
        "share_of_background": AT_MOST,
        "signs_needed": SUSPECT,
        "about_as_good": WITHIN,
    }
)
"""The others."""
SETTINGS: Mapping[str, Setting] = {item.name: item for item in settings_of(Limits)}


@dataclass(frozen=True)
class LimitReading:
    """What was measured beside the limit ``name``. ``figure`` is None where it was not, and ``why``
    says why; beside a figure it says why the limit holds all the same. ``limit`` is the value that
    holds, in the scale of the measure, also where the setting leaves it to the training pictures.
    """

    name: str
    relation: str
    figure: Figure | None
    limit: float
    holds: bool
    scale: Scale
    why: str = ""

    @property
    def label(self) -> str:
        """What is limited."""
        return SETTINGS[self.name].label

    @property
    def is_whole(self) -> bool:
        """Whether it counts something."""
        return SETTINGS[self.name].kind == "int"


def read(name: str, row: RowVerdict, verdict: Verdict) -> LimitReading:
    """What was measured of ``row`` for the limit ``name``."""
    evidence, limits = verdict.evidence, verdict.limits
    relation = {**MAIN, **MORE}[name]
    scale = scale_of(name, evidence) or Scale()
    limit = as_shown(scale.shown(float(getattr(limits, name))))
    if name == "copy_similarity":
        limit = threshold(evidence, limits)
    measure = _MEASURES.get(name)
    figure = measure(row, verdict) if measure is not None else None
    if figure is None:
        why = _why(name, evidence) if measure is not None else ""
        return LimitReading(name, relation, None, limit, True, scale, why)
    holds = _holds(name, relation, figure, limit)
    if not holds and _is_usual(name, figure, evidence):
        return LimitReading(name, relation, figure, limit, True, scale, _USUAL)
    return LimitReading(name, relation, figure, limit, holds, scale)


def _holds(name: str, relation: str, figure: Figure, limit: float) -> bool:
    value = as_shown(figure.value)
    if relation == AT_LEAST:
        return value >= limit
    if relation == SUSPECT:
        return value < limit
    return value <= limit or (name == "loss_rise" and (figure.few or figure.low <= 0))


def _is_usual(name: str, figure: Figure, evidence: Evidence) -> bool:
    """Whether the base model's pictures are spread no more: then it is not the LoRA's doing."""
    base = evidence.base.figures.entropy if evidence.base is not None else None
    return name == "least_entropy" and base is not None and figure.value >= base.value


def _why(name: str, evidence: Evidence) -> str:
    """Why nothing was measured for a limit, and what to do."""
    if name in ("least_fit", "least_kept") and evidence.base is None:
        return "Not measured: the grid shows no base model row. Draw weight 0."
    if name in ("excess", "copies_share", "copy_similarity", "share_of_background"):
        return "Not measured: no training picture is at hand."
    if name == "least_fit":
        return "Not measured: neither training nor held-out pictures are at hand."
    return _WHY[name]


_USUAL = "The base model's pictures are spread no more."
_WHY: Mapping[str, str] = MappingProxyType(
    {
        "variety_of_base": "Not measured: it takes at least 2 seeds of a prompt.",
        "variety_of_best": "Not measured: it takes at least 2 seeds of a prompt.",
        "least_entropy": "Not measured: it takes at least 2 prompts and 2 training pictures.",
        "least_kept": "Not measured: the base model drew none of these prompts and seeds.",
        "leak": "Not measured: no prompt without the trigger word was drawn, or only one seed.",
        "loss_rise": "Not measured: no pictures were held out while it was trained, or too few "
        "checkpoints were measured.",
        "following_drop": "Not measured: it takes a text-image model such as CLIP. Choose one "
        "under “How it is measured”.",
    }
)


def _scaled(figure: Figure | None, by: float) -> Figure | None:
    return None if figure is None or by <= 0 else figure.over(by)


def share_of_copies(row: RowVerdict, verdict: Verdict) -> Figure | None:
    """How many pictures of ``row`` are copies by the limits of ``verdict``."""
    return overfit_rules.share_of_copies(row.row, verdict.evidence, verdict.limits)


def _closest(row: RowVerdict, verdict: Verdict) -> Figure | None:
    found = verdict.evidence.cells
    cells = [found[cell].copying for cell in row.row.cells if cell in found]
    known = [copying for copying in cells if copying is not None]
    return Figure.plain(max(known)) if known else None


def _of_best(row: RowVerdict, verdict: Verdict) -> Figure | None:
    alike = [other for other in verdict.evidence.rows if other.weight == row.row.weight]
    return _scaled(row.row.figures.diversity, max(one.diversity or 0.0 for one in alike))


def _drop(row: RowVerdict, _: Verdict) -> Figure | None:
    found = row.row.figures.following_change
    return -found if found is not None else None


_Measure = Callable[[RowVerdict, Verdict], Figure | None]
_MEASURES: Mapping[str, _Measure] = MappingProxyType(
    {
        "least_fit": lambda row, _: row.row.figures.fit,
        "variety_of_base": lambda row, _: row.row.figures.diversity,
        "excess": lambda row, _: row.row.figures.copy_mean,
        "copies_share": share_of_copies,
        "copy_similarity": _closest,
        "least_entropy": lambda row, _: row.row.figures.entropy,
        "least_kept": lambda row, _: (
            Figure.plain(row.row.kept) if row.row.kept is not None else None
        ),
        "leak": lambda row, verdict: leak(row.row, verdict.evidence),
        "loss_rise": lambda row, _: row.row.figures.loss_rise,
        "following_drop": _drop,
        "variety_of_best": _of_best,
        "share_of_background": lambda row, verdict: _scaled(
            share_of_copies(row, verdict), usual_copies(verdict.evidence, verdict.limits)
        ),
        "signs_needed": lambda row, _: Figure.plain(float(len(row.signs))),
    }
)
