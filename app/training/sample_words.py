"""How the samples of a run were drawn, in a line: seed, steps, guidance, where all share them."""

from __future__ import annotations

from contextlib import suppress
from functools import reduce
from typing import TYPE_CHECKING

from app.i18n import tr
from app.i18n.format import number
from app.widgets.axis import label_text
from engine.runtime.errors import StylekilnError
from engine.sampling.request import ImageRequest
from engine.training.prompts import parse_prompt

if TYPE_CHECKING:
    from app.training.story import Story

MOST_SEEDS = 4


def sample_words(story: Story) -> str:
    """The line; empty before the first sample."""
    seeds = sorted({sample.seed for sample in story.samples})
    if not seeds:
        return ""
    listed = ", ".join(str(seed) for seed in seeds[:MOST_SEEDS])
    words = [tr("seed {seed}", "seeds {seed}", n=len(seeds), seed=listed)]
    steps, scale = _shared(story, "steps"), _shared(story, "guidance_scale")
    if steps is not None:
        words.append(tr("{n} step", "{n} steps", n=number(steps)))
    if scale is not None:
        words.append(tr("guidance {scale}", scale=label_text(scale)))
    return reduce(lambda first, more: tr("{first}, {more}", first=first, more=more), words)


def check_words(story: Story) -> str:
    """What the check is compared with, in a line; empty before the first row was measured."""
    rows = [row for row in story.checks if row.compared]
    if not rows:
        return ""
    compared, trained = number(rows[-1].compared), number(rows[-1].trained)
    if rows[-1].compared == rows[-1].trained:
        one, many = "compared with {n} training picture", "compared with {n} training pictures"
        return tr(one, many, n=compared)
    return tr("compared with {n} of {all} training pictures", n=compared, all=trained)


def _shared(story: Story, option: str) -> float | None:
    """What all sample prompts have for ``option``; None where they differ, or are in a file."""
    usual = ImageRequest.model_fields[option].default
    found: set[float] = set()
    drawn = {sample.prompt for sample in story.samples}
    for line in story.request.sample_prompts if story.request is not None else ():
        with suppress(StylekilnError):
            prompt = parse_prompt(line)
            given = getattr(prompt, option)
            found.add(usual if given is None else given)
            drawn.discard(prompt.prompt)
    return found.pop() if len(found) == 1 and not drawn else None
