"""``kohya``: settings from kohya's window and scripts into a job, and a job back into theirs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.runtime.errors import BadInputError
from engine.runtime.files import is_file, write_json
from engine.runtime.sources import keep_apart, keep_sources
from engine.runtime.thread import Engine

if TYPE_CHECKING:
    from engine.training.kohya.report import Report


def add_parser(subparsers: Any) -> None:
    """Declare the verb, its two directions and their options."""
    parser = subparsers.add_parser("kohya", help="import and export kohya's settings")
    ways = parser.add_subparsers(dest="way", required=True, metavar="import|export")
    reading = ways.add_parser("import", help="a form (JSON), a script's TOML or a LoRA into a job")
    reading.add_argument(
        "file", type=Path, help="JSON of kohya's window, TOML of its scripts, or a LoRA"
    )
    reading.add_argument("--out", required=True, type=Path, metavar="JOB", help="the job to write")
    reading.add_argument("--report", type=Path, metavar="FILE", help="what became of every key")
    reading.add_argument("--dataset", type=Path, metavar="FILE", help="its folders as dataset TOML")
    reading.add_argument("--project", default="", metavar="DIR", help="train this project instead")
    writing = ways.add_parser("export", help="a job into a form, a script's TOML or a dataset TOML")
    writing.add_argument("job", type=Path, help="a job for the train command")
    writing.add_argument("--out", required=True, type=Path, metavar="FILE", help="where to write")
    writing.add_argument(
        "--format", choices=("json", "toml", "dataset"), default=None,
        help="form, script or dataset; else what the ending of --out says",
    )  # fmt: skip


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Import or export; what changed on the way goes to stderr."""
    return _import(args) if args.way == "import" else _export(args)


def _import(args: argparse.Namespace) -> int:
    from engine.training.jobfile import dump_toml, dump_values
    from engine.training.kohya.reading import read_kohya

    keep_apart(args.out, args.report, args.dataset)
    imported = read_kohya(args.file, project=args.project)
    given = {line.key: line.value for line in imported.report.lines}
    read = [args.file, *_named_files(given)]
    for place in filter(None, (args.out, args.report, args.dataset)):
        keep_sources(place, read)
    if imported.request is not None:
        dump_toml(imported.request, args.out)
    else:
        dump_values(imported.values, args.out)
    if args.report is not None:
        write_json(args.report, imported.report.record())
    counts = imported.report.counts
    print(", ".join(f"{count} {status}" for status, count in reversed(counts.items())))
    _tell(imported.report.short())
    if args.dataset is not None:
        _write_dataset(args, imported.request)
    return 0


def _named_files(values: Mapping[str, Any]) -> Iterator[Path]:
    """The files that settings name: a run reads them."""
    texts = (value for value in values.values() if isinstance(value, str) and value)
    return (path for path in map(Path, texts) if is_file(path))


def _tell(report: Report) -> None:
    """What needs a look goes to stderr."""
    for line in report.lines:
        if line.problem:
            print(f"needs a fix: {line.key}: {line.problem}", file=sys.stderr)
        elif line.status in ("unknown", "converted") and line.why is not None:
            print(f"{line.key}: {line.why}", file=sys.stderr)
    for problem in report.problems:
        print(f"needs a fix: {problem.line}", file=sys.stderr)
    for status, count in report.left_out.items():
        print(f"and {count} more: {status}. A file of --report has them all.", file=sys.stderr)


def _write_dataset(args: argparse.Namespace, request: Any) -> None:
    from engine.training.kohya.exporting import export_kohya

    if request is None:
        raise BadInputError(
            "The dataset file is not written, because the job needs a fix first.",
            remedy="Correct {name} and export it as dataset.", name=args.out.name,
        )  # fmt: skip
    for note in export_kohya(request, args.dataset, "dataset"):
        print(f"note: {note}", file=sys.stderr)


def _export(args: argparse.Namespace) -> int:
    from engine.training.jobfile import load_toml
    from engine.training.kohya.exporting import export_kohya

    kind: Literal["json", "toml", "dataset"] = args.format or _format_of(args.out)
    request = load_toml(args.job)
    keep_sources(args.out, [args.job, *_named_files(request.model_dump())])
    for note in export_kohya(request, args.out, kind):
        print(f"note: {note}", file=sys.stderr)
    return 0


def _format_of(path: Path) -> Literal["json", "toml"]:
    return "json" if path.suffix.lower() == ".json" else "toml"
