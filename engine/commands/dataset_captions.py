"""``dataset caption``: file names as captions, and every change of many captions at once."""

from __future__ import annotations

import argparse
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

from engine.commands import dataset_model
from engine.dataset.batch import OPERATIONS, preview, read_operation
from engine.dataset.captions import from_file_name
from engine.runtime.errors import BadInputError, StorageError
from engine.runtime.schema import add_arguments, given_arguments
from engine.runtime.thread import Engine

if TYPE_CHECKING:
    from engine.dataset.picture import Picture

NAMES = "names"
_NEEDED = {
    "rename": ("old", "new"),
    "merge": ("tags", "into"),
    "delete": ("tags",),
    "replace": ("find",),
    "add": ("tags",),
    "prefix": ("text",),
    "suffix": ("text",),
    "first": ("tags",),
}
"""Options without which a change is none; the window has fields that are seen to be empty."""


def add_operations(parser: argparse.ArgumentParser) -> None:
    """One sub-command per change; options come from its schema."""
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would change, write nothing"
    )
    operations = parser.add_subparsers(dest="operation", required=True, metavar="CHANGE")
    names = operations.add_parser(NAMES, help="file names as captions where there are none")
    names.add_argument("--replace", action="store_true", help="also where there is a caption")
    dataset_model.add_operation(operations)
    for kind, model in OPERATIONS.items():
        add_arguments(operations.add_parser(kind, help=(model.__doc__ or "").split("\n")[0]), model)


def run(args: argparse.Namespace, engine: Engine) -> dict[str, Any]:
    """Change the captions of all pictures that the filter finds, as one step of undo."""
    from engine.commands.dataset import opened
    from engine.commands.dataset_report import found
    from engine.dataset.library import Library
    from engine.dataset.picture import Changes

    project = opened(args.folder)
    pictures = {p.id: p for p in found(project, args.where) if not p.caption_problem}
    if args.operation == dataset_model.NAME:
        return dataset_model.describe(args, engine, project, pictures)
    before = {key: picture.caption for key, picture in pictures.items()}
    texts, merges = _changed(args, before, pictures)
    if texts and not args.dry_run:
        _require_writable(pictures[key] for key in texts)
        with closing(Library(project.database)) as library:
            changes = library.set_captions(texts)
    else:
        changes = Changes()
    left = {*changes.skipped, *changes.conflicts}
    return {
        "project": str(project.root),
        "changes": [
            {"file": str(pictures[key].path), "before": before[key], "after": text}
            for key, text in texts.items()
            if key not in left
        ],
        "merges": dict(merges),
        "skipped": [str(pictures[key].path) for key in changes.skipped],
        "conflicts": [str(pictures[key].path) for key in changes.conflicts],
        "written": not args.dry_run,
    }


def _changed(
    args: argparse.Namespace, before: dict[int, str], pictures: dict[int, Picture]
) -> tuple[dict[int, str], tuple[tuple[str, int], ...]]:
    if args.operation == NAMES:
        names = {key: from_file_name(picture.name) for key, picture in pictures.items()}
        wanted = {k: t for k, t in names.items() if args.replace or not before[k].strip()}
        return {key: text for key, text in wanted.items() if text != before[key]}, ()
    values = given_arguments(args, OPERATIONS[args.operation])
    operation = read_operation({"kind": args.operation, **values})
    for name in _NEEDED.get(args.operation, ()):
        if not getattr(operation, name):
            raise BadInputError(
                "{name} needs {option}.",
                name=args.operation,
                option=f"--{name}",
                remedy="See --help.",
            )
    shown = preview(operation, before)
    if shown.problems:
        raise shown.problems[0]
    return shown.texts, shown.merges


def _require_writable(pictures: Any) -> None:
    """Refuse before the first caption is written, not in the middle."""
    for folder in dict.fromkeys(picture.path.parent for picture in pictures):
        if not os.access(folder, os.W_OK):
            raise StorageError(
                "{name} cannot be written: {reason}.",
                name=folder,
                reason="it is read-only",
                remedy="Copy the pictures into a project first, or see --dry-run.",
            )
