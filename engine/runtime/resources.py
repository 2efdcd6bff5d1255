"""Where the files that ship with the application lie, in a checkout and in an installed copy."""

from __future__ import annotations

from pathlib import Path

RESOURCES = Path(__file__).resolve().parents[2] / "resources"


def resource(*parts: str) -> Path:
    """The path of a shipped file or folder, such as ``resource("icons", "plus.svg")``."""
    return RESOURCES.joinpath(*parts)
