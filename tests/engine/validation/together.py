"""Fill one grid in several processes at once, of which one after the other is killed.

Run as a program: ``together.py FOLDER KILLS``. Prints JSON: the cells, how many processes were
killed, drawings that were begun, and cells that were kept twice or are lost.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from engine.runtime.job import Job
from engine.validation.filling import Filling
from engine.validation.planning import plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from tests.engine.validation.killed import request_of

AT_ONCE = 3


def fill(request: GridRequest, log: int, ready: int) -> None:
    def draw(image, cells, job, keep) -> None:
        for cell in cells:
            os.write(log, f"begun {cell.id}\n".encode())
            os.write(ready, b".")
            time.sleep(0.01)
            keep(cell, np.full((8, 8, 3), cell.image.seed, np.uint8), "how it was made")
            os.write(log, f"kept {cell.id}\n".encode())

    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)


def start(request: GridRequest, log: int) -> tuple[int, int]:
    """A process that fills, and where it says that it draws."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            fill(request, log, writing)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    return child, reading


def main(folder: Path, kills: int) -> None:
    random.seed(1)
    request = request_of(folder)
    store = CellStore(request.cells_folder)
    log = os.open(folder / "drawn.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    workers, endings = [start(request, log) for _ in range(AT_ONCE)], []
    for _ in range(kills):
        victim, drawing = workers.pop(0)
        select.select([drawing], [], [], 10)  # also ready when it has ended
        time.sleep(random.random() * 0.02)
        os.kill(victim, signal.SIGKILL)
        endings.append(os.waitpid(victim, 0)[1])
        workers.append(start(request, log))
    failed = sum(os.waitpid(worker, 0)[1] != 0 for worker, _ in workers)
    lines = [line.split() for line in (folder / "drawn.log").read_text().splitlines()]
    kept = Counter(cell for word, cell in lines if word == "kept")
    cells = [cell.id for cell in plan(request)]
    found = {
        "cells": len(cells),
        "killed": endings.count(signal.SIGKILL),
        "failed": failed,
        "begun": sum(word == "begun" for word, _ in lines),
        "twice": sum(count > 1 for count in kept.values()),
        "lost": sum(store.find(cell) is None for cell in cells),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
