"""What the chart of a verdict shows: a slot for each checkpoint, lines with bands, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.validation.limit_readings import SETTINGS
from engine.validation.limit_scale import Scale, scale_of
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import as_shown

if TYPE_CHECKING:
    from app.validation.model import GridState
    from engine.validation.evidence import Evidence, RowEvidence
    from engine.validation.judging import Verdict, Word
    from engine.validation.limits import Limits

Key = Literal["fit", "diversity", "copying"]
LABELS: dict[Key, str] = {"fit": "Style fit", "diversity": "Diversity", "copying": "Copying"}
COLORS: dict[Key, str] = {"fit": "acc", "diversity": "chart2", "copying": "chart3"}
DASHES: dict[Key, tuple[float, ...]] = {"fit": (), "diversity": (6, 3), "copying": ()}
LIMIT_WORDS: dict[Key, str] = {
    "fit": "style fit at least {value}",
    "diversity": "diversity at least {value}",
    "copying": "copying at most {value}",
}
LOSS_COLOR = "chart4"


@dataclass(frozen=True)
class Slot:
    """A checkpoint on the horizontal axis, at ``x``; its word is that of the weight shown."""

    x: float
    title: str
    checkpoint: str
    word: Word
    loss: Figure | None


@dataclass(frozen=True)
class Curve:
    """A measure over the slots: ``weights`` has a line for each weight, ``base`` is the base
    model's. A place is None where nothing was measured.
    """

    key: Key
    weights: dict[float, tuple[Figure | None, ...]]
    base: Figure | None


@dataclass(frozen=True)
class LimitLine:
    """A limit at ``value`` of the axis; ``setting`` is the limit's name, and ``scale`` how that is
    read. ``failing`` rows of ``count`` are on its wrong side.
    """

    key: Key
    setting: str
    value: float
    scale: Scale
    failing: int
    count: int

    def setting_at(self, value: float) -> float:
        """What the limit would be with its line at ``value``, which is brought into its range."""
        low, high = self.ends
        return self.scale.setting(min(high, max(low, value)))

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest place of the line."""
        item = SETTINGS[self.setting]
        low, high = (self.scale.shown(one) for one in (item.minimum or 0.0, item.maximum or 1.0))
        return low, high

    def stop_at(self, value: float) -> str:
        """Why the line does not go to ``value``; empty where it does."""
        low, high = self.ends
        if as_shown(value) < as_shown(low):
            return _STOPS.get((self.setting, "low"), "")
        return _STOPS.get((self.setting, "high"), "") if as_shown(value) > as_shown(high) else ""


STOPS = {
    ("excess", "low"): "It stops at {value}: real art that was not trained on is this near.",
    ("variety_of_base", "high"): "It stops at {value}: no more can be expected of these prompts "
    "and seeds.",
}
"""Why a limit goes no lower or higher, where it is not the end of a scale."""
_STOPS = {
    ("excess", "low"): "stops here: real art that was not trained on is this near",
    ("variety_of_base", "high"): "stops here: no more can be expected of these prompts and seeds",
}


@dataclass(frozen=True)
class ChartData:
    """All that is drawn."""

    slots: tuple[Slot, ...] = ()
    curves: tuple[Curve, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    between: float | None = None
    weights: tuple[float, ...] = ()
    chosen: str = ""
    numeric: bool = True

    @property
    def has_losses(self) -> bool:
        """Whether there is a held-out loss to draw a line of."""
        return sum(slot.loss is not None for slot in self.slots) > 1


def figure_of(row: RowEvidence, key: Key) -> Figure | None:
    """A measure of a row with its interval, if it was taken."""
    figures = row.figures
    found = {"fit": figures.fit, "diversity": figures.diversity, "copying": figures.copy_mean}[key]
    if found is not None:
        return found
    plain = {"fit": row.style_fit, "diversity": row.diversity, "copying": row.copying}[key]
    return Figure.plain(plain) if plain is not None else None


def chart_data(
    state: GridState, verdict: Verdict, chosen: str, weight: float | None = None
) -> ChartData:
    """The data of ``verdict``; ``chosen`` is the checkpoint that is looked at. Words are those of
    the rows at ``weight``; without it, or where it was not drawn, of the best row.
    """
    rows = {(one.row.checkpoint, one.row.weight): one.row for one in verdict.rows}
    weights = tuple(sorted({weight for _, weight in rows}))
    slots, numeric = _slots(state, verdict, weight)
    curves = []
    for key in LABELS:
        lines = {}
        for weight in weights:
            found = [rows.get((slot.checkpoint, weight)) for slot in slots]
            lines[weight] = tuple(figure_of(row, key) if row is not None else None for row in found)
        base = figure_of(verdict.base.row, key) if verdict.base is not None else None
        curves.append(Curve(key, lines, base))
    evidence = verdict.evidence
    between = evidence.between_training if evidence.training_similarities else None
    limits = limit_lines(evidence, verdict.limits, tuple(rows.values()))
    return ChartData(slots, tuple(curves), limits, between, weights, chosen, numeric)


def _slots(
    state: GridState, verdict: Verdict, weight: float | None
) -> tuple[tuple[Slot, ...], bool]:
    """By epoch where each has one of its own, else evenly in the order of the grid."""
    known = state.checkpoints
    paths = list(dict.fromkeys(one.row.checkpoint for one in verdict.rows))
    epochs = [known[path].epoch if path in known else 0 for path in paths]
    numeric = all(epochs) and len(set(epochs)) == len(epochs)
    places = epochs if numeric else list(range(1, len(paths) + 1))
    words = {one.row.checkpoint: one.word for one in verdict.rows if one.row.weight == weight}
    slots = []
    for path, place in sorted(zip(paths, places, strict=True), key=lambda pair: pair[1]):
        title = str(place) if numeric else state.title_of(path)
        loss = verdict.losses.get(path)
        slots.append(Slot(float(place), title, path, words.get(path, verdict.words[path]), loss))
    return tuple(slots), numeric


def limit_lines(
    evidence: Evidence, limits: Limits, rows: tuple[RowEvidence, ...]
) -> tuple[LimitLine, ...]:
    """The limits that can be drawn beside what they limit."""
    wanted: list[tuple[Key, str]] = []
    if any(row.style_fit is not None for row in rows):
        wanted.append(("fit", "least_fit"))
    wanted += [("diversity", "variety_of_base"), ("copying", "excess")]
    found = []
    for key, setting in wanted:
        scale = scale_of(setting, evidence)
        if scale is None:
            continue
        value = as_shown(scale.shown(getattr(limits, setting)))
        figures = [figure_of(row, key) for row in rows]
        measured = [as_shown(one.value) for one in figures if one is not None]
        failing = sum((one > value) if key == "copying" else (one < value) for one in measured)
        found.append(LimitLine(key, setting, value, scale, failing, len(measured)))
    return tuple(found)
