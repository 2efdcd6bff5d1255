"""The environment of a process whose modules are compiled, as in an installed application."""

from __future__ import annotations

import compileall
import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def installed(**extra: str) -> dict[str, str]:
    """The environment of this process and ``extra``. Where Python may write no compiled modules,
    every start would compile hundreds of them anew.
    """
    _compile()
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **extra}


@cache
def _compile() -> None:
    for part in ("app", "engine", "tests/benchmarks"):
        compileall.compile_dir(ROOT / part, quiet=1)
