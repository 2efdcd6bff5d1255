"""A drawn check of a run, measured against the pictures it learned from, and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.project import links
from engine.project.project import Project
from engine.runtime.words import Words
from engine.validation.evidence import assess
from engine.validation.features import Extractor
from engine.validation.features_cache import NAME as FEATURES
from engine.validation.features_cache import FeatureCache
from engine.validation.judging import Verdict, judge
from engine.validation.learned import TrainedRun
from engine.validation.limits import load
from engine.validation.manifest import Grid
from engine.validation.plans import check_prompts


def evaluate(
    grid: Grid,
    run: TrainedRun,
    progress: Callable[[int, int], None] | None = None,
    extractor: Extractor | None = None,
) -> Verdict:
    """The verdict over ``grid``, by the limits of the run's project; what was measured of a picture
    is kept in the project's cache. ``extractor`` is the embedded one unless given. Limits that
    cannot be read are a note of the verdict.

    Raises what keeps the run's pictures from being read (:attr:`TrainedRun.problem`), or like
    :func:`engine.validation.evidence.assess`.
    """
    if run.problem is not None:
        raise run.problem
    root = links.root_of(run.folder)
    cache = FeatureCache(None if root is None else Project.open(root).cache / FEATURES)
    evidence = assess(
        grid,
        run.training,
        run.held_out,
        progress,
        run.read,
        extractor=extractor,
        cache=cache,
        prompts=check_prompts(run),
        losses=run.losses,
    )
    limits, wrong = (None, None) if root is None else load(root)
    verdict = judge(evidence, limits, names=names_of(run))
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
