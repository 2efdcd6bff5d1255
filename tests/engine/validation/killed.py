"""Fill a grid with plain pictures in processes that are killed at any moment, then once in peace.

Run as a program: ``killed.py FOLDER KILLS``. Prints JSON: cells, how many rounds drew a cell that
was whole before, and what was drawn in all.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

import numpy as np

from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.filling import Filling
from engine.validation.planning import plan
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore


def request_of(folder: Path) -> GridRequest:
    checkpoints = [str(folder / f"{name}.safetensors") for name in ("a", "b")]
    for number, path in enumerate(checkpoints):
        Path(path).write_bytes(bytes([number]))
    axes = four_axes(checkpoints, (0, 0.5, 1), tuple(range(30)), ("castle", "apple"))
    return GridRequest(folder=str(folder / "grid"), axes=axes, image=ImageRequest(batch_size=4))


def fill(request: GridRequest, log: int, ready: int) -> None:
    def draw(image, cells, job, keep) -> None:
        os.write(ready, b".")
        for cell in cells:
            os.write(log, f"{cell.id}\n".encode())
            time.sleep(0.002)
            keep(cell, np.full((8, 8, 3), cell.image.seed, np.uint8), "how it was made")

    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)


def a_round(request: GridRequest, log: int, patience: float | None) -> int:
    """Fork, and kill the child ``patience`` seconds after it began to draw (never: None)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            fill(request, log, writing)
        finally:
            os._exit(0)
    os.close(writing)
    if patience is not None:
        select.select([reading], [], [], 10)  # also ready when the child has ended
        time.sleep(patience)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(reading)
    return status


def main(folder: Path, kills: int) -> None:
    random.seed(1)
    request = request_of(folder)
    store = CellStore(request.cells_folder)
    cells = [cell.id for cell in plan(request)]
    path = folder / "drawn.log"
    log = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    killed, again = 0, 0
    for number in range(kills + 1):
        whole = {cell for cell in cells if store.find(cell)}
        before = len(path.read_text().splitlines())
        patience = random.random() * 0.02 if number < kills else None
        killed += a_round(request, log, patience) == signal.SIGKILL
        drawn = path.read_text().splitlines()[before:]
        again += len(whole & set(drawn)) + len(drawn) - len(set(drawn))
    lost = [cell for cell in cells if store.find(cell) is None]
    drawn = len(path.read_text().splitlines())
    found = {"cells": len(cells), "killed": killed, "again": again, "lost": len(lost)}
    print(json.dumps({**found, "drawn": drawn}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
