"""Saves a canvas over and over in processes that are killed at any instant, and opens what is left.

``python -m tests.app.canvas.killed_saving FOLDER KILLS`` prints JSON with one list for each kill:
the last state that was told to be safe, the state that was found, and whether its pixels are whole.
Everything is imported once; each process that dies is a fork.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from app.canvas.files import read, remove, safety_copy
from engine.canvas import storage
from engine.canvas.document import Document
from engine.canvas.rect import Rect
from engine.runtime.errors import StylekilnError

SIDE = 320
WHOLE = 4
"""After so many copies beside the file the file itself is saved, as an artist does."""


def state_of(number: int) -> np.ndarray:
    """What the layer shows in state ``number``: noise, so that its pixels take time to write."""
    return np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 4), np.uint8)


def paint(path: Path, begun: int, told: int) -> None:
    """Paint and save without end; each state that is on the disk is told through ``told``."""
    document = Document(SIDE, SIDE)
    layer = document.add_layer("ink").id
    number = begun
    while True:
        number += 1
        document.set_pixels(layer, Rect(0, 0, SIDE, SIDE), state_of(number), "Brush")
        document.settings["state"] = number
        if number % WHOLE == 0:
            storage.save(document.frozen(), path)
            remove(safety_copy(path))
        else:
            storage.save(document.frozen(), safety_copy(path))
        os.write(told, number.to_bytes(4, "big"))


def killed(path: Path, begun: int, chance: random.Random) -> int:
    """Let a process paint on from state ``begun`` and kill it; the last state it told."""
    receive, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        paint(path, begun, told)
    os.close(told)
    last = int.from_bytes(os.read(receive, 4), "big")
    time.sleep(chance.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while rest := os.read(receive, 4):
        last = int.from_bytes(rest, "big")
    os.close(receive)
    return last


def main(folder: Path, kills: int) -> None:
    """Kill, open, and go on from what was found."""
    path, chance, found, results = folder / "canvas.kiln", random.Random(12), 0, []
    for _ in range(kills):
        safe = killed(path, found, chance)
        try:
            document = read(path).document
        except StylekilnError as error:
            results.append([safe, -1, str(error)])
            continue
        found = int(document.settings["state"])
        pixels = document.layers[0].pixels(Rect(0, 0, SIDE, SIDE))
        results.append([safe, found, bool((pixels == state_of(found)).all())])
    left = sorted(one.name for one in folder.iterdir())
    print(json.dumps({"kills": results, "left": left}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
