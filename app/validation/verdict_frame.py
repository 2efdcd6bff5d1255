"""Where everything of a verdict's chart is: axes, places of slots, words that avoid each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize

from app.i18n import tr
from app.theme import fonts
from app.validation.verdict_data import LIMIT_WORDS, ChartData, LimitLine
from app.widgets.axis import range_of, ticks
from engine.validation.sentences import decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

LOSSES = 92  # height of the chart of held-out losses
WORD = 15.0  # least distance of two words at the right
_GAP = 18
_WORDS = 15.0  # height of words on the chart
_TRIES = 8  # places along the line
_ROOMY = 12.0  # more air than this is no better
_BASE = 26.0  # from the left end to the base model's points
_BASE_ROOM = 78.0


@dataclass(frozen=True)
class SideWord:
    """Words at the right end of a line at ``y``, written at ``middle``."""

    text: str
    y: float
    middle: float
    limit: LimitLine | None


class Frame:
    """The layout for a widget of ``size``. ``compact`` leaves out limits, losses and words."""

    def __init__(self, size: QSize, data: ChartData, compact: bool) -> None:
        self.data, self.compact = data, compact
        self.left = 30.0 if compact else 46.0
        right = 10.0 if compact else self._side_room()
        foot = 20.0 if compact else 40.0
        self.has_losses = data.has_losses and not compact
        below = foot + (LOSSES + _GAP if self.has_losses else 0)
        width = max(60.0, size.width() - self.left - right)
        self.main = QRectF(self.left, 8, width, max(40.0, size.height() - 8 - below))
        top = self.main.bottom() + _GAP
        self.losses = QRectF(self.left, top, width, LOSSES) if self.has_losses else QRectF()
        self.bottom = self.losses.bottom() if self.has_losses else self.main.bottom()
        known = [slot.loss for slot in data.slots if slot.loss is not None]
        ends = [end for figure in known for end in (figure.low, figure.high)]
        self.loss_range = range_of(ends, 0.12)
        self.loss_ticks = ticks(*self.loss_range, 3)
        self.xs = self._places()

    @property
    def has_base(self) -> bool:
        """Whether there are points of the base model."""
        return any(curve.base is not None for curve in self.data.curves)

    @property
    def base_x(self) -> float:
        """Where those are."""
        return self.main.left() + _BASE

    def _side_room(self) -> float:
        words = [self._limit_words(limit) for limit in self.data.limits]
        words += [tr("between training"), tr("held-out loss")]
        words += [self.words_of(one) for one in (None, *self.data.weights)]
        return max(fonts.width_of(one, 11) for one in words) + 32

    def words_of(self, weight: float | None) -> str:
        """Which weight the words under the slots are about; without one, each its best."""
        if len(self.data.weights) < 2:
            return ""
        if weight is None:
            return tr("each at its best weight")
        return tr("at weight {weight}", weight=f"{weight:g}")

    def _limit_words(self, limit: LimitLine) -> str:
        return tr(LIMIT_WORDS[limit.key], value=decimal(limit.value))

    def _places(self) -> list[float]:
        slots = self.data.slots
        start = self.main.left() + (_BASE_ROOM if self.has_base else _BASE)
        end = self.main.right() - (14.0 if self.compact else _BASE)
        if len(slots) < 2:
            return [(start + end) / 2 for _ in slots]
        low, high = slots[0].x, slots[-1].x
        return [start + (slot.x - low) / (high - low) * (end - start) for slot in slots]

    @property
    def step(self) -> float:
        """The least distance of two slots."""
        gaps = [b - a for a, b in zip(self.xs, self.xs[1:], strict=False)]
        return min(gaps, default=self.main.width() / 3)

    def y(self, value: float) -> float:
        """The pixel of a value from 0 to 1."""
        return self.main.bottom() - min(1.0, max(0.0, value)) * self.main.height()

    def value(self, y: float) -> float:
        """The value from 0 to 1 at a pixel."""
        return min(1.0, max(0.0, (self.main.bottom() - y) / self.main.height()))

    def loss_y(self, loss: float) -> float:
        """The pixel of a held-out loss."""
        low, high = self.loss_range
        return self.losses.bottom() - (loss - low) / (high - low) * self.losses.height()

    def band(self, index: int) -> QRectF:
        """The band of the chosen slot, through both charts."""
        half = min(30.0, self.step * 0.4, 0.09 * self.main.width())
        top = self.main.top()
        return QRectF(self.xs[index] - half, top, 2 * half, self.bottom - top)

    def handle(self, limit: LimitLine) -> QRectF:
        """The handle of 7x10 at the end of a limit's line."""
        return QRectF(self.main.right() + 3, self.y(limit.value) - 5, 7, 10)

    def between_place(self, weight: float | None) -> QRectF:
        """Where the words of the line between training pictures stand in a compact chart: under it
        or over it, where the lines of ``weight`` and the base model's points are farthest.
        """
        wide, line = fonts.width_of(tr("between training"), 11) + 2, self.y(self.data.between or 0)
        room = max(0.0, self.main.width() - wide - 4)
        lefts = [self.main.right() - 2 - wide - room * part / _TRIES for part in range(_TRIES + 1)]
        places = [
            QRectF(left, top, wide, _WORDS)
            for top in (line + 1, line - _WORDS)
            if self.main.top() <= top <= self.main.bottom() - _WORDS
            for left in lefts
        ]
        return max(places, key=lambda place: self._air(place, weight))

    def _air(self, place: QRectF, weight: float | None) -> float:
        """The least distance of ``place`` from what is drawn, in pixels down or up."""
        found = [_ROOMY]
        for curve in self.data.curves:
            if curve.base is not None and place.left() <= self.base_x + 6:
                ends = self.y(curve.base.high), self.y(curve.base.low)
                found.append(max(place.top() - ends[1], ends[0] - place.bottom()))
            figures = zip(self.xs, curve.weights.get(weight or 0.0, ()), strict=False)
            points = [(x, self.y(one.value)) for x, one in figures if one is not None]
            heights = _heights(points, place)
            found += [max(place.top() - y, y - place.bottom()) for y in heights]
        return min(found)

    def side_words(self) -> list[SideWord]:
        """The words at the right, from top to bottom and none over another."""
        if self.compact:
            return []
        found: list[tuple[str, float, LimitLine | None]] = [
            (self._limit_words(limit), self.y(limit.value), limit) for limit in self.data.limits
        ]
        if self.data.between is not None:
            found.append((tr("between training"), self.y(self.data.between), None))
        found.sort(key=lambda one: one[1])
        middles = apart([y for _, y, _ in found], WORD, self.main.top() + 4, self.main.bottom())
        return [
            SideWord(text, y, middle, limit)
            for (text, y, limit), middle in zip(found, middles, strict=True)
        ]

    def slot_at(self, position: QPointF) -> int | None:
        """The slot whose column is at ``position``; -1 is the base model's."""
        if not self.main.left() <= position.x() <= self.main.right():
            return None
        if not self.main.top() - 8 <= position.y() <= self.bottom + 40:
            return None
        places = [(abs(x - position.x()), index) for index, x in enumerate(self.xs)]
        if self.has_base:
            places.append((abs(self.base_x - position.x()), -1))
        return min(places)[1] if places else None


def apart(places: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Ascending ``places`` moved as little as it takes to be ``least`` apart and within range."""
    found = list(places)
    for index in range(len(found)):
        before = found[index - 1] + least if index else low
        found[index] = max(found[index], before)
    for index in range(len(found) - 1, -1, -1):
        after = found[index + 1] - least if index + 1 < len(found) else high
        found[index] = min(found[index], after)
    return found


def _heights(points: Sequence[tuple[float, float]], place: QRectF) -> list[float]:
    """Heights of the line through ``points`` over and under ``place``, its markers' reach too."""
    left, right = place.left() - 5, place.right() + 5
    found = [y for x, y in points if left <= x <= right]
    for (x, y), (far, end) in pairwise(points):
        inside = [min(far, max(x, at)) for at in (left, right) if x < right and far > left]
        found += [y + (end - y) * (at - x) / (far - x) for at in inside]
    return found
