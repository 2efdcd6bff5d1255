"""``grid``: draw a validation grid that a TOML file describes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.runtime.events import Event
from engine.runtime.parsing import load_table
from engine.runtime.schema import validated
from engine.runtime.thread import Engine
from engine.validation.axes import FILES, Axis, expanded
from engine.validation.request import GridRequest


def add_parser(subparsers: Any) -> None:
    """Declare the verb and its options."""
    parser = subparsers.add_parser(
        "grid", help="draw checkpoints x weights x seeds x prompts with a legend"
    )
    parser.add_argument("file", type=Path, help="grid.toml")
    parser.add_argument("--out", type=Path, help="folder of the grid (default: named in the file)")


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Draw the grid; print its picture's path. Status 1 when a cell failed, each said on stderr."""
    request = read_request(args.file, args.out)
    result = follow(engine.submit(request), _tell_failure)
    print(result.picture)
    print(
        f"{result.rendered} drawn, {result.cached} from before, {result.failed} failed",
        file=sys.stderr,
    )
    return 1 if result.failed else 0


def read_request(path: Path, folder: Path | None = None) -> GridRequest:
    """The request in a TOML file; relative paths are seen from the file's folder.

    BadInputError for malformed TOML or a setting that is unknown or out of range.
    """
    values = load_table(path, "TOML")
    request = validated(GridRequest, {"folder": path.stem, **values}, path.name)
    request = _beside(request, path.parent)
    if folder is not None:  # given on the command line, so seen from the working directory
        request = request.model_copy(update={"folder": str(folder.absolute())})
    return request


def _beside(request: GridRequest, root: Path) -> GridRequest:
    """``request`` with its relative paths made absolute from ``root``."""

    def absolute(text: str) -> str:
        return str(root / text) if text else text

    def beside(axis: Axis) -> Axis:
        if axis.kind not in FILES:
            return axis
        values = (
            text
            if axis.kind == "model" and not (root / str(text)).exists()
            else absolute(str(text))
            for text in axis.values
        )
        return Axis(setting=axis.setting, values=expanded(axis.kind, values))

    image = request.image
    loras = tuple(use.model_copy(update={"path": absolute(use.path)}) for use in image.loras)
    changes: dict[str, Any] = {"loras": loras}
    if (root / image.model).exists():
        changes["model"] = absolute(image.model)
    return request.model_copy(
        update={
            "folder": absolute(request.folder),
            "cells": absolute(request.cells),
            "axes": tuple(beside(axis) for axis in request.axes),
            "image": image.model_copy(update=changes),
        }
    )


def _tell_failure(event: Event) -> None:
    if event.kind == "grid.cell" and event.data["error"]:
        place = ", ".join(str(value) for value in event.data["place"] if value != "")
        print(f"{place}: {event.data['error']}", file=sys.stderr)
