"""``grid``: draw a validation grid that a TOML file describes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from engine.commands.console import follow
from engine.commands.files import add_language, format_of
from engine.commands.measuring import measuring
from engine.project import links
from engine.runtime.errors import StylekilnError
from engine.runtime.events import Event
from engine.runtime.files import exists
from engine.runtime.parsing import load_table
from engine.runtime.schema import add_arguments, given_arguments, validated
from engine.runtime.thread import Engine
from engine.validation.axes import FILES, Axis, expanded
from engine.validation.evidence import Evidence
from engine.validation.export.request import ExportGridRequest, Format
from engine.validation.judging import Verdict
from engine.validation.manifest import Grid, open_grid
from engine.validation.request import GridRequest, GridResult
from engine.validation.survey import Problem, Survey, dry_run

MEASURED: tuple[Format, ...] = ("csv", "html")
"""Formats that show what was measured."""


def add_parser(subparsers: Any) -> None:
    """Declare the verb and its options."""
    parser = subparsers.add_parser("grid", help="draw pictures over any axes, with a legend")
    parser.add_argument("file", type=Path, help="grid.toml")
    parser.add_argument("--out", type=Path, help="folder of the grid (default: named in the file)")
    parser.add_argument(
        "--dry-run", action="store_true",
        help="draw nothing; tell how many cells there are, how long they take, and what is wrong",
    )  # fmt: skip
    parser.add_argument(
        "--export",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write the grid as .png, .pdf, .html, .csv or .psd too; can be given again",
    )
    add_language(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_arguments(parser, ExportGridRequest, skip=("format",))


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Draw the grid; print its picture's path. Status 1 when a cell failed, each said on stderr.

    When anything is wrong with what the file names nothing is drawn, and the status is 2.
    """
    request = read_request(args.file, args.out)
    exports = [_export(args, path, request) for path in args.export]
    if args.dry_run:
        return _tell_survey(dry_run(request), as_json=args.json)
    wrong = dry_run(request).problems
    if wrong:
        _tell_problems(wrong)
        return 2
    result: GridResult = follow(engine.submit(request), tell_failure)
    evidence = _measured(engine, result.folder) if _needed(exports) else None
    exports = [export.model_copy(update={"evidence": evidence}) for export in exports]
    written = [follow(engine.submit(export)).paths for export in exports]
    files = [str(path) for paths in written for path in paths]
    if args.json:
        record = cells_record(open_grid(result.folder), result) | {"exported": files}
        print(json.dumps(record, indent=1, ensure_ascii=False))
    else:
        print(result.picture, *files, sep="\n")
    tell_counts(result)
    return 1 if result.failed else 0


def read_request(path: Path, folder: Path | None = None) -> GridRequest:
    """The request in a TOML file; relative paths are seen from the file's folder.

    BadInputError for malformed TOML or a setting that is unknown or out of range.
    """
    values = load_table(path, "TOML")
    request = validated(GridRequest, {"folder": path.stem, **values}, path.name)
    if not request.folder:  # nobody wants a grid in the working directory for a name left empty
        request = request.model_copy(update={"folder": path.stem})
    request = _beside(request, path.parent)
    if folder is not None:  # given on the command line, so seen from the working directory
        request = request.model_copy(update={"folder": str(folder.absolute())})
    return request


