"""Parse the command line and run one verb without a window."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from engine.runtime.errors import StylekilnError
from engine.runtime.files import system_error
from engine.runtime.thread import Engine

# Verbs in the order of the journey; each names a module of this package.
VERBS = (
    "dataset", "buckets", "export", "train", "kohya", "grid", "evaluate", "generate", "canvas",
    "lora", "tour",
)  # fmt: skip


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
    _speak_plainly()
    args = build_parser().parse_args(argv)
    verb = importlib.import_module(f"engine.commands.{args.verb}")
    engine = Engine().start()
    try:
        status = int(verb.run(args, engine))
        sys.stdout.flush()
        return status
    except StylekilnError as error:
        return _told(error)
    except OSError as error:
        return _unheard(error) if error.filename is None else _told(system_error(error))
    except KeyboardInterrupt:
        print("stylekiln: Cancelled.", file=sys.stderr)
        return 130
    finally:
        engine.close()


def _speak_plainly() -> None:
    """Print whatever a file is called: a pipe on Windows knows only the letters of one language."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _told(error: StylekilnError) -> int:
    print(f"stylekiln: {error}", file=sys.stderr)
    return error.exit_code


def _unheard(error: OSError) -> int:
    """Nobody reads what was printed, or the disk it goes to is full. What was done is done."""
    # Python would try once more to write the rest when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 141  # as a shell says of a program that SIGPIPE has ended
    return _told(system_error(error))
