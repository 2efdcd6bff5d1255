"""Real runs with the starter model, and their grids, measured: to see memorizing where it happens.

Slow by nature: the tests take the shortest run that shows it, ``tests/benchmarks/bench_overfit.py``
the whole story.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.dataset.captions import from_file_name
from engine.dataset.export import run as export
from engine.dataset.library import Library
from engine.dataset.requests import ExportRequest
from engine.project.project import Project, SourceFolder
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.training.config import TrainRequest
from engine.training.loop import run as train
from engine.training.runs import Run
from engine.validation.evidence import Evidence, assess
from engine.validation.features_cache import FeatureCache
from engine.validation.grid import run as draw_grid
from engine.validation.held_out import HeldOut, held_out_of
from engine.validation.judging import Verdict, judge
from engine.validation.manifest import Grid, open_grid
from engine.validation.request import GridRequest, four_axes

CAPTION = "{subject}, icon, white background"
UNSEEN = ("castle", "apple", "key")
WEIGHTS = (0.0, 0.6, 0.8, 1.0)
"""Those of the over-fit check, :func:`engine.validation.plans.over_fit_check`."""


def caption_of(path: Path) -> str:
    """What a picture is trained on with."""
    return CAPTION.format(subject=from_file_name(path.stem))


@dataclass(frozen=True)
class RealRun:
    """A run on a few pictures, its checkpoints in order, and the losses on those held out."""

    project: Project
    training: tuple[Path, ...]
    held_out: tuple[Path, ...]
    checkpoints: tuple[str, ...]
    losses: dict[str, HeldOut]


def train_on(
    root: Path,
    training: Sequence[Path],
    held_out: Sequence[Path],
    *,
    epochs: int,
    every: int,
    rate: float = 1e-3,
    seed: int = 7,
) -> RealRun:
    """Train on copies of ``training``, in batches of 8, and keep every ``every``-th epoch. What is
    held out is measured with what is kept.
    """
    art = root / "art"
    art.mkdir(parents=True)
    for path in (*training, *held_out):
        shutil.copy(path, art / path.name)
    project = Project.create(root, "Proof", [SourceFolder(path=str(art))], base_model="starter")
    _prepare(project, {path.name for path in held_out})
    request = TrainRequest(
        project=str(root),
        output_name="proof",
        base_model="starter",
        resolution="128",
        min_bucket_reso=64,
        network_dim=16,
        network_alpha=16,
        conv_dim=16,
        conv_alpha=16,
        unet_lr=rate,
        text_encoder_lr=0.0,
        lr_scheduler="constant_with_warmup",
        lr_warmup_steps=10,
        train_batch_size=8,
        max_train_epochs=epochs,
        save_every_n_epochs=every,
        validate_every_n_epochs=0,
        seed=seed,
    )
    run = Run.open(Path(train(request, Job.detached()).run))
    found = run.checkpoints()
    return RealRun(
        project=project,
        training=tuple(art / path.name for path in training),
        held_out=tuple(art / path.name for path in held_out),
        checkpoints=tuple(str(one.path) for one in found),
        losses=held_out_of(run),
    )


def _prepare(project: Project, held_out: set[str]) -> None:
    job = Job.detached()
    library = Library(project.database)
    try:
        library.scan(project.file.folders, job)
        library.measure(job)
        pictures = library.pictures()
        library.set_captions({p.id: caption_of(p.path) for p in pictures})
        library.hold_out({p.id: p.path.name in held_out for p in pictures})
    finally:
        library.close()
    destination = str(project.exports / "training")
    export(ExportRequest(project=str(project.root), destination=destination), job)


def draw(
    run: RealRun,
    *,
    seen: int = 3,
    unseen: int = 3,
    seeds: int = 4,
    first_seed: int = 1,
    steps: int = 14,
    weights: Sequence[float] = WEIGHTS,
) -> Grid:
    """The grid of all checkpoints at ``weights``, over captions of the training and others."""
    prompts = [caption_of(path) for path in run.training[:seen]]
    prompts += [CAPTION.format(subject=subject) for subject in UNSEEN[:unseen]]
    request = GridRequest(
        folder=str(run.project.grids / f"proof-{first_seed}"),
        cells=str(run.project.cache / "cells"),
        image=ImageRequest(
            model="starter",
            width=128,
            height=128,
            steps=steps,
            guidance_scale=4.0,
            sampler="dpmpp_2m",
            batch_size=8,
        ),
        axes=four_axes(run.checkpoints, weights, range(first_seed, first_seed + seeds), prompts),
    )
    return open_grid(draw_grid(request, Job.detached()).folder)


def judged(run: RealRun, grid: Grid) -> tuple[Evidence, Verdict]:
    """The evidence and the verdict, with the default limits."""
    cache = FeatureCache(run.project.cache / "features.sqlite")
    evidence = assess(grid, run.training, run.held_out, cache=cache, losses=run.losses)
    names = {path: Path(path).stem for path in run.checkpoints}
    return evidence, judge(evidence, names=names)
