"""The curves of a report over the checkpoints, as points that any pen can draw.

Colors, dashes and markers are those of the window's chart, so that neither is told by color alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Literal, Protocol

from engine.runtime.words import Words
from engine.validation.evidence_rows import RowEvidence
from engine.validation.judging import Verdict
from engine.validation.limit_scale import scale_of
from engine.validation.overfit_stats import Figure
from engine.validation.sentences import as_shown, decimal

Points = list[tuple[float, float]]
Dash = Literal["", "dash", "dot"]
Marker = Literal["circle", "square", "triangle", "diamond"]
COLORS = {"fit": "#2B7F8E", "diversity": "#9A7420", "copying": "#B3392F", "loss": "#7B4F80"}
INK, GRID = "#6E6E6E", "#C8C8C8"
DASHES: dict[Dash, tuple[int, ...]] = {"": (), "dash": (6, 3), "dot": (2, 4)}
# A page is dark on a screen and light on paper: its style sheet has both.
_VARIABLES = {**{COLORS[name]: name for name in COLORS}, INK: "t3", GRID: "line"}


@dataclass(frozen=True)
class Curve:
    """A measure over the checkpoints: (place, value 0..1) and the ends of its intervals."""

    name: str
    color: str
    dash: Dash
    marker: Marker
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Limit:
    """A dotted line across, with words at its right end."""

    words: str
    color: str
    value: float


@dataclass(frozen=True)
class Chart:
    """Places 0..1 from left to right with their labels; ``picked`` is the one it is about.

    ``losses`` are the held-out losses, on an axis of their own below; None where none is known.
    """

    title: str
    labels: tuple[tuple[float, str], ...]
    curves: tuple[Curve, ...]
    limits: tuple[Limit, ...]
    picked: float | None
    losses: Curve | None = None


def chart_of(
    verdict: Verdict,
    epochs: Mapping[str, int],
    words: Words,
    at: tuple[str, float] | None,
) -> Chart | None:
    """The curves at the weight of ``at``, whose checkpoint is marked; None without one, and with
    fewer than two checkpoints.
    """
    if at is None:
        return None
    chosen, weight = at
    rows = [one.row for one in verdict.rows if one.row.weight == weight]
    rows.sort(key=lambda row: epochs.get(row.checkpoint, 0))
    if len(rows) < 2:
        return None
    places = {row.checkpoint: number / (len(rows) - 1) for number, row in enumerate(rows)}

    def curve(name: str, key: str, dash: Dash, marker: Marker) -> Curve:
        of = {"fit": "style_fit", "diversity": "diversity", "copying": "copying"}[key]
        figure = {"fit": "fit", "diversity": "diversity", "copying": "copy_mean"}[key]
        known = [row for row in rows if getattr(row, of) is not None]
        points = tuple((places[row.checkpoint], float(getattr(row, of))) for row in known)
        found = [(row, getattr(row.figures, figure, None)) for row in known]
        band = tuple(
            (places[row.checkpoint], one.low, one.high) for row, one in found if one is not None
        )
        return Curve(name, COLORS[key], dash, marker, points, band if len(band) > 1 else ())

    return Chart(
        words("At weight {weight}", weight=f"{weight:g}"),
        tuple((places[row.checkpoint], verdict.names[row.checkpoint]) for row in rows),
        (
            curve(words("Style fit"), "fit", "", "circle"),
            curve(words("Diversity"), "diversity", "dash", "square"),
            curve(words("Copying"), "copying", "", "triangle"),
        ),
        _limits(verdict, rows, words),
        places.get(chosen),
        _losses(places, verdict.losses, words),
    )


def _limits(verdict: Verdict, rows: Sequence[RowEvidence], words: Words) -> tuple[Limit, ...]:
    """Those that the window draws, in its words."""
    evidence, limits = verdict.evidence, verdict.limits
    known = {
        "fit": ("style fit at least {value}", "least_fit"),
        "diversity": ("diversity at least {value}", "variety_of_base"),
        "copying": ("copying at most {value}", "excess"),
    }
    found = []
    for key, (told, name) in known.items():
        scale = scale_of(name, evidence)
        if scale is None or (key == "fit" and all(row.style_fit is None for row in rows)):
            continue
        value = as_shown(scale.shown(getattr(limits, name)))
        found.append(Limit(words(told, value=decimal(value)), COLORS[key], value))
    if evidence.training_similarities:
        between = evidence.between_training
        found.append(Limit(words("between training"), COLORS["copying"], between))
    return tuple(found)


def _losses(
    places: Mapping[str, float], losses: Mapping[str, Figure], words: Words
) -> Curve | None:
    known = [(place, losses[one]) for one, place in places.items() if one in losses]
    if len(known) < 2:
        return None
    points = tuple((place, figure.value) for place, figure in known)
    band = tuple((place, figure.low, figure.high) for place, figure in known)
    return Curve(words("Held-out loss"), COLORS["loss"], "dot", "diamond", points, band)


class Pen(Protocol):
    """What a chart is drawn with, in a plane whose y goes down."""

    def line(self, points: Points, color: str, width: float, dash: Dash) -> None:
        """A stroke through ``points``."""

    def area(self, points: Points, color: str, opacity: float) -> None:
        """A filled polygon."""

    def text(self, x: float, y: float, words: str, color: str, anchor: str) -> None:
        """Words with their base line at ``y``; ``anchor`` is start, middle or end."""


LEFT, RIGHT, TOP, BOTTOM = 50.0, 176.0, 26.0, 24.0
LOSS_SHARE, BETWEEN = 0.28, 22.0
"""The part of the height that held-out losses take, and the gap above them."""


@dataclass(frozen=True)
class _Plane:
    """Where values lie: those from ``low`` to ``high`` between ``top`` and ``bottom``."""

    width: float
    top: float
    bottom: float
    low: float = 0.0
    high: float = 1.0

    @property
    def right(self) -> float:
        """Where lines across end."""
        return self.width - RIGHT

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The point of value ``y`` at place ``x``; what lies beyond the ends is drawn there."""
        share = min(1.0, max(0.0, (y - self.low) / (self.high - self.low)))
        wide = self.right - LEFT - 24
        return LEFT + 12 + x * wide, self.bottom - share * (self.bottom - self.top)


