"""What a training run learned from and left behind, for who checks it. Light: no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engine.dataset.samples import Sample
from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.models.family import STARTER
from engine.runtime.errors import BadInputError, StylekilnError
from engine.training.captions import plain_caption
from engine.training.config import TrainRequest
from engine.training.pictures import find_sources
from engine.training.run_pictures import noted_pictures, noted_words
from engine.training.runs import Checkpoint, Run
from engine.training.ways import TrainingSample
from engine.validation.asked_before import asked_before
from engine.validation.held_out import HeldOut, held_out_of
from engine.validation.learned_sources import Found, find_again


@dataclass(frozen=True)
class TrainedRun:
    """A run that can be checked.

    ``checkpoints`` are in order of epoch and step. ``seen`` and ``unseen`` are captions of training
    and of held-out pictures, as the text encoder read them; those learned with are the run's own
    record, whatever the files of captions say today. ``problem`` says why the pictures are not
    there; they are empty then, and without a record captions are those of the run's own samples,
    ``asked`` the prompts that an earlier grid of the run was drawn with. ``measured`` is what the
    run says about held-out pictures, by file. ``total`` is how many pictures it learned from,
    ``training`` those that are still there as they were.
    """

    folder: Path
    name: str
    base_model: str
    trigger: str
    checkpoints: tuple[Checkpoint, ...]
    training: tuple[Path, ...] = ()
    total: int = 0
    held_out: tuple[Path, ...] = ()
    seen: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    problem: StylekilnError | None = None
    samples: Mapping[Path, Sample] = field(default_factory=dict, repr=False)
    measured: Mapping[str, HeldOut] = field(default_factory=dict, repr=False)

    @property
    def files(self) -> tuple[str, ...]:
        """The checkpoints as requests name them."""
        return tuple(str(one.path) for one in self.checkpoints)

    @property
    def losses(self) -> dict[str, float | None]:
        """Held-out loss by file, where it was measured."""
        return {str(one.path): one.held_out_loss for one in self.checkpoints}

    def read(self, path: Path) -> np.ndarray:
        """A picture as training saw it before its bucket, uint8 ``[H, W, 3]``.

        Raises PictureError or MissingFileError.
        """
        sample = self.samples.get(path)
        return fill_color(load_rgba(path), "#FFFFFF") if sample is None else sample.bake().rgb


def checkpoints_of(run: Run) -> tuple[Checkpoint, ...]:
    """The checkpoints of a run that are on disk, by epoch and step."""
    return tuple(sorted(run.checkpoints(), key=lambda one: (one.epoch, one.step)))


def learned_by(folder: Path, grid: Path | None = None) -> TrainedRun:
    """Read the run in ``folder``; ``grid`` is the folder of a grid that may have been drawn of it.
    MissingFileError when there is none, BadInputError when it left no checkpoint.
    """
    run = Run.open(Path(folder).absolute())
    if not run.checkpoints():
        raise BadInputError(
            "The run {name} has no checkpoints.",
            name=run.name,
            remedy="Train longer, or choose another run.",
        )
    found = so_far(run)
    if found.problem is None:
        return found
    before = asked_before(found.folder, found.files, grid)
    return replace(found, asked=before.prompts, trigger=found.trigger or before.trigger)


def so_far(run: Run) -> TrainedRun:
    """What ``run`` learns from and has left by now; it may have just begun."""
    checkpoints = checkpoints_of(run)
    request: TrainRequest | None = None
    sources, problem = None, None
    try:
        request = run.request()
        sources = find_sources(request)
    except StylekilnError as error:
        problem = error
    if request is not None:
        found = find_again(request, sources, noted_pictures(run))
        if found.training:
            trigger = _trigger(run, request, None if sources is None else sources.trigger_word)
            return _with_pictures(run, checkpoints, request, found, trigger)
    return _without_pictures(run, checkpoints, request, problem or _gone(run))


def _gone(run: Run) -> BadInputError:
    return BadInputError(
        "None of the pictures that {name} learned from is where it was.",
        name=run.name,
        remedy="Bring them back, or add their folder to the project again.",
    )


def _with_pictures(
    run: Run,
    checkpoints: tuple[Checkpoint, ...],
    request: TrainRequest,
    found: Found,
    trigger: str,
) -> TrainedRun:
    training = [found.samples[path] for path in found.training if path in found.samples]
    return TrainedRun(
        folder=run.folder,
        name=run.name,
        base_model=request.base_model,
        trigger=trigger,
        checkpoints=checkpoints,
        training=found.training,
        total=found.total,
        held_out=_paths(found.held_out),
        seen=_noted(run) or _captions(training, trigger) or _sampled(run),
        unseen=_captions(found.held_out, trigger),
        samples={**found.samples, **{one.path: one for one in found.held_out}},
        measured=held_out_of(run),
    )


def _without_pictures(
    run: Run,
    checkpoints: tuple[Checkpoint, ...],
    request: TrainRequest | None,
    problem: StylekilnError,
) -> TrainedRun:
    return TrainedRun(
        folder=run.folder,
        name=run.name,
        base_model=request.base_model if request is not None else STARTER,
        trigger=_trigger(run, request),
        checkpoints=checkpoints,
        seen=_noted(run) or _sampled(run),
        problem=problem,
        measured=held_out_of(run),
    )


def _noted(run: Run) -> tuple[str, ...]:
    """The captions that the run says it learned with."""
    words = noted_words(run)
    return () if words is None else tuple(text for text in words.captions if text.strip())


def _trigger(run: Run, request: TrainRequest | None, today: str | None = None) -> str:
    """The trigger word learned with; of runs that did not note it, what is known ``today``."""
    words = noted_words(run)
    if words is not None:
        return words.trigger
    if today is not None:
        return today
    return request.trigger_word if request is not None else ""


def _paths(samples: Sequence[Sample]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(sample.path for sample in samples))


def _captions(samples: Sequence[Sample], trigger: str) -> tuple[str, ...]:
    found = []
    for sample in samples:
        if isinstance(sample, TrainingSample):
            found.append(plain_caption(sample.caption, trigger, sample.way.captions))
        else:
            found.append(plain_caption(sample.caption, trigger))
    return tuple(dict.fromkeys(text for text in found if text.strip()))


def _sampled(run: Run) -> tuple[str, ...]:
    """The prompts of the pictures that were drawn while training."""
    return tuple(dict.fromkeys(sample.prompt for sample in run.samples() if sample.prompt.strip()))
