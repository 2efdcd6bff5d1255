"""The captions of a picture as training will draw them: the same chance, epoch by epoch."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from app.dataset.outlook import usable_among
from engine.dataset.bucket_places import place, places
from engine.dataset.picture import column
from engine.training.batches import pair_regularization, shelve
from engine.training.captions import draw_caption, plain_caption
from engine.training.schedules import length
from engine.training.set_apart import NOTHING, SetApart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.buckets import BucketSpec
    from engine.dataset.library import Picture
    from engine.training.config import TrainRequest

most_draws = 3
"""So many draws of one epoch are shown."""


def text_of(picture: Picture) -> str:
    """The caption that training starts from: its own, else its category."""
    return picture.caption if picture.caption.strip() else picture.category


def draws(
    picture: Picture,
    pictures: Sequence[Picture],
    request: TrainRequest,
    spec: BucketSpec,
    epoch: int,
    apart: SetApart = NOTHING,
) -> list[str]:
    """What the text encoder reads with ``picture`` in ``epoch`` (from 1), one text a repeat.

    An empty text is a caption that was dropped. ``pictures`` are those of the run, in the order of
    the library, ``apart`` what it holds out and adds. A picture that is not trained has its caption
    as it would be without chance.
    """
    order = _trained(pictures, spec, apart)
    index = next((at for at, other in enumerate(order) if other.key == picture.id), -1)
    if index < 0:
        return [plain_caption(text_of(picture), request.trigger_word, request)]
    buckets, repeats = [one.bucket for one in order], [one.repeats for one in order]
    shelf = shelve(buckets, repeats, request.train_batch_size)
    run = length(request, shelf.batches)
    before = (epoch - 1) * run.updates_per_epoch
    found: list[str] = []
    for number, batch in enumerate(shelf.epoch(request.seed, epoch)):
        if index not in batch:
            continue
        chance = random.Random(f"captions {request.seed} {epoch} {number}")
        step = before + number // request.gradient_accumulation_steps
        for member in batch:
            text = draw_caption(
                order[member].text, request, request.trigger_word, chance,
                epoch=epoch, step=step, steps=run.updates,
            )  # fmt: skip
            if member == index:
                found.append(text)
    return found


class _Drawn(NamedTuple):
    """A picture of a run; ``key`` is None for one of the regularization folder, of which ``of`` is
    the caption.
    """

    key: int | None
    of: Picture | str
    bucket: tuple[int, int]
    repeats: int

    @property
    def text(self) -> str:
        return self.of if isinstance(self.of, str) else text_of(self.of)


def _trained(pictures: Sequence[Picture], spec: BucketSpec, apart: SetApart) -> list[_Drawn]:
    """The pictures of a run in its order, with how often an epoch draws each."""
    plain: list[_Drawn] = []
    regular: list[_Drawn] = []
    usable = usable_among(pictures, apart)
    columns = (column(usable, name) for name in ("id", "repeats", "is_reg"))
    for picture, key, repeats, is_reg, at in zip(
        usable, *columns, places(usable, spec), strict=True
    ):
        if at is not None:
            (regular if is_reg else plain).append(_Drawn(key, picture, at.bucket, repeats))
    for size, repeats, caption in apart.regular:
        if (at := place(spec, size)) is not None:
            regular.append(_Drawn(None, caption, at.bucket, repeats))
    total = sum(one.repeats for one in plain)
    paired = pair_regularization([one.repeats for one in regular], total)
    kept = [one._replace(repeats=n) for one, n in zip(regular, paired, strict=True) if n]
    return plain + kept
