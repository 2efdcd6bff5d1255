"""Models that a team has approved: a file beside the model says for what, by which measures, when.

The verdict names its model by content. A model that was changed or replaced since counts as not
approved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.models.hashes import file_sha256
from engine.runtime.errors import MissingFileError
from engine.runtime.files import is_file, write_json

FORMAT_VERSION = 1
SUFFIX = ".verdict.json"
_LONGEST = 1_000_000  # bytes; a verdict has a few thousand
_LATEST = 32_503_680_000  # the year 3000, which every calendar still knows


class Said(BaseModel):
    """A sentence of a verdict: an English template, which is its translation key, and facts."""

    model_config = ConfigDict(frozen=True)
    template: str
    facts: dict[str, str] = Field(default_factory=dict)


class Approval(BaseModel):
    """Why and how a model may be used.

    ``weight`` is the one to use it with, ``said`` the recommendation and its reasons, ``measures``
    what was measured at that weight and ``limits`` what it was held against. ``sha256`` and
    ``bytes`` are of the model's file, ``when`` is in unix seconds, ``grid`` the name of the grid
    that was judged. ``copied`` tells that the file was brought here by its approval, ``preview``
    the name of the picture beside it that was.
    """

    model_config = ConfigDict(frozen=True)
    format_version: int = FORMAT_VERSION
    name: str
    weight: float = Field(allow_inf_nan=False)
    sha256: str
    bytes: int
    when: float = Field(ge=0, le=_LATEST)
    note: str = ""
    said: tuple[Said, ...] = ()
    measures: dict[str, float | None] = Field(default_factory=dict)
    limits: dict[str, float] = Field(default_factory=dict)
    grid: str = ""
    copied: bool = True
    preview: str = ""


@dataclass(frozen=True)
class Approved:
    """A model in a library with its verdict."""

    path: Path
    approval: Approval

    def brought(self) -> list[Path]:
        """What the approval has laid into the library: the verdict, the picture, the model."""
        paths = [verdict_path(self.path)]
        preview = preview_path(self.path)
        if self.approval.preview == preview.name and preview.is_file():
            paths.append(preview)
        return [*paths, self.path] if self.approval.copied else paths


def verdict_path(model: Path) -> Path:
    """Where the verdict of ``model`` lies."""
    return model.with_name(f"{model.stem}{SUFFIX}")


def preview_path(model: Path) -> Path:
    """Where the picture of ``model`` lies, under the name by which other tools know it too."""
    return model.with_name(f"{model.stem}.preview.png")


def write_approval(model: Path, approval: Approval) -> Path:
    """Lay ``approval`` beside ``model``. Raises StorageError."""
    path = verdict_path(model)
    write_json(path, approval.model_dump(mode="json"))
    return path


def read_approval(model: Path) -> Approval | None:
    """The verdict beside ``model``; None without one, and when the model is another since. Reads
    the whole model when it is first asked for. Never raises.
    """
    path = verdict_path(model)
    try:
        if path.stat().st_size > _LONGEST or not model.is_file():
            return None
        approval = Approval.model_validate(json.loads(path.read_text("utf-8")))
        if approval.format_version > FORMAT_VERSION or approval.bytes != model.stat().st_size:
            return None
        return approval if file_sha256(model) == approval.sha256 else None
    except (OSError, ValueError, RecursionError, ValidationError, MissingFileError):
        return None  # absent, damaged, or by another program: nothing is approved by it


def approved_in(library: Path) -> Iterator[Approved]:
    """The approved models of a folder, by name."""
    for path in sorted(library.glob(f"*{SUFFIX}")):
        for model in sorted(library.glob(f"{_escaped(path.name[: -len(SUFFIX)])}.*")):
            approval = read_approval(model) if model != path else None
            if approval is not None:
                yield Approved(model, approval)


def approved_of(library: Path, models: Iterable[str]) -> dict[str, Approved]:
    """The approved copy in ``library`` of each of ``models`` that has one, by content."""
    approved = {one.approval.sha256: one for one in approved_in(library)}
    if not approved:
        return {}
    hashes = {path: file_sha256(Path(path)) for path in models if is_file(Path(path))}
    return {path: approved[digest] for path, digest in hashes.items() if digest in approved}


def _escaped(stem: str) -> str:
    """``stem`` as a pattern that means itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)
