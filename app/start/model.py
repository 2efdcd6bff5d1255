"""Facts for the start page: this computer, and what the recent projects hold."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.shell.status_line import processor_name
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError
from engine.runtime.resources import resource


@dataclass(frozen=True)
class Computer:
    """What this computer has. Sizes in bytes; ``graphics`` is empty before torch has looked."""

    processor: str
    cores: int
    graphics: str
    memory: int
    free: int
    starter: int


@dataclass(frozen=True)
class Recent:
    """A project that was open before. ``opened`` is a Unix time, ``thumbnail`` may be empty;
    ``problem`` says why it cannot be opened.
    """

    root: Path
    name: str
    pictures: int
    runs: int
    opened: float
    thumbnail: str
    problem: StylekilnError | None = None


def computer() -> Computer:
    """Look at this computer. Reads files: not for the UI thread."""
    import psutil

    from engine.models.family import STARTER
    from engine.models.inspect import inspect

    home = data_dir()
    disk = next(place for place in (home, *home.parents) if place.is_dir())
    return Computer(
        processor=processor_name(),
        cores=psutil.cpu_count(logical=False) or psutil.cpu_count() or 1,
        graphics=_graphics(),
        memory=psutil.virtual_memory().total,
        free=shutil.disk_usage(disk).free,
        starter=inspect(STARTER).bytes,
    )


def recent_projects(roots: tuple[str, ...]) -> list[Recent]:
    """What can be said about ``roots`` that still exist. Reads files: not for the UI thread."""
    from engine.project.project import FILE_NAME, is_project

    found = []
    for root in [Path(root) for root in roots if is_project(Path(root))]:
        try:
            found.append(_recent(root))
        except StylekilnError as error:
            # One that is damaged does not hide the others; opening it says what to do.
            opened = (root / FILE_NAME).stat().st_mtime
            found.append(Recent(root, root.name, 0, 0, opened, "", error))
    return found


def _recent(root: Path) -> Recent:
    from engine.dataset.library import Library
    from engine.project.project import Project

    project = Project.open(root)
    library = Library(project.database)
    try:
        pictures = library.pictures()
    finally:
        library.close()
    runs = [path for path in project.runs.glob("*") if path.is_dir()]
    return Recent(
        root=root,
        name=project.file.name,
        pictures=len(pictures),
        runs=len(runs),
        opened=project.database.stat().st_mtime,
        thumbnail=str(pictures[0].path) if pictures else "",
    )


def _graphics() -> str:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not hasattr(cuda, "is_available") or not cuda.is_available():
        return ""
    return str(cuda.get_device_name())


def sample_count() -> int:
    """How many pictures the sample has."""
    return sum(path.suffix in (".png", ".webp") for path in resource("sample", "pixel").iterdir())


@lru_cache(maxsize=2)
def sample_pictures(style: str) -> tuple[Path, ...]:
    """The sample pictures of ``style`` ("raw" or "pixel") that stand for themselves, by name.

    They ship and do not change, so the folder is read once and not at every paint.
    """
    planted = ("_copy", "_soft", "_thumb")
    files = sorted(resource("sample", style).glob("*.png"), key=lambda path: path.name)
    return tuple(path for path in files if not path.stem.endswith(planted))
