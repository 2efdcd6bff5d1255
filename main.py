"""Stylekiln: parse the command line; open the window, or run one engine command without it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from engine.runtime.device import set_waiting_policy


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``main.py`` and of the ``stylekiln`` command. Returns the exit status."""
    set_waiting_policy()  # before anything can import torch
    arguments = list(sys.argv[1:] if argv is None else argv)
    if opens_window(arguments):
        from app.main import run_window

        return run_window(arguments)
    from engine.commands.cli import main as run_command

    return run_command(arguments)


def opens_window(arguments: Sequence[str]) -> bool:
    """Whether ``arguments`` ask for the window: none, ``--sample``, or a folder to open."""
    if not arguments or arguments[0] == "--sample":
        return True
    from engine.commands.cli import VERBS

    return arguments[0] not in VERBS and os.path.exists(arguments[0])


if __name__ == "__main__":
    raise SystemExit(main())
