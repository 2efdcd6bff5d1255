"""What a worker does for the evidence: finds what was learned, measures, can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.runtime.errors import JobCancelled
from engine.validation.evidence import Evidence, assess
from engine.validation.features import Extractor, PromptExtractor
from engine.validation.features_cache import FeatureCache
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.learned_pictures import Learned, learned_with
from engine.validation.manifest import Grid, open_grid

if TYPE_CHECKING:
    from engine.dataset.library import Picture
    from engine.project.project import Project
    from engine.runtime.job import JobHandle
    from engine.validation.planted import PromptKind

Read = Callable[[Path], np.ndarray]
_AT_ONCE = 8  # pictures described between two looks at whether to stop


class Watch:
    """How far a worker is, for the window to read, and whether it shall stop."""

    def __init__(self) -> None:
        self.total = 0
        self._steps = 0
        self._stop = threading.Event()
        self._job: JobHandle | None = None

    def follow(self, job: JobHandle) -> None:
        """The engine measures, with a model."""
        self._job = job

    @property
    def done(self) -> int:
        """Pictures measured; reading and describing one are half of it each."""
        if self._job is not None:
            self.total = self._job.progress.total
            return self._job.progress.step
        return min(self.total, self._steps // 2)

    def step(self, count: int = 1) -> None:
        """Tell of ``count`` half pictures. JobCancelled when it shall stop."""
        self._steps += count
        if self._stop.is_set():
            raise JobCancelled

    def cancel(self) -> None:
        """Let the worker stop at its next picture."""
        self._stop.set()
        if self._job is not None:
            self._job.cancel()


@dataclass(frozen=True)
class Assessed:
    """A grid that was measured, and what it was measured against."""

    grid: Grid
    evidence: Evidence
    learned: Learned


@dataclass(frozen=True)
class Measuring:
    """What is to be measured: the grid in ``folder``, against ``pictures`` of the project, with
    what its prompts show.
    """

    folder: Path
    project: Project
    pictures: Sequence[Picture]
    prompts: Mapping[str, PromptKind]
    cache: FeatureCache

    def with_evidence(self, evidence: Evidence) -> Assessed:
        """What was measured elsewhere, beside the pictures it was measured against."""
        grid = open_grid(self.folder)
        learned = learned_with(grid.request.lora_files, self.project, self.pictures)
        return Assessed(grid, evidence, learned)

    def run(self, watch: Watch) -> Assessed:
        """Measure. Raises BadInputError or MissingFileError when there is nothing to compare, and
        JobCancelled.
        """
        grid = open_grid(self.folder)
        learned = learned_with(grid.request.lora_files, self.project, self.pictures)
        cells = {cell.id for cell in grid.cells if cell.path is not None}
        watch.total = len(learned.training) + len(learned.held_out) + len(cells)
        evidence = assess(
            grid,
            learned.training,
            learned.held_out,
            lambda _done, _total: watch.step(),
            _watched(learned.read, watch),
            extractor=watched_extractor(EmbeddedExtractor(), watch),
            cache=self.cache,
            prompts=self.prompts,
            losses=learned.losses,
            against=learned.notes,
        )
        return Assessed(grid, evidence, learned)


def _watched(read: Read, watch: Watch) -> Read:
    def reading(path: Path) -> np.ndarray:
        watch.step()
        return read(path)

    return reading


def watched_extractor(extractor: Extractor, watch: Watch) -> Extractor:
    """``extractor``, telling ``watch`` of what it has described."""
    if isinstance(extractor, PromptExtractor):
        return _WatchedPrompts(extractor, watch)
    return _Watched(extractor, watch)


class _Watched:
    def __init__(self, extractor: Extractor, watch: Watch) -> None:
        self._extractor, self._watch = extractor, watch
        self.name, self.version = extractor.name, extractor.version
        self.copy_floor = extractor.copy_floor

    def describe(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        return self._in_parts(pictures, self._extractor.describe, 1)

    def describe_views(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        return self._in_parts(pictures, self._extractor.describe_views, 0)

    def similarity(self, described: np.ndarray, views: np.ndarray) -> np.ndarray:
        return self._extractor.similarity(described, views)

    def _in_parts(
        self,
        pictures: Sequence[np.ndarray],
        describe: Callable[[Sequence[np.ndarray]], np.ndarray],
        steps: int,
    ) -> np.ndarray:
        found = []
        for start in range(0, len(pictures), _AT_ONCE):
            part = pictures[start : start + _AT_ONCE]
            found.append(describe(part))
            self._watch.step(steps * len(part))
        return np.concatenate(found) if found else describe(pictures)


class _WatchedPrompts(_Watched):
    def __init__(self, extractor: PromptExtractor, watch: Watch) -> None:
        super().__init__(extractor, watch)
        self._texts = extractor

    def describe_texts(self, texts: Sequence[str]) -> np.ndarray:
        return self._texts.describe_texts(texts)
