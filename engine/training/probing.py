"""The question before Start: how much memory does this run need, and how long does it take?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.runtime.job import Request
from engine.training.asides import Aside
from engine.training.config import TrainRequest
from engine.training.outline import Outline


class ProbeRequest(Request):
    """Measure the run ``train`` by making its heaviest step; nothing is written."""

    handler: ClassVar[str] = "engine.training.probe:run"
    title_key: ClassVar[str] = "Measure {name}"
    train: TrainRequest

    @property
    def subject(self) -> str:
        """The name of the run."""
        return self.train.output_name


@dataclass(frozen=True)
class ProbeResult:
    """What was measured. ``peak_bytes`` is the most that the device held at once, in ``phase``;
    ``room_bytes`` is what it has for this run, so the run fits where that is not less.

    ``step_bytes`` and ``encode_bytes`` are the peaks of a step and of encoding pictures.
    ``seconds_per_step`` is the time of a full update in the heaviest bucket; ``seconds`` that of
    the whole run, samples and checkpoints left out, ``seconds_left`` that of what remains of it
    where it goes on from a state. ``changes`` are the settings, by name, that had to be
    made smaller to fit; empty when the run fits as it is. ``outline`` is the run as asked for.
    ``between`` is what one of each thing that is done between steps takes, by
    :data:`engine.training.asides.ASIDES`; samples for one prompt.
    """

    peak_bytes: int
    step_bytes: int
    encode_bytes: int
    room_bytes: int
    seconds_per_step: float
    seconds: float
    seconds_left: float
    bucket: tuple[int, int]
    batch: int
    outline: Outline
    changes: dict[str, Any] = field(default_factory=dict)
    between: dict[Aside, float] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Whether the run needs no more than there is, without changes."""
        return not self.changes and self.peak_bytes <= self.room_bytes
