"""``generate``: draw pictures from a prompt, from a picture, or inside a mask."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.runtime.errors import BadInputError
from engine.runtime.schema import add_arguments, given_arguments, validated
from engine.runtime.thread import Engine
from engine.sampling.infotext import request_values
from engine.sampling.picture_text import read_infotext
from engine.sampling.request import ImageRequest, ImageResult, LoraUse

_DEFAULT_FOLDER = "pictures"


def add_parser(subparsers: Any) -> None:
    """Declare the verb; its options are the settings of an image request."""
    parser = subparsers.add_parser("generate", help="draw pictures from a prompt")
    add_arguments(parser, ImageRequest)
    parser.add_argument(
        "--lora",
        action="append",
        default=[],
        metavar="FILE[:WEIGHT]",
        help="a LoRA file and its weight (1); may be given several times",
    )
    parser.add_argument(
        "--like",
        metavar="PICTURE",
        help="take prompt, size, sampling and seed from a picture's text; not its model, start "
        "picture or mask: give --model, --init-image and --mask with it. Other options go first",
    )


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Draw, save, and print one path per picture on stdout; warnings go to stderr."""
    result: ImageResult = follow(engine.submit(build_request(args)))
    for warning in result.warnings:
        print(f"stylekiln: {warning}", file=sys.stderr)
    for path in result.paths:
        print(path)
    return 0


def build_request(args: argparse.Namespace) -> ImageRequest:
    """The request that ``args`` ask for. Raises BadInputError for a value out of range."""
    values: dict[str, Any] = {"output_dir": _DEFAULT_FOLDER}
    if args.like:
        values |= _settings_in(Path(args.like))
    values |= given_arguments(args, ImageRequest)
    values["loras"] = tuple(parse_lora(text) for text in args.lora)
    return validated(ImageRequest, values)


def parse_lora(text: str) -> LoraUse:
    """``FILE`` or ``FILE:WEIGHT``; a drive letter's colon is not taken for a weight's."""
    path, colon, weight = text.rpartition(":")
    try:
        number = float(weight)
    except ValueError:
        return LoraUse(path=text)
    if not colon:
        return LoraUse(path=text)
    if not math.isfinite(number):
        raise BadInputError(
            "{weight} is no weight of a LoRA.", weight=weight, remedy="Write a number such as 0.8."
        )
    return LoraUse(path=path, weight=number)


def _settings_in(path: Path) -> dict[str, Any]:
    infotext = read_infotext(path)
    if infotext is None:
        raise BadInputError(
            "{name} holds no prompt and settings.",
            name=path.name,
            remedy="Choose a picture as it was saved, not one that was edited or sent around.",
        )
    return request_values(infotext)
