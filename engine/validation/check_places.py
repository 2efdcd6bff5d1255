"""Where the over-fit checks of a run lie: one drawn while it trains, one afterwards.

They are two grids, so that neither writes over the other, with one store of cells, so that nothing
is drawn twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.project import links
from engine.project.project import Project

AFTERWARDS, MEANWHILE = "check", "while-training"


@dataclass(frozen=True)
class Places:
    """The folder of a grid, and that of its cells."""

    folder: Path
    cells: Path


def afterwards(run: Path) -> Places:
    """Where ``main.py evaluate`` draws: in the run's project, so that the window shows it too;
    without one, in the run's folder.
    """
    return _places(run, AFTERWARDS)


def meanwhile(run: Path, *, shared: bool) -> Places:
    """Where a training run draws. Cells that are not ``shared``, because the model was changed for
    the run, are those of no other grid.
    """
    if not shared:
        return Places(run / MEANWHILE, run / MEANWHILE / "cells")
    return _places(run, MEANWHILE)


def _places(run: Path, name: str) -> Places:
    root = links.root_of(run)
    if root is None:
        return Places(run / name, run / AFTERWARDS / "cells")
    project = Project.open(root)
    return Places(project.grids / f"{run.name}-{name}", project.cache / "cells")
