"""The captions of a picture as training will draw them: the same chance, epoch by epoch."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from engine.dataset.bucket_places import placed
from engine.dataset.token_counts import TokenCounter
from engine.training.batches import pair_regularization, shelve
from engine.training.captions import draw_caption, plain_caption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.buckets import BucketSpec
    from engine.dataset.library import Picture
    from engine.training.config import TrainRequest

most_draws = 3
"""So many draws of one epoch are shown."""


class TokenMemory:
    """Counts tokens and keeps the counts by text, so that an edit counts one caption. One thread
    at a time asks; a lost race only counts twice.
    """

    def __init__(self) -> None:
        self._counter = TokenCounter()
        self._known: dict[str, int] = {}

    def counts(self, captions: Sequence[str]) -> list[int]:
        """Tokens of each caption. Raises ModelFileError when the tokenizer cannot be read."""
        fresh = [text for text in dict.fromkeys(captions) if text not in self._known]
        known = {**self._known, **dict(zip(fresh, self._counter.counts(fresh), strict=True))}
        wanted = [known[text] for text in captions]
        self._known = known if len(known) <= 4 * len(captions) else {}
        return wanted


def text_of(picture: Picture) -> str:
    """The caption that training starts from: its own, else its category."""
    return picture.caption if picture.caption.strip() else picture.category


def draws(
    picture: Picture,
    pictures: Sequence[Picture],
    request: TrainRequest,
    spec: BucketSpec,
    epoch: int,
) -> list[str]:
    """What the text encoder reads with ``picture`` in ``epoch`` (from 1), one text a repeat.

    An empty text is a caption that was dropped. ``pictures`` is the library in its own order. A
    picture that is not trained has its caption as it would be without chance.
    """
    order, repeats = _trained(pictures, spec)
    index = next((at for at, other in enumerate(order) if other.id == picture.id), -1)
    if index < 0 or not repeats[index]:
        return [plain_caption(text_of(picture), request.trigger_word)]
    buckets = [at.bucket for other in order if (at := placed(other, spec))]
    shelf = shelve(buckets, repeats, request.train_batch_size)
    found: list[str] = []
    for number, batch in enumerate(shelf.epoch(request.seed, epoch)):
        if index not in batch:
            continue
        chance = random.Random(f"captions {request.seed} {epoch} {number}")
        for member in batch:
            text = draw_caption(text_of(order[member]), request, request.trigger_word, chance)
            if member == index:
                found.append(text)
    return found


def _trained(pictures: Sequence[Picture], spec: BucketSpec) -> tuple[list[Picture], list[int]]:
    """The pictures of a run in its order, with how often an epoch draws each."""
    usable = [picture for picture in pictures if picture.usable and placed(picture, spec)]
    plain = [picture for picture in usable if not picture.is_reg]
    regular = [picture for picture in usable if picture.is_reg]
    total = sum(picture.repeats for picture in plain)
    paired = pair_regularization([picture.repeats for picture in regular], total)
    kept = [(picture, times) for picture, times in zip(regular, paired, strict=True) if times]
    repeats = [picture.repeats for picture in plain] + [times for _, times in kept]
    return plain + [picture for picture, _ in kept], repeats
