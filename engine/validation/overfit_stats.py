"""Numbers with their uncertainty: a bootstrap over prompts, with a generator of its own.

Prompts are drawn anew with replacement, not pictures: seeds of one prompt are no independent
evidence (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, on clustered data). With
one prompt only its pictures can be drawn, and the interval says less than it seems to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 400
_SEED = 20_240_229
_ENDS = (2.5, 97.5)


@dataclass(frozen=True)
class Figure:
    """A value and the ends of its 95 % interval, which are the value where there is none."""

    value: float
    low: float
    high: float

    @classmethod
    def plain(cls, value: float) -> Figure:
        """A value whose interval is not known."""
        return cls(value, value, value)

    def over(self, by: float) -> Figure:
        """As a share of ``by``, which is above 0."""
        return Figure(self.value / by, self.low / by, self.high / by)


# statistic(weights [draws, n]) -> [draws]: how often each picture counts, and what comes of it.
Statistic = Callable[[np.ndarray], np.ndarray]


def figure(prompts: Sequence[str], statistic: Statistic) -> Figure:
    """``statistic`` of pictures that belong to ``prompts``, with its interval over prompts."""
    value = float(statistic(np.ones((1, len(prompts))))[0])
    drawn = statistic(drawn_weights(prompts))
    drawn = drawn[np.isfinite(drawn)]
    if not drawn.size:
        return Figure.plain(value)
    low, high = np.percentile(drawn, _ENDS)
    return Figure(value, min(value, float(low)), max(value, float(high)))


def drawn_weights(prompts: Sequence[str]) -> np.ndarray:
    """float64 ``[400, n]``: how often each picture is in each draw; the same for equal input."""
    names, places = np.unique(np.asarray(prompts), return_inverse=True)
    chance = np.random.default_rng(_SEED)
    if len(names) == 1:
        count = len(places)
        return chance.multinomial(count, np.full(count, 1 / count), size=DRAWS).astype(float)
    count = len(names)
    return chance.multinomial(count, np.full(count, 1 / count), size=DRAWS)[:, places].astype(float)


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
