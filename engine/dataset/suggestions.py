"""What a curator should look at: blurred, copied, tiny, oddly shaped, unreadable, uncaptioned.

Measures are stored and thresholds are applied here, so that moving a slider costs no decoding.
Nothing is decided: a suggestion says what was found, a person rejects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.dataset.picture import column
from engine.dataset.survey import Survey, components
from engine.dataset.thresholds import Kind, Thresholds
from engine.dataset.worth import by_worth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.picture import Picture

__all__ = ["Kind", "Suggestion", "Thresholds", "suggest"]


@dataclass(frozen=True)
class Suggestion:
    """``value`` is the measure behind it. Of a ``group`` of copies one has ``keep`` set, and its
    own suggestion only says that it is the one to keep.
    """

    kind: Kind
    picture_id: int
    value: float
    text: str
    group: int | None = None
    keep: bool = False


def suggest(
    pictures: Sequence[Picture],
    thresholds: Thresholds | None = None,
    survey: Survey | None = None,
) -> list[Suggestion]:
    """All suggestions, by kind; each kind is judged on its own, as the survey counts it.

    ``survey`` is one of ``pictures``, where it is at hand: then nothing is compared again.
    """
    limits = thresholds or Thresholds()
    survey = survey or Survey(pictures)
    return [
        *[
            Suggestion("unreadable", p.id, 0.0, p.problem)
            for p, problem in zip(pictures, column(pictures, "problem"), strict=True)
            if problem
        ],
        *_marked(survey, "blurred", limits),
        *_duplicates(survey, limits),
        *_marked(survey, "too-small", limits),
        *_marked(survey, "unusual-shape", limits),
        *_marked(survey, "different", limits),
        *_without_caption(survey.pictures),
        *(_hidden(survey, limits) if limits.hidden_color else []),
    ]


def _without_caption(pictures: Sequence[Picture]) -> list[Suggestion]:
    """Regularization pictures need none: they are not learned from."""
    columns = (column(pictures, name) for name in ("caption", "is_reg"))
    return [
        Suggestion("no-caption", p.id, 0.0, p.caption_problem or "It has no caption.")
        for p, caption, is_reg in zip(pictures, *columns, strict=True)
        if not is_reg and not caption.strip()
    ]


def _marked(survey: Survey, kind: Kind, limits: Thresholds) -> list[Suggestion]:
    values, rows = survey.values(kind, limits), survey.mask(kind, limits).nonzero()[0]
    found = [(survey.pictures[row], float(values[row])) for row in rows.tolist()]
    return [Suggestion(kind, p.id, value, _text(kind, p, value)) for p, value in found]


def _text(kind: Kind, picture: Picture, value: float) -> str:
    texts = {
        "blurred": f"Sharpness {value:.2f}.",
        "too-small": f"Only {picture.width}×{picture.height} pixels.",
        "unusual-shape": f"{value:.1f} times as long as wide.",
        "different": f"{value:.2f} from the middle of its category.",
    }
    return texts[kind]


def _hidden(survey: Survey, limits: Thresholds) -> list[Suggestion]:
    text = "Colors are stored under its transparent parts."
    rows = survey.mask("hidden-color", limits).nonzero()[0].tolist()
    return [Suggestion("hidden-color", survey.pictures[row].id, 1.0, text) for row in rows]


def _duplicates(survey: Survey, limits: Thresholds) -> list[Suggestion]:
    edges = survey.edges(limits)
    found = []
    groups = components(len(survey.ids), survey.pairs.first[edges], survey.pairs.second[edges])
    for number, rows in enumerate(groups, start=1):
        group = [survey.pictures[row] for row in rows]
        best = by_worth(group)[0]
        for picture in sorted(group, key=lambda p: (p is not best, p.id)):
            value = survey.bits_between(picture, best)
            text = (
                "The best of its copies."
                if picture is best
                else f"A copy of {best.path.name}, {value:.0f} of 64 bits differ."
            )
            found.append(Suggestion("duplicate", picture.id, value, text, number, picture is best))
    return found
