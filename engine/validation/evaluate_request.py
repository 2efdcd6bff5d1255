"""The request to judge a drawn grid on the engine's thread. Light."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from engine.runtime.job import Request
from engine.validation.planted import PromptKind


class EvaluateRequest(Request):
    """Measure the grid in ``folder`` against what the runs of its checkpoints learned from, or what
    ``project`` has, with the extractor at ``extractor`` (a folder of DINOv2 or CLIP, or an SSCD
    file; empty for the embedded one). ``prompts`` tell what kind each is.

    The result is a :class:`~engine.validation.judging.Verdict`. Raises what
    :func:`engine.validation.evaluating.evaluate` and
    :func:`engine.validation.features_models.open_extractor` raise.
    """

    handler: ClassVar[str] = "engine.validation.evaluate_job:run"
    title_key: ClassVar[str] = "Evidence {name}"
    folder: str
    project: str = ""
    extractor: str = ""
    prompts: dict[str, PromptKind] = Field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The name of the grid's folder."""
        return Path(self.folder).name
