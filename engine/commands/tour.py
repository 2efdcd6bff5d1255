"""``tour``: the whole journey over the sample art without a window, with pictures and figures."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.runtime.files import storage_errors
from engine.runtime.thread import Engine


def add_parser(subparsers: Any) -> None:
    """Declare the verb and its options."""
    parser = subparsers.add_parser("tour", help="raw art to a repainted canvas, on sample art")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for pictures and figures"
    )


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Run the four stages, then write ``tour.json`` and ``index.html`` into the folder.

    Stages that are done are kept in DIR and done again, so the tour can be repeated in place.
    """
    from engine.tour.plan import STAGES, TourRequest, sample_project
    from engine.tour.report import write_report

    out = Path(os.path.realpath(args.out))
    with storage_errors(out):  # said of the folder that was named, not of what is made in it
        out.mkdir(parents=True, exist_ok=True)
    project = sample_project(out)
    for number, stage in enumerate(STAGES, 1):
        print(f"{number}/{len(STAGES)} {stage.title}", file=sys.stderr)
        result = follow(engine.submit(TourRequest(project=str(project.root), stage=stage.name)))
        print(f"    {result.sentence.format_map(result.facts)}", file=sys.stderr)
    page = write_report(project, out)
    print(page)
    return 0
