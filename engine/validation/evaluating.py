"""A drawn grid, measured against the pictures that its checkpoints learned from, and judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.project.project import Project
from engine.runtime.words import Words
from engine.validation.evidence import assess
from engine.validation.features import Extractor
from engine.validation.features_cache import NAME as FEATURES
from engine.validation.features_cache import FeatureCache
from engine.validation.judging import Verdict, judge
from engine.validation.learned import TrainedRun
from engine.validation.learned_pictures import learned_with, runs_of
from engine.validation.limits import load
from engine.validation.manifest import Grid
from engine.validation.planted import PromptKind


def evaluate(
    grid: Grid,
    project: Project | None = None,
    prompts: Mapping[str, PromptKind] | None = None,
    progress: Callable[[int, int], None] | None = None,
    extractor: Extractor | None = None,
) -> Verdict:
    """The verdict over ``grid``, against what the runs of its checkpoints learned from, or what
    ``project`` has, and by the limits of that; what was measured of a picture is kept in its cache.
    ``extractor`` is the embedded one unless given. Limits that cannot be read are a note of the
    verdict.

    Raises like :func:`engine.validation.evidence.assess`.
    """
    learned = learned_with(grid.request.lora_files, project)
    cache = FeatureCache(None if project is None else project.cache / FEATURES)
    evidence = assess(
        grid,
        learned.training,
        learned.held_out,
        progress,
        learned.read,
        extractor=extractor,
        cache=cache,
        prompts=prompts,
        losses=learned.losses,
        against=learned.notes,
    )
    limits, wrong = (None, None) if project is None else load(project.root)
    runs, _ = runs_of(grid.request.checkpoints)
    verdict = judge(evidence, limits, names_of(runs[0]) if len(runs) == 1 else None)
    return verdict if wrong is None else replace(verdict, notes=(*verdict.notes, wrong))


def names_of(run: TrainedRun, words: Words | None = None) -> dict[str, str]:
    """What to call each checkpoint: by its epoch, and by its step where an epoch has several. In
    English unless ``words`` are of another language.
    """
    said, epochs = words or Words(), [one.epoch for one in run.checkpoints]
    return {
        str(one.path): said("epoch {epoch}", epoch=one.epoch)
        if epochs.count(one.epoch) == 1
        else said("epoch {epoch}, step {step}", epoch=one.epoch, step=one.step)
        for one in run.checkpoints
    }
