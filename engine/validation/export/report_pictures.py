"""The pictures of a report: pairs with the training, and rows that show style, base and pick."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from engine.runtime.errors import MissingFileError, PictureError, StylekilnError
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.evidence import Evidence
from engine.validation.evidence_rows import RowEvidence
from engine.validation.export.arrangement import Names
from engine.validation.export.pictures import jpeg, picture_of
from engine.validation.export.report_parts import PicturePair, PictureRow
from engine.validation.learned_pictures import Learned, learned_with, project_of
from engine.validation.manifest import Grid, GridCell
from engine.validation.overfit_data import read_plain
from engine.validation.sentences import decimal

PAIRS, ROW, SIDE = 4, 6, 256


class ReportPictures:
    """Reads them one at a time, as ``job`` goes."""

    def __init__(
        self, grid: Grid, evidence: Evidence, names: Names, words: Words, job: Job
    ) -> None:
        self._grid, self._evidence, self._names = grid, evidence, names
        self.words, self._job = words, job
        self._cells = {cell.id: cell for cell in grid.cells}
        self._learned = _learned(grid)
        self._done = 0

    def pairs(self, identifiers: Sequence[str]) -> tuple[PicturePair, ...]:
        """The first of these cells beside the training pictures they are nearest to."""
        found = []
        for identifier in identifiers[:PAIRS]:
            cell, measured = self._cells.get(identifier), self._evidence.cells.get(identifier)
            if cell is None or measured is None:
                continue
            if measured.nearest is None or measured.copying is None:
                continue
            pair = PicturePair(
                self._drawn(cell),
                self._trained(measured.nearest),
                self._caption(cell),
                cell.position.prompt,
                decimal(measured.copying),
            )
            found.append(pair)
        return tuple(found)

    def compared(self, row: RowEvidence) -> tuple[PictureRow, ...]:
        """Pictures of the style, and below them those of the base model and of ``row`` for the same
        prompts and seeds, as many different prompts as there are.
        """
        ours = self._by_subject(row.cells)
        base = self._evidence.base
        theirs = self._by_subject(base.cells if base is not None else ())
        shown = _spread([one for one in ours if one in theirs] or list(ours))
        style = self._learned.held_out or self._learned.training
        name = self._names.checkpoint(row.checkpoint)
        at = self.words("{name} at weight {weight}", name=name, weight=f"{row.weight:g}")
        rows = [
            PictureRow(self.words("Base model"), self._all(theirs, shown)),
            PictureRow(at[:1].upper() + at[1:], self._all(ours, shown)),
        ]
        if style:
            what = "Held-out pictures" if self._learned.held_out else "Training pictures"
            pictures = tuple(self._trained(path) for path in style[: max(len(shown), 1)])
            rows.insert(0, PictureRow(self.words(what), pictures))
        return tuple(one for one in rows if any(one.pictures))

    def _by_subject(self, identifiers: Sequence[str]) -> dict[tuple[str, int], GridCell]:
        cells = [self._cells[one] for one in identifiers if one in self._cells]
        cells.sort(key=lambda cell: (self._order(cell), cell.position.seed))
        return {(cell.position.prompt, cell.position.seed): cell for cell in cells}

    def _order(self, cell: GridCell) -> int:
        return self._grid.request.prompts.index(cell.position.prompt)

    def _all(
        self, cells: dict[tuple[str, int], GridCell], shown: Sequence[tuple[str, int]]
    ) -> tuple[bytes | None, ...]:
        return tuple(self._drawn(cells[one]) if one in cells else None for one in shown)

    def _caption(self, cell: GridCell) -> str:
        at = cell.position
        name = self._names.checkpoint(at.checkpoint)
        told = self.words(
            "{name} at {weight}, seed {seed}", name=name, weight=f"{at.weight:g}", seed=at.seed
        )
        return told[:1].upper() + told[1:]

    def _drawn(self, cell: GridCell) -> bytes | None:
        self._job.breathe()
        self._done += 1
        self._job.say("Reading picture {n}", n=self._done)
        picture = picture_of(cell, SIDE)
        return None if picture is None else jpeg(picture)

    def _trained(self, path: Path) -> bytes | None:
        self._job.breathe()
        try:
            return jpeg(Image.fromarray(self._learned.small(path, SIDE)))
        except (PictureError, MissingFileError):
            return None


def _spread(subjects: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The first :data:`ROW` subjects, one of each prompt before a second one of any."""
    seen: dict[str, int] = {}
    ranks = []
    for place, (prompt, _) in enumerate(subjects):
        seen[prompt] = seen.get(prompt, 0) + 1
        ranks.append((seen[prompt], place))
    order = sorted(range(len(subjects)), key=lambda place: ranks[place])
    return [subjects[place] for place in sorted(order[:ROW])]


def _learned(grid: Grid) -> Learned:
    """How training saw what ``grid`` was compared with."""
    try:
        return learned_with(grid.request.lora_files, project_of(grid.folder))
    except StylekilnError:  # most are gone; those that are left are shown as they lie
        return Learned((), (), read_plain)
