"""The request for an export of a grid. Light: no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from engine.runtime.job import Request
from engine.runtime.schema import setting
from engine.validation.evidence import Evidence
from engine.validation.limits import Limits

Format = Literal["png", "pdf", "html", "csv", "psd"]
LARGEST_CELL = 2048


class ExportGridRequest(Request):
    """The grid of folder ``grid`` as the file ``path``.

    ``cells`` are the identifiers of those wanted; rows and columns without any are left out. None
    wants all. ``names`` is what checkpoints are called, by file. ``evidence`` gives the metrics of
    a table and the marks of a page; without it both do without. Texts are in ``language``.
    """

    handler: ClassVar[str] = "engine.validation.export.run:run"
    title_key: ClassVar[str] = "Export {name}"

    grid: str
    path: str
    format: Format = setting(
        "png",
        label="Format",
        help="What the file is for.",
        level="simple",
    )
    cell: int = setting(
        256,
        label="Cell size",
        help="The longer side of each picture; 0 keeps it as it was drawn.",
        level="simple",
        unit="px",
        ge=0,
        le=LARGEST_CELL,
        when="format=png|pdf|html|psd",
    )
    paper: Literal["A4", "A3"] = setting(
        "A4",
        label="Paper",
        help="Pages lie on their side.",
        level="simple",
        when="format=pdf",
    )
    cells: tuple[str, ...] | None = None
    names: dict[str, str] = Field(default_factory=dict)
    language: Literal["en", "zh_CN"] = "en"
    evidence: Evidence | None = None
    limits: Limits = Limits()

    @property
    def subject(self) -> str:
        """The name of the file."""
        return Path(self.path).name


@dataclass(frozen=True)
class Exported:
    """The files that were written, and how many cells they show and lack."""

    paths: tuple[Path, ...]
    shown: int
    missing: int
