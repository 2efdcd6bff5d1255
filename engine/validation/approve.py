"""Approve a checkpoint: its file is copied to the team's library, with the verdict beside it.

Nothing is written over: the same content is the same entry, another one gets a number. A checkpoint
that is not the one whose pictures were judged is refused.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from engine.models.approvals import (
    Approval,
    Approved,
    Said,
    preview_path,
    read_approval,
    verdict_path,
    write_approval,
)
from engine.models.hashes import file_sha256
from engine.runtime.errors import BadInputError, StorageError
from engine.runtime.files import exists, require_file, storage_errors, write_by_name
from engine.runtime.job import Job, Request
from engine.validation.approve_preview import lay_preview
from engine.validation.manifest import Grid, open_grid
from engine.validation.store import cell_id

_BLOCK = 1 << 22


class ApproveRequest(Request):
    """Approve the LoRA file ``checkpoint``, as the grid of folder ``grid`` shows it, into the
    folder ``library``. The rest is what the verdict tells (:class:`engine.models.approvals`).
    """

    handler: ClassVar[str] = "engine.validation.approve:run"
    title_key: ClassVar[str] = "Approve {name}"

    grid: str
    checkpoint: str
    library: str
    name: str
    weight: float = Field(allow_inf_nan=False)
    note: str = ""
    said: tuple[Said, ...] = ()
    measures: dict[str, float | None] = Field(default_factory=dict)
    limits: dict[str, float] = Field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What the checkpoint is called."""
        return self.name


@dataclass(frozen=True)
class _Place:
    path: Path
    is_there: bool


def run(request: ApproveRequest, job: Job) -> Approved:
    """Copy, compare, and write the verdict.

    Raises MissingFileError for a checkpoint or grid that is gone, BadInputError for one that has
    changed since it was judged, StorageError when the library cannot be written, JobCancelled;
    then the library is as it was.
    """
    source = require_file(Path(request.checkpoint), remedy="Choose another checkpoint.")
    grid = open_grid(Path(request.grid))
    require_judged(grid, request.checkpoint)
    digest = file_sha256(source)
    place = _place_for(source, Path(request.library), digest)
    if not place.is_there:
        write_by_name(place.path, lambda name: _copy(source, Path(name), digest, job))
    before = read_approval(place.path) if place.is_there else None
    preview = lay_preview(
        place.path,
        grid,
        request.checkpoint,
        request.weight,
        ours=before is not None and bool(before.preview),
    )
    approval = Approval(
        name=request.name,
        weight=request.weight,
        sha256=digest,
        bytes=place.path.stat().st_size,
        when=time.time(),
        note=request.note.strip(),
        said=request.said,
        measures=request.measures,
        limits=request.limits,
        grid=Path(request.grid).name,
        copied=not place.is_there or (before is not None and before.copied),
        preview=preview or (before.preview if before is not None else ""),
    )
    try:
        write_approval(place.path, approval)
    except StorageError:
        if not place.is_there:  # a copy nobody vouches for
            place.path.unlink(missing_ok=True)
            if preview:
                preview_path(place.path).unlink(missing_ok=True)
        raise
    return Approved(place.path, approval)


def require_judged(grid: Grid, checkpoint: str) -> None:
    """BadInputError unless ``checkpoint`` is the file that the pictures of ``grid`` were drawn
    with: a cell is named by the content of all that made it.
    """
    drawn = (
        cell
        for cell in grid.cells
        if cell.path is not None and cell.position.uses_lora
        if cell.position.checkpoint == checkpoint
    )
    cell = next(drawn, None)
    if cell is None:
        raise BadInputError(
            "The grid shows no picture of {name}.",
            name=Path(checkpoint).name,
            remedy="Draw the grid first.",
        )
    if cell_id(grid.request.image_at(cell.position)) != cell.id:
        raise BadInputError(
            "{name} or its base model has changed since it was judged.",
            name=Path(checkpoint).name,
            remedy="Draw the grid again, then approve it.",
        )


def _place_for(source: Path, library: Path, digest: str) -> _Place:
    """Where the content is already, or a free name in ``library``."""
    for path in _names(library, source):
        if path.is_file() and file_sha256(path) == digest:
            return _Place(path, is_there=True)
        if not exists(path) and not exists(verdict_path(path)):
            break
    return _Place(path, is_there=False)


def _names(library: Path, source: Path) -> Iterator[Path]:
    yield library / source.name
    for number in itertools.count(2):
        yield library / f"{source.stem}-{number}{source.suffix}"


def _copy(source: Path, target: Path, digest: str, job: Job) -> None:
    """Copy in blocks, and read the copy again: what was written is what was judged."""
    total = source.stat().st_size
    done = 0
    with open(source, "rb") as given, open(target, "wb") as taken:
        while block := given.read(_BLOCK):
            job.breathe()
            taken.write(block)
            done += len(block)
            job.progress(done, total, "Copying {name}", name=source.name)
    job.say("Checking {name}", name=source.name)
    if _sha256(target, job) != digest:
        raise StorageError(
            "{name} was not copied whole.", name=source.name, remedy="Try again, or check the disk."
        )


def _sha256(path: Path, job: Job) -> str:
    digest = hashlib.sha256()
    with storage_errors(path), open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            job.breathe()
            digest.update(block)
    return digest.hexdigest()
