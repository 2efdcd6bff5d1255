"""The request to judge a drawn grid with a model of the user's, on the engine's thread. Light."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from engine.runtime.job import Request


class EvaluateRequest(Request):
    """Measure the grid in ``folder`` against the run in ``run`` with the extractor at
    ``extractor`` (a folder of DINOv2 or CLIP, or an SSCD file; empty for the embedded one).

    The result is a :class:`~engine.validation.judging.Verdict`. Raises what
    :func:`engine.validation.evaluating.evaluate` and
    :func:`engine.validation.features_models.open_extractor` raise.
    """

    handler: ClassVar[str] = "engine.validation.evaluate_job:run"
    title_key: ClassVar[str] = "Evidence {name}"
    folder: str
    run: str
    extractor: str = ""

    @property
    def subject(self) -> str:
        """The name of the grid's folder."""
        return Path(self.folder).name
