"""A grid with pictures of plain colors, shown without an engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt

from engine.sampling.picture_text import save_picture
from engine.sampling.request import ImageRequest
from engine.validation.manifest import write_manifest
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore

LEFT = Qt.MouseButton.LeftButton


def axes_of(run, weights=(0.5, 1.0), seeds=(1,), prompts=("castle", "apple")):
    return four_axes(("", *(item.path for item in run.checkpoints)), weights, seeds, prompts)


def draw(session, axes, name="drawn", side=64, paint=None, image=None):
    """Write a grid; ``paint(number, position)`` gives each picture, a color of its own without."""
    request = GridRequest(
        folder=str(session.project.grids / name), image=image or ImageRequest(), axes=axes
    )
    store, cells = CellStore(request.cells_folder), []
    for number, position in enumerate(request.positions()):
        cells.append((f"{number:064x}", position))
        picture = (paint or _plain)(number, position)
        if picture is not None:
            text = f"{position.prompt}\nSteps: 25, Sampler: DPM++ 2M, CFG scale: 4, Seed: 1"
            save_picture(store.path(cells[-1][0]), np.broadcast_to(picture, (side, side, 3)), text)
    write_manifest(request, cells, {})
    return Path(request.folder)


def _plain(number, position):
    return np.array([number * 37 % 251, number * 91 % 253, number * 17 % 247], np.uint8)


def color_at(widget, point):
    """RGB of what ``widget`` paints there."""
    return widget.grab().toImage().pixelColor(point).getRgb()[:3]


def settle(qtbot, view):
    """Wait until all pictures in sight are painted."""
    view.grid.viewport().repaint()
    qtbot.wait(40)
    qtbot.waitUntil(lambda: not view.thumbnails.is_busy)
    qtbot.wait(40)
