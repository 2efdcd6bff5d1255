"""The handler of EvaluateRequest. Heavy: torch, where a model was chosen."""

from __future__ import annotations

from pathlib import Path

from engine.project.project import Project
from engine.runtime.job import Job
from engine.validation.evaluate_request import EvaluateRequest
from engine.validation.evaluating import evaluate
from engine.validation.features import Extractor
from engine.validation.judging import Verdict
from engine.validation.manifest import open_grid


def run(request: EvaluateRequest, job: Job) -> Verdict:
    """Measure and judge, with progress by drawn picture; a cancel is heard between two."""

    def told(done: int, total: int) -> None:
        job.breathe()
        job.progress(done, total, "Measuring pictures")

    return evaluate(
        open_grid(Path(request.folder)),
        Project.open(Path(request.project)) if request.project else None,
        request.prompts,
        told,
        _opened(request.extractor),
    )


def _opened(path: str) -> Extractor | None:
    if not path:
        return None
    from engine.validation.features_models import open_extractor

    return open_extractor(Path(path))
