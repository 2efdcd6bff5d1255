"""What a run will do, told before it starts: pictures, buckets, steps, and what is without use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from engine.training.advice import advice, file_says
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.pictures import PictureSet
from engine.training.reasons import Reason
from engine.training.route import route_of


@dataclass(frozen=True)
class Outline:
    """``pictures`` are learned from, in ``buckets`` of (width, height, pictures), fullest first;
    ``regularization`` ones are drawn beside them, and ``unused_regularization`` find no partner.
    ``draws`` counts pictures of an epoch with their repeats. Of ``steps``, so many are ``done``
    where the run goes on from a state. ``without_effect`` says of changed settings by name why they
    change nothing; ``notes`` are sentences about pictures that are left out, and about settings
    that are seldom meant.
    """

    pictures: int
    held_out: int
    regularization: int
    unused_regularization: int
    buckets: tuple[tuple[int, int, int], ...]
    draws: int
    steps_per_epoch: int
    epochs: int
    steps: int
    without_effect: dict[str, str]
    notes: tuple[str, ...]
    done: int = 0


def outline_of(
    request: TrainRequest,
    pictures: PictureSet,
    *,
    predicts: str,
    two_encoders: bool,
    done: int = 0,
) -> Outline:
    """The run of ``request`` on ``pictures``, of a model that ``predicts`` and encodes so, after
    the steps that are ``done``.
    """
    route = route_of(request, pictures)
    plain = [picture for picture in pictures.training if not picture.regularization]
    regular = len(pictures.training) - len(plain)
    buckets = Counter(picture.bucket for picture in plain)
    idle = without_effect(request, two_encoders=two_encoders)
    told = advice(request, predicts=predicts, two_encoders=two_encoders, says=file_says(request))
    return Outline(
        pictures=len(plain),
        held_out=len(pictures.held_out),
        regularization=regular,
        unused_regularization=len(pictures.regularization) - regular,
        buckets=tuple((*size, count) for size, count in buckets.most_common()),
        draws=route.shelf.draws,
        steps_per_epoch=route.length.updates_per_epoch,
        epochs=route.length.epochs,
        steps=route.length.updates,
        without_effect={one.name: str(Reason(one.sentence, **one.facts)) for one in idle},
        notes=tuple(map(str, (*pictures.problems, *told))),
        done=done,
    )