def draw(chart: Chart, pen: Pen, width: float, height: float) -> None:
    """Draw ``chart`` into ``width`` x ``height``."""
    foot = height - BOTTOM
    share = LOSS_SHARE * (foot - TOP) if chart.losses is not None else 0.0
    main = _Plane(width, TOP, foot - share)
    if chart.picked is not None:
        x = main.at(chart.picked, 0)[0]
        pen.area(
            [(x - 12, TOP), (x + 12, TOP), (x + 12, foot), (x - 12, foot)], COLORS["fit"], 0.18
        )
    _draw_grid(pen, main, (0.0, 0.25, 0.5, 0.75, 1.0), "{:g}")
    for place, words in chart.labels:
        pen.text(main.at(place, 0)[0], height - 8, words, INK, "middle")
    _draw_limits(chart, pen, main)
    for curve in chart.curves:
        _draw_curve(curve, pen, main)
    if chart.losses is not None:
        _draw_losses(chart.losses, pen, width, (foot - share + BETWEEN, foot))
    _draw_legend(chart, pen)


def _draw_grid(pen: Pen, plane: _Plane, values: Sequence[float], shown: str) -> None:
    for value in values:
        y = plane.at(0, value)[1]
        pen.line([(LEFT, y), (plane.right, y)], GRID, 0.5, "")
        pen.text(LEFT - 6, y + 3, shown.format(value), INK, "end")


