"""The request for a report of a verdict. Light: no torch."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.runtime.job import Request
from engine.validation.dismissed import Dismissal
from engine.validation.evidence import Evidence
from engine.validation.limits import Limits


class ApprovedRow(BaseModel):
    """What the team approved: a checkpoint at a ``weight``, and the ``note`` to it."""

    model_config = ConfigDict(frozen=True)

    checkpoint: str
    weight: float
    note: str = ""


class ReportRequest(Request):
    """The verdict over the grid of folder ``grid`` as the file ``path``.

    ``evidence`` is what was measured, ``limits`` what it is held against, ``names`` what
    checkpoints are called, by file, and ``epochs`` where they lie in the charts. ``training`` and
    ``held_out`` count the pictures that were compared with. ``dismissed`` are flags that somebody
    set aside: they are told, struck through. ``approved`` is what the report is about; without it
    that is what is recommended. ``run`` is what the training is called, ``left_out`` names
    checkpoints of the run that the grid does not show.
    """

    handler: ClassVar[str] = "engine.validation.export.run:report"
    title_key: ClassVar[str] = "Report {name}"

    grid: str
    path: str
    format: Literal["html", "pdf"] = "html"
    evidence: Evidence
    limits: Limits = Limits()
    names: dict[str, str] = Field(default_factory=dict)
    epochs: dict[str, int] = Field(default_factory=dict)
    training: int = 0
    held_out: int = 0
    dismissed: tuple[Dismissal, ...] = ()
    approved: ApprovedRow | None = None
    run: str = ""
    left_out: tuple[str, ...] = ()
    language: Literal["en", "zh_CN"] = "en"

    @property
    def subject(self) -> str:
        """The name of the grid."""
        return self.grid.replace("\\", "/").rstrip("/").rpartition("/")[2]
