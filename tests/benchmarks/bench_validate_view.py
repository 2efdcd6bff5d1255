"""A cached grid of 40 x 40 and of 100 x 50 cells in the real Validate page.

Run by hand, ``xvfb-run -a -s "-screen 0 1600x1000x24" python`` before its name and the side of the
pictures behind it (256). Prints the time from reading ``grid.json`` until every cell in sight shows
its picture, the memory of the process, and the time of a frame at several sizes of cells: of one
that is still, of one that scrolls, and of one that shows a detail in all cells.
The frame of an empty grid stands beside them: the rest is what pictures cost. Each grid is opened
twice: without small copies of its cells, and with those that the first time has left.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

SIZES = (16, 24, 48, 98, 160, 320)
FRAMES = 12
DISTINCT = 50


def make_grid(folder: Path, rows: int, columns: int, side: int) -> None:
    """A drawn grid on disk, its pictures noise over a color of their own."""
    from engine.sampling.picture_text import save_picture
    from engine.sampling.request import ImageRequest
    from engine.validation.manifest import write_manifest
    from engine.validation.request import GridRequest, four_axes
    from engine.validation.store import CellStore

    request = GridRequest(
        folder=str(folder),
        image=ImageRequest(width=side, height=side),
        axes=four_axes(
            [f"/loras/style-{number:06d}.safetensors" for number in range(rows)],
            [number / 20 for number in range(1, columns + 1)],
            (1,),
            ("a castle",),
        ),
    )
    store, random = CellStore(request.cells_folder), np.random.default_rng(1)
    cells = []
    noise = random.integers(0, 60, (side, side, 3), dtype=np.uint8)
    for number, position in enumerate(request.positions()):
        cells.append((f"{number:064x}", position))
        path = store.path(cells[-1][0])
        if number < DISTINCT:
            color = np.array([number * 7 % 190, number * 3 % 190, number % 190], np.uint8)
            save_picture(path, noise + color)
        else:  # drawing as many would take longer than all that is measured
            shutil.copyfile(store.path(cells[number % DISTINCT][0]), path)
    write_manifest(request, cells, {})


def frame_ms(view: Any, change: Callable[[int], None]) -> float:
    """The median milliseconds of a whole repaint after a change."""
    times = []
    for number in range(FRAMES):
        change(number)
        start = time.perf_counter()
        view.grid.viewport().repaint()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def scroll_ms(view: Any, bar: Any, size: int) -> float:
    """The median milliseconds of a step of scrolling, from the bar to the pixels."""
    times = []
    for number in range(FRAMES):
        start = time.perf_counter()
        bar.setValue((number + 1) * size // 3)
        QApplication.processEvents()
        times.append(time.perf_counter() - start)
    bar.setValue(0)
    QApplication.processEvents()
    return statistics.median(times) * 1000


def settle(view: Any) -> None:
    """Wait until every cell in sight has its picture."""
    QTest.qWait(20)
    while view.thumbnails.is_busy:
        QTest.qWait(5)


def measure(folder: Path, session: Any) -> None:
    from app.validation.view import View
    from engine.validation.manifest import open_grid

    view = View(session)
    view.resize(1532, 960)
    view.show()
    QTest.qWait(100)
    empty = frame_ms(view, lambda _: None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    view.state.open(open_grid(folder))
    settle(view)
    opened = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  {opened:.2f} s to all pictures in sight", flush=True)
    print(f"  memory {after / 1024:.0f} MB, {(after - before) / 1024:.0f} MB of it for the grid")
    print(f"  frame without a grid {empty:.1f} ms")
    bar, framing = view.grid.verticalScrollBar(), view.grid.framing
    for size in SIZES:
        view.grid.set_cell(size)
        start = time.perf_counter()
        settle(view)
        came = time.perf_counter() - start
        seen = view.grid.painter.cells.seen
        still = frame_ms(view, lambda _: None)
        scrolled = scroll_ms(view, bar, size)
        framing.zoom_by(4.0)
        detail = frame_ms(view, lambda number: framing.zoom_by(1.01 if number % 2 else 0.99))
        framing.reset()
        print(
            f"  cells of {size} px, {seen} in sight: still {still:.1f} ms, scrolled "
            f"{scrolled:.1f} ms, detail {detail:.1f} ms; pictures came in {came:.2f} s, "
            f"{view.thumbnails.bytes / 2**20:.0f} MB kept",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  most memory {peak / 1024:.0f} MB", flush=True)
    view.thumbnails.close()
    view.close()


def main() -> None:
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    app = QApplication([])
    from app import theme
    from tests.app.canvas.fakes import FakeSession

    theme.apply(app, "dark")
    with tempfile.TemporaryDirectory() as name:
        for rows, columns in ((40, 40), (100, 50)):
            folder = Path(name) / f"{rows}x{columns}"
            make_grid(folder, rows, columns, side)
            session = FakeSession()
            for copies in ("no small copies", "small copies"):
                print(f"{rows} x {columns}, {copies}:", flush=True)
                measure(folder, session)
            session.close()


if __name__ == "__main__":
    main()
