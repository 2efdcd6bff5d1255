"""``dataset``: the Dataset workspace without its window; every action prints one JSON object.

A folder of art is never written to, but for captions that are asked for: what is decided about its
pictures lies in the project that the window, too, keeps about that folder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from engine.commands.console import follow
from engine.dataset.requests import ExportRequest, ImportDatasetRequest, ImportRequest
from engine.project.project import Project, is_project, project_for
from engine.project.settings import data_dir
from engine.runtime.errors import BadInputError
from engine.runtime.schema import add_arguments, given_arguments, validated
from engine.runtime.thread import Engine


def add_parser(subparsers: Any) -> None:
    """Declare the verb, its actions and their options."""
    from engine.commands import dataset_captions
    from engine.dataset.thresholds import Thresholds

    parser = subparsers.add_parser("dataset", help="scan, cull, caption, import and export art")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    scan = _action(actions, "scan", "pictures, sizes, captions, problems and suggestions", _scan)
    _add_filter(scan)
    cull = _action(
        actions, "cull", "what is blurred, a copy, too small or odd, with numbers", _cull
    )
    for name, info in Thresholds.model_fields.items():
        flag, shown = f"--{name.replace('_', '-')}", f"usually {info.default}"
        if info.annotation is bool:
            cull.add_argument(flag, action=argparse.BooleanOptionalAction, help=shown)
        else:
            cull.add_argument(flag, metavar="N", help=shown)
    cull.add_argument("--kind", action="append", help="only this kind of suggestion; repeatable")
    cull.add_argument("--reject", action="store_true", help="mark what is found; deletes nothing")
    caption = _action(actions, "caption", "change captions as one step", dataset_captions.run)
    _add_filter(caption)
    dataset_captions.add_operations(caption)
    export = _action(actions, "export", "bake a training folder, or pack a zip", _export)
    export.add_argument("--out", required=True, type=Path, metavar="PATH", help="where to write")
    add_arguments(export, ExportRequest, skip=_PLACES)
    bring_in = _action(actions, "import", "take over a dataset of another tool, or a zip", _import)
    bring_in.add_argument("source", type=Path, help="folder, .toml, .json, .jsonl, .csv or .zip")
    add_arguments(bring_in, ImportDatasetRequest, skip=_PLACES)


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Carry out one action and print its JSON on stdout."""
    print(json.dumps(args.act(args, engine), indent=1, ensure_ascii=False, default=str))
    return 0


def opened(folder: Path) -> Project:
    """The project at ``folder``, or the one about that folder of art, made when there is none."""
    return project_for(folder, data_dir() / "projects")


Act = Callable[[argparse.Namespace, Engine], dict[str, Any]]
_PLACES = ("project", "destination", "source")
"""Settings of requests that an action names in a way of its own."""


def _action(actions: Any, name: str, help_text: str, act: Act) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help_text)
    parser.add_argument("folder", type=Path, help="a folder of art, kohya folders, or a project")
    parser.set_defaults(act=act)
    return parser


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--where", default="", metavar="FILTER", help="only what this filter finds")


def _scan(args: argparse.Namespace, engine: Engine) -> dict[str, Any]:
    from engine.commands.dataset_report import scan

    project = opened(args.folder)
    follow(engine.submit(ImportRequest(project=str(project.root))))
    return scan(project, args.where)


def _cull(args: argparse.Namespace, engine: Engine) -> dict[str, Any]:
    from engine.commands.dataset_report import cull
    from engine.dataset.thresholds import Kind, Thresholds

    kinds: tuple[str, ...] = get_args(Kind)
    for kind in args.kind or ():
        if kind not in kinds:
            raise BadInputError(
                "{kind} is no kind of suggestion.",
                kind=kind,
                remedy=f"Choose from {', '.join(kinds)}.",
            )
    project = opened(args.folder)
    follow(engine.submit(ImportRequest(project=str(project.root))))
    given = {name: getattr(args, name) for name in Thresholds.model_fields}
    values = {key: value for key, value in given.items() if value is not None}
    return cull(project, validated(Thresholds, values), args.kind, reject=args.reject)


def _export(args: argparse.Namespace, engine: Engine) -> dict[str, Any]:
    project = opened(args.folder)
    values = given_arguments(args, ExportRequest)
    values |= {"project": str(project.root), "destination": str(args.out.resolve())}
    return asdict(follow(engine.submit(validated(ExportRequest, values))))


def _import(args: argparse.Namespace, engine: Engine) -> dict[str, Any]:
    """A zip makes the project it is imported into; anything else needs one, or a folder of art."""
    root = args.folder.resolve()
    if args.source.suffix.lower() != ".zip" and not is_project(root):
        root = opened(root).root
    values = given_arguments(args, ImportDatasetRequest)
    values |= {"project": str(root), "source": str(args.source.resolve())}
    return asdict(follow(engine.submit(validated(ImportDatasetRequest, values))))
