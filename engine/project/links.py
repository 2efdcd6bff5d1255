"""Paths inside a project, written so that the project folder can be moved or copied.

A file below the project's folder is stored as ``project:/runs/…``; anything else stays as it is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from engine.project.project import is_project

MARK = "project:/"


def root_of(path: Path) -> Path | None:
    """The nearest project folder that holds ``path``, or None."""
    path = Path(os.path.abspath(path))
    return next((folder for folder in path.parents if is_project(folder)), None)


def portable(value: Any, root: Path | None) -> Any:
    """``value`` (plain JSON values) with every path below ``root`` as a link."""
    if isinstance(value, dict):
        return {key: portable(item, root) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [portable(item, root) for item in value]
    if root is not None and isinstance(value, str) and value.startswith(f"{root}{os.sep}"):
        return MARK + Path(value).relative_to(root).as_posix()
    return value


def absolute(value: Any, root: Path | None) -> Any:
    """``value`` with every link as a path below ``root``; what leads out of it stays a link."""
    if isinstance(value, dict):
        return {key: absolute(item, root) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [absolute(item, root) for item in value]
    if root is not None and isinstance(value, str) and value.startswith(MARK):
        inside = Path(value.removeprefix(MARK))
        return value if inside.is_absolute() or ".." in inside.parts else str(root / inside)
    return value
