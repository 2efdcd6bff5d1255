"""The handler of an export: the grid is read, arranged, and written in the format asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.runtime.errors import BadInputError
from engine.runtime.files import atomic_file, require_target
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.export import table
from engine.validation.export.arrangement import (
    Arrangement,
    Names,
    arranged,
    facts_of,
    recipe_of,
)
from engine.validation.export.html import GridPage
from engine.validation.export.report import report_of
from engine.validation.export.report_html import write_html
from engine.validation.export.report_request import ReportRequest
from engine.validation.export.request import Exported, ExportGridRequest, Format
from engine.validation.export.sheet import Sheet
from engine.validation.manifest import Grid, open_grid


@dataclass(frozen=True)
class _Work:
    """All that a writer needs."""

    request: ExportGridRequest
    path: Path
    grid: Grid
    arrangement: Arrangement
    words: Words
    names: Names
    job: Job

    @property
    def title(self) -> str:
        return self.grid.folder.name

    @property
    def lacking(self) -> int:
        return sum(cell.path is None for cell in self.arrangement.places())


def run(request: ExportGridRequest, job: Job) -> Exported:
    """Write the file, and for a table a second one beside it.

    Raises MissingFileError or BadInputError for a grid that cannot be read or shows nothing,
    StorageError when the file cannot be written, JobCancelled; what was there before then stays.
    """
    path = require_target(Path(request.path))
    grid = open_grid(Path(request.grid))
    words = Words(request.language)
    wanted = None if request.cells is None else frozenset(request.cells)
    names = Names(grid.request, words, request.names)
    arrangement = arranged(grid, names, wanted)
    if not any(cell.path is not None for cell in arrangement.places()):
        raise BadInputError("There is nothing to export yet.", remedy="Draw the grid first.")
    work = _Work(request, path, grid, arrangement, words, names, job)
    others = _WRITERS[request.format](work)
    total = sum(1 for _ in arrangement.places())
    return Exported((path, *others.paths), total - others.missing, others.missing)


@dataclass(frozen=True)
class _Written:
    """How many places have no picture, and the files beside the one asked for."""

    missing: int
    paths: tuple[Path, ...] = ()


def _html(work: _Work) -> _Written:
    recipes = {
        (row, column): recipe_of(cell, work.grid.request, work.names)
        for row, cells in enumerate(work.arrangement.cells)
        for column, cell in enumerate(cells)
        if cell is not None
    }
    facts = facts_of(work.grid, work.words)
    evidence = work.request.evidence
    page = GridPage(work.title, work.arrangement, recipes, facts, work.words, evidence)
    return _Written(page.write(work.path, work.request.cell, work.job))


def _csv(work: _Work) -> _Written:
    evidence, second = work.request.evidence, table.rows_path(work.path)
    table.write_cells(work.path, work.grid, work.arrangement.places(), work.names, evidence)
    if evidence is None:
        return _Written(work.lacking)
    table.write_rows(second, evidence, work.names, work.request.limits)
    return _Written(work.lacking, (second,))


def _pdf(work: _Work) -> _Written:
    from engine.validation.export.pdf import Pages  # its library is only needed here

    facts = facts_of(work.grid, work.words)
    pages = Pages(work.title, work.arrangement, facts, work.words, work.request.paper)
    return _Written(pages.write(work.path, work.request.cell, work.job))


def _sheet(work: _Work) -> Sheet:
    sheet = Sheet(work.arrangement, work.words, work.request.cell)
    sheet.require_room()
    return sheet


def _png(work: _Work) -> _Written:
    sheet = _sheet(work)
    picture = sheet.background()
    boxes = sheet.draw(picture, work.job)
    with atomic_file(work.path) as stream:
        picture.save(stream, "PNG", compress_level=4)
    return _Written(len(sheet.places()) - len(boxes))


def _psd(work: _Work) -> _Written:
    from engine.validation.export.psd import write_psd  # its library is only needed here

    sheet = _sheet(work)
    return _Written(write_psd(work.path, sheet, work.arrangement, work.words, work.job))


_WRITERS: dict[Format, Callable[[_Work], _Written]] = {
    "png": _png,
    "pdf": _pdf,
    "html": _html,
    "csv": _csv,
    "psd": _psd,
}


def report(request: ReportRequest, job: Job) -> Exported:
    """Write the verdict over a grid. Raises as :func:`run` does."""
    path = require_target(Path(request.path))
    grid = open_grid(Path(request.grid))
    words = Words(request.language)
    told = report_of(request, grid, words, job)
    if request.format == "pdf":
        from engine.validation.export.report_pdf import write_pdf

        write_pdf(path, told, words)
    else:
        write_html(path, told, words)
    return Exported((path,), 0, 0)
