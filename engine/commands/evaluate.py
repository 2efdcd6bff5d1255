"""``evaluate``: is a training run over-fitted? Draws the check of it, measures it and judges."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.commands.files import add_language, format_of
from engine.commands.grid import cells_record, tell_counts, tell_failure
from engine.commands.measuring import measuring
from engine.project import links
from engine.runtime.errors import StylekilnError
from engine.runtime.schema import add_arguments, given_arguments, validated
from engine.runtime.thread import Engine
from engine.runtime.words import Words
from engine.sampling.request import ImageRequest
from engine.validation.check_places import Places, afterwards
from engine.validation.evaluate_request import EvaluateRequest
from engine.validation.evaluating import names_of
from engine.validation.export.report_request import ReportRequest
from engine.validation.features_catalogue import require_extractor
from engine.validation.judging import WORD_LABELS, Verdict
from engine.validation.learned import TrainedRun, learned_by
from engine.validation.manifest import Grid, open_grid
from engine.validation.plans import BATCH, check_prompts, over_fit_check
from engine.validation.request import GridRequest, GridResult

REPORTS = ("html", "pdf")
NONE_IS_GOOD = 10
"""The exit status where the check was done and no checkpoint may be used: no error has it."""
# What the check itself decides, and what says where single pictures go.
_NOT_OFFERED = (
    "model", "prompt", "seed", "count", "init_image", "mask", "strength", "output_dir", "file_name",
    "file_format",
)  # fmt: skip


def add_parser(subparsers: Any) -> None:
    """Declare the verb; its options are the settings that all pictures share."""
    parser = subparsers.add_parser(
        "evaluate",
        help="check a training run for over-fitting",
        epilog="The exit status is 0 where a checkpoint is recommended, 10 where none is good yet, "
        "and 1 where a cell failed or it cannot be judged.",
    )
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--seed", type=int, default=1, help="the first of four seeds (1)")
    parser.add_argument("--out", type=Path, help="folder of the grid (default: beside the run)")
    parser.add_argument(
        "--extractor",
        type=Path,
        help="compare pictures with this DINOv2 or CLIP folder, or SSCD file (default: what was "
        "chosen in the project)",
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write the verdict as a page (.html or .pdf)"
    )
    add_language(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_arguments(parser, ImageRequest, skip=_NOT_OFFERED)


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Print a word for each checkpoint, the recommendation and the red flags. Status 1 when a cell
    failed or it cannot be judged, :data:`NONE_IS_GOOD` when no checkpoint is good enough.
    """
    learned = learned_by(args.run, args.out)
    if args.report is not None:
        format_of(args.report, REPORTS)  # refused before anything is drawn
    if args.extractor is not None:
        require_extractor(args.extractor)
    result: GridResult = follow(engine.submit(build_request(args, learned)), tell_failure)
    tell_counts(result)
    grid = open_grid(result.folder)
    record: dict[str, Any] = {"run": str(learned.folder), "prompts": check_prompts(learned)}
    verdict: Verdict | None = None
    try:
        verdict = follow(engine.submit(_measuring(args, grid, learned)), tell_failure)
        record["verdict"] = verdict.to_json()
    except StylekilnError as error:
        record["problem"] = str(error)
        print(f"stylekiln: {error}", file=sys.stderr)
    if verdict is not None and args.report is not None:
        follow(engine.submit(_report(args, verdict, grid, learned)))
        record["report"] = str(args.report.absolute())
    record["grid"] = cells_record(grid, result)
    if args.json:
        print(json.dumps(record, indent=1, ensure_ascii=False))
    else:
        _tell(verdict)
        print(result.picture)
        if "report" in record:
            print(record["report"])
    if result.failed or verdict is None or verdict.pick is None:
        return 1
    return 0 if verdict.pick.sound else NONE_IS_GOOD


def build_request(args: argparse.Namespace, learned: TrainedRun) -> GridRequest:
    """The grid that ``args`` ask for. Raises BadInputError for a value out of range."""
    values = {"batch_size": BATCH, **given_arguments(args, ImageRequest)}
    values.pop("seed", None)
    places = afterwards(learned.folder)
    if args.out is not None:
        places = Places(args.out.absolute(), args.out.absolute() / "cells")
    return over_fit_check(
        learned,
        str(places.folder),
        cells=str(places.cells),
        first_seed=args.seed,
        image=validated(ImageRequest, values),
    )


def _measuring(args: argparse.Namespace, grid: Grid, learned: TrainedRun) -> EvaluateRequest:
    """The request to measure the drawn grid."""
    kinds = {text: kind for text, kind in check_prompts(learned).items() if kind is not None}
    return measuring(grid.folder, links.root_of(learned.folder), args.extractor, kinds)


def _report(
    args: argparse.Namespace, verdict: Verdict, grid: Grid, learned: TrainedRun
) -> ReportRequest:
    """The request to write the verdict, judged as the window does it."""
    evidence = verdict.evidence
    return ReportRequest(
        grid=str(grid.folder),
        path=str(args.report.absolute()),
        format="pdf" if format_of(args.report, REPORTS) == "pdf" else "html",
        evidence=evidence,
        limits=verdict.limits,
        names=names_of(learned, Words(args.language)),
        epochs={str(one.path): one.epoch for one in learned.checkpoints},
        training=len(learned.training),
        held_out=len(evidence.held_out_similarities),
        language=args.language,
    )


def _tell(verdict: Verdict | None) -> None:
    """A line for every checkpoint, then the recommendation and what speaks against the others."""
    if verdict is None:
        return
    words = Words()
    for path, word in verdict.words.items():
        print(f"{verdict.names[path]}: {WORD_LABELS[word]}")
    for sentence in (*verdict.missing, *verdict.unjudged, *verdict.notes):
        print(sentence)
    if verdict.pick is not None:
        print(verdict.pick)
    for flag in verdict.told:
        told = (flag.headline, *flag.details)
        print(words.joined([words.sentence(str(one)) for one in told]))
