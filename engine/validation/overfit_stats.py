"""Numbers with their uncertainty: intervals over prompts, of which there are few.

Prompts are drawn anew with replacement, not pictures: seeds of one prompt are no independent
evidence (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, on clustered data). The
ends of such draws are too near where prompts are few: of six normal values they hold the truth 86
times in 100. So only the standard error and the skew are taken from the draws. The error is
widened by sqrt(k / (k - 1)) for k prompts, and Student's quantile with k - 1 degrees of freedom
stands for the normal one (Cameron, Gelbach and Miller, "Bootstrap-based improvements for inference
with clustered errors", 2008, on few clusters). Each tail has 1.25 % and the side of the longer tail
is stretched, because Student's own 95 % are about 90 % for skewed values. Simulated with 4 to 10
prompts it holds the truth 98 times in 100 for normal values, 95 to 96 for log-normal ones
(deviation 0.5), and 93 to 96 for exponential ones and for shares that are mostly near 0.

Fewer than four prompts tell no interval. Neither do prompts that all give one value, such as no
copy at all: how often there is what was never seen cannot be drawn from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LEAST = 4
"""Prompts, or held-out pictures, below which no interval is told."""
DRAWS = 400
_SEED = 20_240_229
_ENDS = (2.5, 50.0, 97.5)
_TAIL = 2.241403  # the normal quantile that leaves 1.25 % beyond it
_MOST_STRETCH = 2.0
_DUST = 1e-9  # of rounding
ANY = (-math.inf, math.inf)
SHARE = (0.0, 1.0)
COSINE = (-1.0, 1.0)


@dataclass(frozen=True)
class Figure:
    """A value and the ends of its 95 % interval, which are the value where there is none. ``few``
    is whether there is none because of too few prompts, or pictures.
    """

    value: float
    low: float
    high: float
    few: bool = False

    @classmethod
    def plain(cls, value: float, *, few: bool = False) -> Figure:
        """A value whose interval is not known."""
        return cls(value, value, value, few)

    def over(self, by: float) -> Figure:
        """As a share of ``by``, which is above 0."""
        return Figure(self.value / by, self.low / by, self.high / by, self.few)

    def __neg__(self) -> Figure:
        return Figure(-self.value, -self.high, -self.low, self.few)


# statistic(weights [draws, n]) -> [draws]: how often each picture counts, and what comes of it.
Statistic = Callable[[np.ndarray], np.ndarray]


def figure(
    prompts: Sequence[str],
    statistic: Statistic,
    possible: tuple[float, float] = ANY,
    *,
    count: int | None = None,
) -> Figure:
    """``statistic`` of pictures that belong to ``prompts``, with its interval over prompts, within
    what is ``possible``. ``count`` says of how many prompts it is where not all of them tell.
    """
    value = float(statistic(np.ones((1, len(prompts))))[0])
    known = len(set(prompts)) if count is None else count
    if known < LEAST:
        return Figure.plain(value, few=True)
    drawn = statistic(drawn_weights(tuple(prompts)))
    drawn = drawn[np.isfinite(drawn)]
    low, high = _interval(value, drawn, known) if drawn.size else (value, value)
    return Figure(value, min(value, max(possible[0], low)), max(value, min(possible[1], high)))


def _interval(value: float, drawn: np.ndarray, count: int) -> tuple[float, float]:
    error = float(drawn.std()) * math.sqrt(count / (count - 1))
    if error < _DUST:
        return value, value
    low, middle, high = (float(end) for end in np.percentile(drawn, _ENDS))
    below, above = middle - low, high - middle
    # Only which way they lean: draws with replacement also lie too low, or too high, as a whole.
    skew = above / below if below > 0.0 and above > 0.0 else 1.0
    up, down = (min(max(1.0, lean), _MOST_STRETCH) for lean in (skew, 1.0 / skew))
    half = student(count - 1) * error
    return value - down * half, value + up * half


def student(freedom: int) -> float:
    """The quantile of Student's distribution that leaves 1.25 % beyond it, for 3 degrees of freedom
    or more, to 0.3 %: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5.
    """
    z = _TAIL
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / freedom**power for power, term in enumerate(terms))


@lru_cache(maxsize=16)
def drawn_weights(prompts: tuple[str, ...]) -> np.ndarray:
    """float64 ``[400, n]``: how often each picture is in each draw; the same for equal input."""
    names, places = np.unique(np.asarray(prompts), return_inverse=True)
    count, chance = len(names), np.random.default_rng(_SEED)
    drawn = chance.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    found: np.ndarray = drawn[:, places].astype(float)
    found.setflags(write=False)
    return found


def mean_of(values: np.ndarray) -> Statistic:
    """The weighted mean of ``values`` ``[n]``."""
    return lambda weights: weights @ values / weights.sum(axis=1)


def percentile_of(values: np.ndarray, share: float) -> Statistic:
    """The least value that ``share`` (0-1) of the weighted ``values`` does not exceed."""
    order = np.argsort(values)

    def statistic(weights: np.ndarray) -> np.ndarray:
        sums = np.cumsum(weights[:, order], axis=1)
        place = (sums < share * sums[:, -1:] - 1e-9).sum(axis=1)
        found: np.ndarray = values[order][np.minimum(place, len(values) - 1)]
        return found

    return statistic
