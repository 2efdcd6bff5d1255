"""What the trigger word does, as measures like those of :mod:`engine.validation.overfit`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.validation import style
from engine.validation.overfit import how_far
from engine.validation.overfit_stats import COSINE, Figure, figure


def trigger_effect(
    styles: np.ndarray,
    wanted: np.ndarray,
    base: np.ndarray,
    asked: np.ndarray,
    prompts: Sequence[str],
) -> Figure | None:
    """:func:`~engine.validation.overfit.fit` of the prompts with the trigger word minus that of
    those without it.

    ``asked`` ``[n]`` is where the word stands, the rest as there. Near 0 the word does nothing, or
    the style comes without it as well. Source: ours. Limits: those of the fit; the prompts of the
    two kinds should ask for the same subjects. None where one kind is missing.
    """
    if asked.all() or not asked.any():
        return None

    def fits(weights: np.ndarray, those: np.ndarray) -> np.ndarray:
        counts = weights[:, those].sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):  # a draw without any of them tells nothing
            return style.style_fits(weights[:, those] @ styles[those] / counts, wanted, base)

    return figure(
        prompts,
        lambda weights: fits(weights, asked) - fits(weights, ~asked),
        COSINE,
        count=_of_rarer(asked, prompts),
    )


def trigger_shift(
    features: np.ndarray, base: np.ndarray, asked: np.ndarray, prompts: Sequence[str]
) -> Figure | None:
    """:func:`~engine.validation.overfit.change` of the prompts with the trigger word minus that of
    those without it: what stands for :func:`trigger_effect` where no picture of the style is there.

    Near 0 the word does nothing, or what it does comes without it as well. Source: ours. Limits:
    those of the change; it tells that the word moves pictures, not that the style is learned.
    """
    if asked.all() or not asked.any():
        return None
    moved = how_far(features, base)

    def shift(weights: np.ndarray, those: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # a draw without any of them tells nothing
            found: np.ndarray = weights[:, those] @ moved[those] / weights[:, those].sum(axis=1)
        return found

    return figure(
        prompts,
        lambda weights: shift(weights, asked) - shift(weights, ~asked),
        COSINE,
        count=_of_rarer(asked, prompts),
    )


def _of_rarer(asked: np.ndarray, prompts: Sequence[str]) -> int:
    """Prompts of the rarer kind: each by itself has to show how much it differs among them."""
    kinds = [{prompt for prompt, one in zip(prompts, kind, strict=True) if one}
             for kind in (asked, ~asked)]  # fmt: skip
    return min(map(len, kinds))
