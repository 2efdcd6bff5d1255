"""``export``: bake a folder of art into a kohya training folder."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.runtime.errors import BadInputError
from engine.runtime.schema import validated
from engine.runtime.thread import Engine


def add_parser(subparsers: Any) -> None:
    """Declare the verb and its options."""
    parser = subparsers.add_parser("export", help="bake a training folder in kohya's layout")
    parser.add_argument("folder", type=Path, help="a folder of art, kohya folders, or a project")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where to write")
    parser.add_argument(
        "--fill", default=None, metavar="FILL", help="behind transparency: #RRGGBB, picture or edge"
    )
    parser.add_argument("--repeats", type=int, default=1, help="for a folder without repeats (1)")


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Index the folder beside the output, bake it, and print what was written."""
    from engine.dataset.requests import ExportRequest
    from engine.project.project import Project, SourceFolder, is_project
    from engine.runtime.files import require_folder, storage_errors

    folder = require_folder(Path(os.path.realpath(args.folder)))
    out = Path(os.path.realpath(args.out))
    if out == folder or folder.is_relative_to(out):
        raise BadInputError(
            "The output folder holds the source folder.", remedy="Choose another --out."
        )
    with storage_errors(out):  # said of the folder that was named, not of what is made in it
        out.mkdir(parents=True, exist_ok=True)
    if is_project(folder):
        project = Project.open(folder)
    else:
        root = out / ".project"
        source = validated(SourceFolder, {"path": str(folder), "repeats": args.repeats})
        project = Project.open(root) if is_project(root) else Project.create(root, folder.name)
        project.save(project.file.model_copy(update={"folders": (source,)}))
    if args.fill:
        project.save(project.file.model_copy(update={"fill": _fill(args.fill)}))
    request = ExportRequest(project=str(project.root), destination=str(out))
    result = follow(engine.submit(request))
    for problem in result.skipped:
        print(f"skipped: {problem}", file=sys.stderr)
    for note in result.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{result.count} pictures in {result.folder}")
    return 0


def _fill(text: str) -> Any:
    from engine.dataset.edits import Fill

    if text in ("picture", "edge"):
        return Fill(kind=text)  # type: ignore[arg-type]
    return validated(Fill, {"kind": "color", "color": text}, "--fill")
