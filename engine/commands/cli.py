"""Parse the command line and run one verb without a window."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from engine.runtime.errors import StylekilnError
from engine.runtime.thread import Engine

# Verbs in the order of the journey; each names a module of this package.
VERBS = ("dataset", "buckets", "export", "train", "grid", "generate", "lora", "tour")


def build_parser() -> argparse.ArgumentParser:
    """The parser with one sub-command per verb."""
    parser = argparse.ArgumentParser(
        prog="stylekiln",
        description="From a folder of art to pictures in its style. Without a command, the window.",
    )
    subparsers = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb in VERBS:
        importlib.import_module(f"engine.commands.{verb}").add_parser(subparsers)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run ``argv`` (without the program's name) and return the exit status.

    Every error that a user can cause is one sentence on stderr and a non-zero status.
    """
    args = build_parser().parse_args(argv)
    verb = importlib.import_module(f"engine.commands.{args.verb}")
    engine = Engine().start()
    try:
        return int(verb.run(args, engine))
    except StylekilnError as error:
        print(f"stylekiln: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("stylekiln: Cancelled.", file=sys.stderr)
        return 130
    finally:
        engine.close()
