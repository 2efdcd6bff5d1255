"""What can be added to a grid: more seeds, the other checkpoints, weights in between, prompts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from app.i18n import tr
from engine.sampling.request import LARGEST_SEED

if TYPE_CHECKING:
    from app.validation.setup import GridSetup

SEEDS = 4
_WEIGHTS = ("weight", "unet_weight", "text_encoder_weight", "second_weight")


@dataclass(frozen=True)
class Addition:
    """Ready words, and what adds the values to the draft."""

    words: str
    add: Callable[[GridSetup], object]


def additions(setup: GridSetup) -> list[Addition]:
    """What the draft leaves out of what is near."""
    found = [Addition(tr("{n} more seed", "{n} more seeds", n=SEEDS), more_seeds)]
    draft = setup.axes.get("checkpoint")
    if draft is not None and {item.path for item in setup.available} - set(draft.values):
        words = tr("All {n} checkpoints", n=len(setup.available))
        found.append(Addition(words, lambda setup: setup.fill_in("checkpoint")))
    for name in _WEIGHTS:
        weights = setup.axes.get(name)
        if weights is not None and len(weights.values) > 1:
            found.append(Addition(tr("Weights in between"), _between(name)))
            break
    if not all(row.chosen for row in setup.prompts):
        every = [row.text for row in setup.prompts]
        words = tr("All {n} prompts", n=len(every))
        found.append(Addition(words, lambda setup: setup.prompts.use_only(every)))
    if not setup.base_row and draft is not None:
        found.append(Addition(tr("Base model row"), lambda setup: setup.set_base_row(True)))
    return found


def more_seeds(setup: GridSetup) -> None:
    """Ask for :data:`SEEDS` more seeds, behind those there are."""
    draft = setup.axes.get("seed")
    seeds = cast("Sequence[int]", draft.values if draft is not None else (setup.image.seed,))
    last = max(seeds)
    if last + SEEDS > LARGEST_SEED:  # there are none behind
        last = min(seeds) - SEEDS - 1
    setup.put("seed", [*seeds, *range(last + 1, last + 1 + SEEDS)])


def _between(name: str) -> Callable[[GridSetup], None]:
    def add(setup: GridSetup) -> None:
        draft = setup.axes.get(name)
        weights = sorted(cast("Sequence[float]", draft.values if draft is not None else ()))
        middle = [round((a + b) / 2, 4) for a, b in itertools.pairwise(weights)]
        setup.put(name, sorted({*weights, *middle}))

    return add
