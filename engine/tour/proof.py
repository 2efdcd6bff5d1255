"""Proof that the pixel style was learned: blocks and colors against the base model and real art."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.canvas.raster import flattened
from engine.canvas.repaint import Candidate
from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.validation.manifest import Grid
from engine.validation.pick import Pick
from engine.validation.style import NAMES, measure_all, style_distance


def style_figures(grid: Grid, chosen: Pick, held_out: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Mean style measures of the weight-0 row, of the picked row, and of the held-out pictures.

    ``blockiness`` near 1 is clean pixel art; ``colors`` is 1 / the number of colors that carry the
    subject.
    """
    wanted = (chosen.checkpoint, chosen.weight)
    base = [cell.path for cell in grid.cells if not cell.position.uses_lora and cell.path]
    picked = [
        cell.path
        for cell in grid.cells
        if (cell.position.checkpoint, cell.position.weight) == wanted and cell.path
    ]
    sets = {"weight_0": dict.fromkeys(base), "picked": picked, "held_out": held_out}
    return {name: _figures(list(paths)) for name, paths in sets.items()}


def nearest_in_style(candidates: Sequence[Candidate], held_out: Sequence[Path]) -> Candidate:
    """The candidate whose style is nearest to the held-out pictures'."""
    wanted = measure_all(_read(held_out))
    return min(
        candidates,
        key=lambda candidate: style_distance(measure_all([flattened(candidate.pixels)]), wanted),
    )


def _figures(paths: Sequence[Path]) -> dict[str, Any]:
    means = measure_all(_read(paths)).mean(axis=0)
    figures = {name: round(float(value), 4) for name, value in zip(NAMES, means, strict=True)}
    return {"pictures": len(paths), **figures}


def _read(paths: Sequence[Path]) -> list[np.ndarray]:
    return [fill_color(load_rgba(path), "#FFFFFF") for path in paths]
