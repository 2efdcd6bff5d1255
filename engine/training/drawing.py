"""What chance draws of a batch: the looks of its pictures and their captions."""

from __future__ import annotations

import random
from collections.abc import Sequence

from engine.training.captions import draw_caption
from engine.training.pictures import TrainingPicture


def draw_batch(
    pictures: Sequence[TrainingPicture],
    trigger_word: str,
    name: str,
    *,
    epoch: int,
    step: int,
    steps: int,
) -> tuple[list[TrainingPicture], list[str]]:
    """Looks and captions of ``pictures`` in ``epoch`` (from 1), after ``step`` of ``steps``.

    ``name`` tells the batch among all of the run: the same name draws the same. Looks and captions
    have chances of their own, so that a setting of the one does not move the other.
    """
    chance = random.Random(f"looks {name}")
    looks = [picture.drawn(chance) for picture in pictures]
    chance = random.Random(f"captions {name}")
    captions = [
        draw_caption(
            picture.caption,
            picture.way.captions,
            trigger_word,
            chance,
            epoch=epoch,
            step=step,
            steps=steps,
        )
        for picture in pictures
    ]
    return looks, captions