def _draw_losses(curve: Curve, pen: Pen, width: float, room: tuple[float, float]) -> None:
    """Losses on their own axis: they differ by little, so that it does not begin at zero."""
    values = [value for _, value in curve.points]
    low = min(values + [low for _, low, _ in curve.band])
    high = max(values + [high for _, _, high in curve.band])
    margin = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
    plane = _Plane(width, *room, low - margin, high + margin)
    places = max(2, min(6, 1 - floor(log10(margin))))
    ticks = sorted({low, (low + high) / 2, high})
    _draw_grid(pen, plane, ticks, f"{{:.{places}f}}")
    _draw_curve(curve, pen, plane)
    pen.text(plane.right + 6, plane.at(0, values[-1])[1] + 3, curve.name, curve.color, "start")


def _draw_limits(chart: Chart, pen: Pen, plane: _Plane) -> None:
    last = float("-inf")
    for limit in sorted(chart.limits, key=lambda limit: -limit.value):
        y = plane.at(0, limit.value)[1]
        pen.line([(LEFT, y), (plane.right, y)], limit.color, 1.0, "dot")
        below = max(y + 3, last + 11)  # words never lie on words
        pen.text(plane.right + 6, below, limit.words, limit.color, "start")
        last = below


def _draw_curve(curve: Curve, pen: Pen, plane: _Plane) -> None:
    if curve.band:
        upper = [plane.at(x, high) for x, _, high in curve.band]
        lower = [plane.at(x, low) for x, low, _ in curve.band]
        pen.area([*upper, *reversed(lower)], curve.color, 0.15)
    points = [plane.at(x, y) for x, y in curve.points]
    if len(points) > 1:
        pen.line(points, curve.color, 1.75, curve.dash)
    for x, y in points:
        pen.area(_marker(curve.marker, x, y), curve.color, 1.0)


def _draw_legend(chart: Chart, pen: Pen) -> None:
    x = LEFT
    for curve in (*chart.curves, *([chart.losses] if chart.losses is not None else [])):
        pen.line([(x, 10), (x + 18, 10)], curve.color, 1.75, curve.dash)
        pen.area(_marker(curve.marker, x + 9, 10), curve.color, 1.0)
        pen.text(x + 23, 13, curve.name, INK, "start")
        x += 110


def _marker(marker: Marker, x: float, y: float) -> list[tuple[float, float]]:
    if marker == "triangle":
        return [(x, y - 4), (x + 4, y + 3), (x - 4, y + 3)]
    if marker == "square":
        return [(x - 3, y - 3), (x + 3, y - 3), (x + 3, y + 3), (x - 3, y + 3)]
    if marker == "diamond":
        return [(x, y - 4), (x + 4, y), (x, y + 4), (x - 4, y)]
    return [(x + 3.2 * dx, y + 3.2 * dy) for dx, dy in _ROUND]


_ROUND = (
    (0, -1), (0.5, -0.87), (0.87, -0.5), (1, 0), (0.87, 0.5), (0.5, 0.87),
    (0, 1), (-0.5, 0.87), (-0.87, 0.5), (-1, 0), (-0.87, -0.5), (-0.5, -0.87),
)  # fmt: skip


class SvgPen:
    """Draws SVG. ``parts`` are its elements."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def line(self, points: Points, color: str, width: float, dash: Dash) -> None:
        dashes = f' stroke-dasharray="{" ".join(map(str, DASHES[dash]))}"' if dash else ""
        self.parts.append(
            f'<polyline points="{_joined(points)}" style="fill:none;stroke:{_css(color)}" '
            f'stroke-width="{width:g}"{dashes}/>'
        )

    def area(self, points: Points, color: str, opacity: float) -> None:
        self.parts.append(
            f'<polygon points="{_joined(points)}" style="fill:{_css(color)}" '
            f'fill-opacity="{opacity:g}"/>'
        )

    def text(self, x: float, y: float, words: str, color: str, anchor: str) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" style="fill:{_css(color)}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )


def svg(chart: Chart, width: float, height: float) -> str:
    """``chart`` as an SVG element."""
    pen = SvgPen()
    draw(chart, pen, width, height)
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(chart.title)}">'
        f"{''.join(pen.parts)}</svg>"
    )


def _css(color: str) -> str:
    return f"var(--{_VARIABLES[color]})"


def _joined(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
