"""What a training run learned from and left behind, for who checks it. Light: no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
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
from engine.training.pictures import Sources, find_sources
from engine.training.run_pictures import noted_pictures
from engine.training.runs import Checkpoint, Run
from engine.training.ways import TrainingSample
from engine.validation.asked_before import asked_before
from engine.validation.held_out import HeldOut, held_out_of


@dataclass(frozen=True)
class TrainedRun:
    """A run that can be checked.

    ``checkpoints`` are in order of epoch and step. ``seen`` and ``unseen`` are captions of training
    and of held-out pictures, as the text encoder read them. ``problem`` says why the pictures are
    not there; they are empty then, and captions are those of the run's own samples, ``asked`` the
    prompts that an earlier grid of the run was drawn with. ``measured`` is what the run says about
    held-out pictures, by file.
    """

    folder: Path
    name: str
    base_model: str
    trigger: str
    checkpoints: tuple[Checkpoint, ...]
    training: tuple[Path, ...] = ()
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
    try:
        request = run.request()
        sources = find_sources(request)
    except StylekilnError as error:
        return _without_pictures(run, checkpoints, request, error)
    return _with_pictures(run, checkpoints, request, sources)


def _with_pictures(
    run: Run, checkpoints: tuple[Checkpoint, ...], request: TrainRequest, sources: Sources
) -> TrainedRun:
    noted = noted_pictures(run)
    training = [one for one in sources.training if not one.is_reg and _was_learned(one.path, noted)]
    problem = None
    if not training:
        problem = BadInputError(
            "None of the pictures that {name} learned from is where it was.",
            name=run.name,
            remedy="Bring them back, or add their folder to the project again.",
        )
    trigger = sources.trigger_word
    return TrainedRun(
        folder=run.folder,
        name=run.name,
        base_model=request.base_model,
        trigger=trigger,
        checkpoints=checkpoints,
        training=_paths(training),
        held_out=_paths(sources.held_out),
        seen=_captions(training, trigger) or _sampled(run),
        unseen=_captions(sources.held_out, trigger),
        problem=problem,
        samples={one.path: one for one in (*training, *sources.held_out)},
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
        trigger=request.trigger_word if request is not None else "",
        checkpoints=checkpoints,
        seen=_sampled(run),
        problem=problem,
        measured=held_out_of(run),
    )


def _was_learned(path: Path, noted: Mapping[str, int]) -> bool:
    """Whether the run says so; of a run that says nothing, all may have been."""
    if not noted:
        return True
    with suppress(OSError):
        return noted.get(str(path)) == path.stat().st_size
    return False


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
