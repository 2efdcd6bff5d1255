"""The metrics of a grid as CSV: a line a cell, and a second file of checkpoints and weights.

The usual axes have a column in any table, the others of a grid stand behind them.

UTF-8 with a byte order mark, which Excel needs to read Chinese, and line ends of RFC 4180. Text
that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection); with
East Asian settings it takes full-width signs for the beginning of one, too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

from engine.runtime.files import write_bytes
from engine.validation.axes import Value
from engine.validation.evidence import Evidence, RowEvidence
from engine.validation.export.arrangement import Names
from engine.validation.limits import Limits
from engine.validation.manifest import Grid, GridCell
from engine.validation.overfit import Figures
from engine.validation.overfit_rules import copies, share_of_copies, threshold
from engine.validation.overfit_stats import Figure

PLACE = ("checkpoint", "file", "weight", "seed", "prompt")
MEASURED = ("state", "copying", "nearest", "cell")
FIGURES = tuple(one.name for one in fields(Figures))
"""All measures, each with the ends of its 95 % interval."""
ROWS = (
    "checkpoint",
    "file",
    "weight",
    "pictures",
    "style_fit",
    "style_distance",
    "diversity",
    "copying",
    "copies",
    "copy_threshold",
    "layout_kept",
    "held_out_loss",
    *(f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")),
)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def write_cells(
    path: Path, grid: Grid, cells: Iterable[GridCell], names: Names, evidence: Evidence | None
) -> None:
    """A line for every one of ``cells``: what it is, whether it was drawn, and how near it is to
    training.
    """
    settings = [axis.setting for axis in grid.request.axes]
    others = [at for at, name in enumerate(settings) if name not in PLACE]
    head = (*PLACE, *(settings[at] for at in others), *MEASURED)
    _write(path, head, (_cell(cell, others, names, evidence) for cell in cells))


def write_rows(path: Path, evidence: Evidence, names: Names, limits: Limits) -> None:
    """A line for every checkpoint and weight with what was measured, the base model first. Copies
    are counted by ``limits``.
    """
    base = () if evidence.base is None else (evidence.base,)
    lines = (
        (
            names.checkpoint(row.checkpoint),
            _file(row.checkpoint),
            row.weight,
            row.count,
            _rounded(row.style_fit),
            _rounded(row.style_distance),
            _rounded(row.diversity),
            _rounded(row.copying),
            *_copies(row, evidence, limits),
            _rounded(row.kept),
            _rounded(row.held_out_loss),
            *_figures(row, evidence, limits),
        )
        for row in (*base, *(row for row in evidence.rows if row.checkpoint and row.weight))
    )
    _write(path, ROWS, lines)


def _copies(row: RowEvidence, evidence: Evidence, limits: Limits) -> tuple[object, object]:
    """How many, and above which similarity; nothing where no training picture was at hand."""
    if row.copying is None:
        return None, None
    return copies(row, evidence, limits), threshold(evidence, limits)


def _figures(row: RowEvidence, evidence: Evidence, limits: Limits) -> Iterator[float | None]:
    share = share_of_copies(row, evidence, limits)
    found = replace(row.figures, copy_share=share)
    for name in FIGURES:
        one: Figure | None = getattr(found, name)
        # Without an interval its ends are the value: nobody shall take that for certainty.
        known = one is not None and one.low != one.high
        yield _rounded(one.value if one is not None else None)
        yield _rounded(one.low if one is not None and known else None)
        yield _rounded(one.high if one is not None and known else None)


def rows_path(path: Path) -> Path:
    """Where the second file lies."""
    return path.with_name(f"{path.stem}-checkpoints{path.suffix}")


def _cell(
    cell: GridCell, others: Sequence[int], names: Names, evidence: Evidence | None
) -> Sequence[object]:
    at = cell.position
    measured = evidence.cells.get(cell.id) if evidence is not None else None
    return (
        names.checkpoint(at.checkpoint),
        _file(at.checkpoint),
        at.weight,
        at.seed,
        at.prompt,
        *(_told(at.place[number]) for number in others),
        "drawn" if cell.path is not None else "failed" if cell.error else "not drawn",
        _rounded(measured.copying) if measured is not None else None,
        measured.nearest.name if measured is not None and measured.nearest is not None else None,
        cell.id,
    )


def _told(value: Value) -> object:
    """Of a text that is replaced what stands in its place, of a file its name."""
    if isinstance(value, tuple):
        return value[1]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def _file(checkpoint: str) -> str:
    """The name alone: whoever gets the table has other folders."""
    return Path(checkpoint).name if checkpoint else ""


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _write(path: Path, head: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)  # \r\n, quotes where they are needed
    writer.writerow(head)
    for line in lines:
        writer.writerow([_plain(value) for value in line])
    write_bytes(path, stream.getvalue().encode("utf-8-sig"))


def _plain(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
