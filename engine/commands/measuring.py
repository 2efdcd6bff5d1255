"""How the verbs ask for a drawn grid to be measured: as the window does it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from engine.validation import measured_by
from engine.validation.evaluate_request import EvaluateRequest
from engine.validation.planted import PromptKind


def measuring(
    grid: Path,
    project: Path | None,
    extractor: Path | None = None,
    prompts: Mapping[str, PromptKind] | None = None,
) -> EvaluateRequest:
    """The request to measure the grid in the folder ``grid`` with ``extractor``, or else what was
    chosen in the folder ``project``; that this is gone is said on stderr.
    """
    chosen, gone = measured_by.load(project) if project is not None else ("", None)
    if extractor is not None:
        chosen = str(extractor.absolute())
    elif gone is not None:
        print(f"stylekiln: {gone}", file=sys.stderr)
    return EvaluateRequest(
        folder=str(grid),
        project=str(project) if project is not None else "",
        extractor=chosen,
        prompts=dict(prompts or {}),
    )
