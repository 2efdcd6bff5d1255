"""``evaluate``: is a training run over-fitted? Draws the check of it, measures it and judges."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.commands.grid import cells_record, tell_counts, tell_failure
from engine.project import links
from engine.project.project import Project
from engine.runtime.errors import StylekilnError
from engine.runtime.schema import add_arguments, given_arguments, validated
from engine.runtime.thread import Engine
from engine.sampling.request import ImageRequest
from engine.validation.evidence import Evidence, assess
from engine.validation.learned import TrainedRun, learned_by
from engine.validation.manifest import Grid, open_grid
from engine.validation.pick import Pick, pick
from engine.validation.plans import BATCH, check_prompts, over_fit_check
from engine.validation.request import GridRequest, GridResult

# What the check itself decides, and what says where single pictures go.
_NOT_OFFERED = (
    "model", "prompt", "seed", "count", "init_image", "mask", "strength", "output_dir", "file_name",
    "file_format",
)  # fmt: skip


def add_parser(subparsers: Any) -> None:
    """Declare the verb; its options are the settings that all pictures share."""
    parser = subparsers.add_parser("evaluate", help="check a training run for over-fitting")
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--seed", type=int, default=1, help="the first of four seeds (1)")
    parser.add_argument("--out", type=Path, help="folder of the grid (default: beside the run)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_arguments(parser, ImageRequest, skip=_NOT_OFFERED)


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Print the recommendation and what speaks against each checkpoint. Status 1 when a cell failed
    or nothing could be judged.
    """
    learned = learned_by(args.run)
    result: GridResult = follow(engine.submit(build_request(args, learned)), tell_failure)
    tell_counts(result)
    grid = open_grid(result.folder)
    record = {"run": str(learned.folder), "prompts": check_prompts(learned)}
    try:
        if learned.problem is not None:
            raise learned.problem
        evidence = assess(grid, learned.training, learned.held_out, read=learned.read)
        record |= _judged(evidence, learned)
    except StylekilnError as error:
        record["problem"] = str(error)
        print(f"stylekiln: {error}", file=sys.stderr)
    _tell(record | {"grid": cells_record(grid, result)}, grid, as_json=args.json)
    return 1 if result.failed or "problem" in record else 0


def build_request(args: argparse.Namespace, learned: TrainedRun) -> GridRequest:
    """The grid that ``args`` ask for. Raises BadInputError for a value out of range."""
    values = {"batch_size": BATCH, **given_arguments(args, ImageRequest)}
    values.pop("seed", None)
    folder, cells = _places(args.out, learned)
    return over_fit_check(
        learned,
        str(folder),
        cells=str(cells) if cells is not None else "",
        first_seed=args.seed,
        image=validated(ImageRequest, values),
    )


def _places(out: Path | None, learned: TrainedRun) -> tuple[Path, Path | None]:
    """Folder and cell store: those of the run's project, so that the window shows the grid too."""
    root = links.root_of(learned.folder)
    if out is not None:
        return out.absolute(), None
    if root is None:
        return learned.folder / "check", None
    project = Project.open(root)
    return project.grids / f"{learned.folder.name}-check", project.cache / "cells"


def _judged(evidence: Evidence, learned: TrainedRun) -> dict[str, Any]:
    names = {str(one.path): f"epoch {one.epoch}" for one in learned.checkpoints}
    picked = pick(evidence, learned.losses, names)
    return {
        "rows": [asdict(row) for row in evidence.rows],
        "base": None if evidence.base is None else asdict(evidence.base),
        "between_training": evidence.between_training,
        "held_out_copying": evidence.held_out_copying,
        "threshold": evidence.threshold,
        "verdict": _verdict(picked),
    }


def _verdict(picked: Pick) -> dict[str, Any]:
    return {
        "checkpoint": picked.checkpoint,
        "weight": picked.weight,
        "sound": picked.sound,
        "sure": picked.sure,
        "reasons": [str(sentence) for sentence in (picked.headline, *picked.reasons)],
        "flags": [
            {
                "kind": flag.kind,
                "checkpoint": flag.checkpoint,
                "weight": flag.weight,
                "headline": str(flag.headline),
                "detail": str(flag.detail),
            }
            for flag in picked.flags
        ],
    }


def _tell(record: dict[str, Any], grid: Grid, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(record, indent=1, ensure_ascii=False))
        return
    verdict = record.get("verdict")
    if verdict is not None:
        print(" ".join(verdict["reasons"]))
        for flag in verdict["flags"]:
            print(f"{flag['headline']}: {flag['detail']}")
    print(grid.picture)
