"""``dataset caption FOLDER model``: captions that a model writes, and the download of one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands.console import follow
from engine.dataset.captioners import KNOWN, known
from engine.dataset.tagging import CaptionRequest, DownloadCaptionerRequest
from engine.runtime.errors import BadInputError
from engine.runtime.schema import add_arguments, given_arguments, validated

if TYPE_CHECKING:
    from engine.dataset.picture import Picture
    from engine.project.project import Project
    from engine.runtime.events import Event
    from engine.runtime.thread import Engine

NAME = "model"


def add_operation(operations: Any) -> None:
    """Declare the change and its options."""
    ids = ", ".join(item.id for item in KNOWN)
    parser = operations.add_parser(
        NAME,
        help="let a WD tagger, BLIP or Florence-2 write them",
        epilog=f"Models that can be downloaded: {ids}.",
    )
    add_arguments(parser, CaptionRequest, skip=("project",))
    parser.add_argument(
        "--download", action="store_true", help="fetch the model first; --captioner is its id"
    )
    add_arguments(parser, DownloadCaptionerRequest, skip=("captioner",))


def describe(
    args: argparse.Namespace, engine: Engine, project: Project, pictures: dict[int, Picture]
) -> dict[str, Any]:
    """Describe ``pictures`` and say what was written."""
    if args.dry_run:
        raise BadInputError("--dry-run does not go with {name}.", name=NAME)
    if not pictures:
        raise BadInputError("The filter finds no picture.", remedy="Change --where.")
    values = given_arguments(args, CaptionRequest) | {"project": str(project.root)}
    values["captioner"] = _folder(args, engine)
    values["pictures"] = tuple(pictures)
    changes: dict[int, dict[str, Any]] = {}

    def note(event: Event) -> None:
        if event.kind == "caption.done":
            picture = pictures[event.data["id"]]
            changes[picture.id] = {
                "file": str(picture.path),
                "before": picture.caption,
                "after": event.data["text"],
                "probabilities": event.data["probabilities"],
            }

    result = follow(engine.submit(validated(CaptionRequest, values)), note)
    return {
        "project": str(project.root),
        "changes": [change for change in changes.values() if change["before"] != change["after"]],
        "skipped": result.skipped,
        "problems": [str(problem) for problem in result.problems],
        "written": True,
    }


def _folder(args: argparse.Namespace, engine: Engine) -> str:
    """The model's folder; an id stands for the one that is downloaded."""
    if args.captioner is None:
        raise BadInputError(
            "No model is given.", remedy="Say --captioner FOLDER, or an id with --download."
        )
    if args.download:
        values = given_arguments(args, DownloadCaptionerRequest)
        return str(follow(engine.submit(validated(DownloadCaptionerRequest, values))))
    item = known(args.captioner)
    if item is not None and not Path(args.captioner).exists():
        return str(item.folder)
    return str(Path(args.captioner).resolve())
