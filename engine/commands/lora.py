"""``lora``: what a LoRA file is, and tools that make new files of it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from engine.commands.console import follow
from engine.models.tools.requests import (
    BakeRequest,
    ConvertRequest,
    EditRequest,
    ExtractRequest,
    MergeRequest,
    ResizeRequest,
    ToolRequest,
    ToolResult,
    VerifyRequest,
)
from engine.runtime.errors import BadInputError
from engine.runtime.schema import add_arguments, given_arguments, settings_of, validated
from engine.runtime.thread import Engine

# Each tool's request, what its words on the command line are, and its help.
_TOOLS: dict[str, tuple[type[ToolRequest], tuple[str, ...], str]] = {
    "merge": (MergeRequest, ("files",), "several LoRAs as one"),
    "resize": (ResizeRequest, ("file",), "the same LoRA with a smaller rank"),
    "extract": (ExtractRequest, ("base", "tuned"), "what a tuned model learned, as a LoRA"),
    "verify": (VerifyRequest, ("file",), "look for zeros, missing halves and what is no number"),
    "convert": (ConvertRequest, ("file",), "write it with another tool's names"),
    "bake": (BakeRequest, ("model", "files"), "a checkpoint in which LoRAs act for good"),
    "edit": (EditRequest, ("file",), "change what a LoRA says of itself"),
}
_MOST_NAMED = 20
_REPEATED = ("ratios", "put", "drop")


def add_parser(subparsers: Any) -> None:
    """Declare the verb, its tools and their options."""
    parser = subparsers.add_parser("lora", help="inspect LoRA files, and make new ones of them")
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    info = tools.add_parser("info", help="family, rank, alpha and metadata, as JSON")
    info.add_argument("file", type=Path, help="an adapter file with any known naming")
    for name, (model, words, text) in _TOOLS.items():
        tool = tools.add_parser(name, help=text)
        for word in words:
            tool.add_argument(word, nargs="+" if word == "files" else None)
        add_arguments(tool, model, skip=(*words, *_REPEATED))
        if "ratios" in model.model_fields:
            tool.add_argument("--ratios", nargs="+", type=float, metavar="N", help="strengths")
        if name == "edit":
            tool.add_argument("--put", action="append", metavar="NAME=TEXT", help="write an entry")
            tool.add_argument("--drop", action="append", metavar="NAME", help="leave an entry out")
        tool.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace, engine: Engine) -> int:
    """Use one tool; ``verify`` ends with status 1 when something is wrong with the file."""
    if args.tool == "info":
        return _info(args.file)
    request = _request(args)
    result = follow(engine.submit(request))
    notes = dict(result.notes)
    if args.json:
        print(json.dumps({"path": result.path, **notes}, indent=1, ensure_ascii=False))
    else:
        _tell(result)
    return 0 if notes.get("good", True) else 1


def _request(args: argparse.Namespace) -> ToolRequest:
    model, words, _ = _TOOLS[args.tool]
    given = given_arguments(args, model) | {word: getattr(args, word) for word in words}
    if args.tool == "edit":
        given["put"] = [_entry(text) for text in args.put or ()]
    if args.tool != "verify" and not (given.get("out") or given.get("in_place")):
        raise BadInputError("There is nowhere to write.", remedy="Name a file with --out.")
    if given.get("out") and given.get("in_place"):
        raise BadInputError(
            "A file is changed in place, or written to --out, not both.",
            remedy="Leave one of them out.",
        )
    request = validated(model, given)
    _require_effect(request, given)
    return request


def _require_effect(request: ToolRequest, given: dict[str, Any]) -> None:
    """Refuse an option that the others leave without effect, and say what strengths are taken."""
    for item in settings_of(type(request)):
        name, _, values = item.when.partition("=")
        if item.name in given and name and getattr(request, name) not in values.split("|"):
            raise BadInputError(
                "{option} has an effect only with --{other} {values}.",
                option=f"--{item.name.replace('_', '-')}", other=name,
                values=values.replace("|", " or "), remedy="Leave it out, or choose that.",
            )  # fmt: skip
    if isinstance(request, MergeRequest | BakeRequest) and request.ratios:
        for path, ratio in request.weighted[len(request.ratios) :]:
            print(f"{path.name} has no strength of its own; {ratio:g} is taken.", file=sys.stderr)


def _entry(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInputError("{text} is no entry.", text=text, remedy="Write it as --put name=text.")
    return name, value


def _tell(result: ToolResult) -> None:
    """The result in short: numbers as they are, lists by their length and the names in them."""
    if result.path:
        print(result.path)
    for name, value in result.notes.items():
        shown = len(value) if isinstance(value, list | dict) else value
        names = _names(value) if isinstance(value, list) else ""
        print(f"{name.replace('_', ' ')}: {shown}{names}", file=sys.stderr)


def _names(values: list[Any]) -> str:
    """The first of the names in a list, " (a, b and 3 more)"."""
    names = [value for value in values if isinstance(value, str)]
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f" ({', '.join(names[:_MOST_NAMED])}{more})"


def _info(path: Path) -> int:
    from engine.models.adapter_file import read_adapter

    file = read_adapter(path)
    facts = {
        "file": str(path),
        "kind": file.kind,
        "family": file.family,
        "rank": file.rank,
        "alpha": file.alpha,
        "modules": len(file.modules),
        "unknown": list(file.unknown),
        "metadata": file.metadata,
    }
    print(json.dumps(facts, indent=1, ensure_ascii=False))
    return 0