def _beside(request: GridRequest, root: Path) -> GridRequest:
    """``request`` with its relative paths made absolute from ``root``."""

    def absolute(text: str) -> str:
        return str(root / text) if text else text

    def base(text: str) -> str:  # a base model may be a name, such as starter
        return absolute(text) if exists(root / text) else text

    def beside(axis: Axis) -> Axis:
        if axis.kind not in FILES:
            return axis
        place = base if axis.kind == "model" else absolute
        values = expanded(axis.kind, [place(str(text)) for text in axis.values])
        return Axis(setting=axis.setting, values=values)

    image = request.image
    starts = {
        name: absolute(getattr(image, name))
        for name in ("init_image", "mask")
        if getattr(image, name)
    }
    loras = tuple(use.model_copy(update={"path": absolute(use.path)}) for use in image.loras)
    changes: dict[str, Any] = {"loras": loras, "model": base(image.model), **starts}
    known = {name: getattr(request, name) for name in GridRequest.model_fields}
    # Made anew, because a folder of pictures may have brought more cells than there may be.
    return GridRequest.model_validate(
        known
        | {
            "folder": absolute(request.folder),
            "cells": absolute(request.cells),
            "axes": tuple(beside(axis) for axis in request.axes),
            "image": image.model_copy(update=changes),
        }
    )


def _export(args: argparse.Namespace, path: Path, request: GridRequest) -> ExportGridRequest:
    """The request to write the drawn grid as the file ``path``."""
    values = {
        "grid": request.folder,
        "path": str(path.absolute()),
        "format": format_of(path, get_args(Format)),
        "language": args.language,
    }
    return validated(ExportGridRequest, values | given_arguments(args, ExportGridRequest))


def _needed(exports: Iterable[ExportGridRequest]) -> bool:
    """Whether a file has metrics in it."""
    return any(export.format in MEASURED for export in exports)


def _measured(engine: Engine, folder: Path) -> Evidence | None:
    """What is measured of the grid in ``folder``; what could not be is said on stderr."""
    try:
        verdict: Verdict = follow(engine.submit(measuring(folder, links.root_of(folder))))
    except StylekilnError as error:
        print(f"stylekiln: {error}", file=sys.stderr)
        return None
    for sentence in (*verdict.unjudged, *verdict.notes):
        print(sentence, file=sys.stderr)
    return verdict.evidence


def cells_record(grid: Grid, result: GridResult) -> dict[str, Any]:
    """A finished grid with the values of each cell, as plain values."""
    names = [axis.setting for axis in grid.request.axes]
    return {
        "folder": str(result.folder),
        "picture": str(result.picture),
        "drawn": result.rendered,
        "cached": result.cached,
        "failed": result.failed,
        "cells": [
            {
                "at": dict(zip(names, cell.position.place, strict=True)),
                "id": cell.id,
                "path": str(cell.path or ""),
                "error": cell.error,
            }
            for cell in grid.cells
        ],
    }


def tell_counts(result: GridResult) -> None:
    """How much was drawn, on stderr."""
    print(
        f"{result.rendered} drawn, {result.cached} from before, {result.failed} failed",
        file=sys.stderr,
    )


def tell_failure(event: Event) -> None:
    """Why a cell was not drawn, on stderr."""
    if event.kind == "grid.cell" and event.data["error"]:
        place = ", ".join(str(value) for value in event.data["place"] if value != "")
        print(f"{place}: {event.data['error']}", file=sys.stderr)


def _tell_survey(survey: Survey, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(_survey_record(survey), indent=1, ensure_ascii=False))
    else:
        left = survey.distinct - survey.cached
        print(f"{survey.cells} cells, {survey.distinct} pictures, {survey.cached} from before")
        time = "not known yet" if survey.seconds is None else f"{survey.seconds:.0f} s"
        print(f"{left} to draw: {time}, {survey.bytes / 1e6:.1f} MB")
    _tell_problems(survey.problems)
    return 2 if survey.problems else 0


def _tell_problems(found: Iterable[Problem]) -> None:
    for problem in found:
        print(f"stylekiln: {problem.setting}: {problem.error}", file=sys.stderr)


def _survey_record(survey: Survey) -> dict[str, Any]:
    return {
        "cells": survey.cells,
        "distinct": survey.distinct,
        "cached": survey.cached,
        "seconds": survey.seconds,
        "bytes": survey.bytes,
        "problems": [
            {"setting": problem.setting, "sentence": str(problem.error)}
            for problem in survey.problems
        ],
    }
