"""The dataset window over 20,000 small and 400 large pictures: times, and the longest stall.

xvfb-run -a python tests/benchmarks/bench_browser.py [FOLDER]

FOLDER is where the pictures are made, once; the system's folder for temporary files without it.
A stall is the longest time between two beats of a timer of 1 ms in the window's thread.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import psutil
import qasync
from bench_dataset import make
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

LARGE, SIDE = 400, 2400


def make_large(folder: Path) -> None:
    """JPEGs of 2,400 pixels, of eight different pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for seed in range(8):
        small = np.random.default_rng(seed).integers(0, 255, (60, 60, 3), np.uint8)
        data = io.BytesIO()
        Image.fromarray(small).resize((SIDE, SIDE)).save(data, "JPEG", quality=88)
        files.append(data.getvalue())
    for number in range(LARGE):
        place = folder / f"large_{number}.jpg"
        if not place.exists():
            place.write_bytes(files[number % 8])


class Beat:
    """The longest gap between beats since it was asked last."""

    def __init__(self) -> None:
        self._last, self._longest = time.perf_counter(), 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _beat(self) -> None:
        now = time.perf_counter()
        self._longest, self._last = max(self._longest, now - self._last), now

    def take(self) -> float:
        """Milliseconds."""
        longest, self._longest = self._longest, 0.0
        return longest * 1e3


def say(what: str, value: float, unit: str, stall: float) -> None:
    print(f"{what:44} {value:9.1f} {unit:4} longest stall {stall:6.1f} ms", flush=True)


async def until(test, limit: float = 60.0) -> float:
    """Seconds until ``test`` holds."""
    began = time.perf_counter()
    while not test() and time.perf_counter() - began < limit:
        await asyncio.sleep(0.002)
    return time.perf_counter() - began


def in_view(view) -> bool:
    grid = view.stage.grid
    rows = grid.rows_in(grid.viewport().rect())
    return bool(len(rows)) and all(grid.pixmap(grid.model().index(n, 0)) for n in rows)


async def browse(view, session, folder: Path, name: str, beat: Beat) -> None:
    process = psutil.Process()
    beat.take()
    session.open_folder(folder)
    seconds = await until(lambda: any(p.path.parent == folder for p in view.state.shown[:1]))
    say(f"{name}: rows there", seconds * 1e3, "ms", beat.take())
    seconds += await until(lambda: in_view(view))
    say(f"{name}: thumbnails in view", seconds * 1e3, "ms", beat.take())
    await until(lambda: not session.is_listing)
    await asyncio.sleep(2)
    say(f"{name}: all listed", view.stage.model.rowCount(), "", beat.take())
    await scroll(view, name, beat)
    await find(view, name, beat)
    await step(view, name, beat)
    say(f"{name}: memory", process.memory_info().rss / 2**20, "MiB", beat.take())


async def scroll(view, name: str, beat: Beat) -> None:
    bar, seen, frames = view.stage.grid.verticalScrollBar(), 0, []
    bar.setValue(0)
    for turn in range(60):
        began = time.perf_counter()
        bar.setValue(bar.value() + view.stage.grid.viewport().height() // 2)
        view.stage.grid.viewport().repaint()
        frames.append(time.perf_counter() - began)
        await asyncio.sleep(0.03)
        seen = turn
    say(f"{name}: frame of fresh rows, p99", sorted(frames)[seen] * 1e3, "ms", beat.take())
    for place in (0.9, 0.2, 0.7, 0.4, 1.0, 0.0):
        bar.setValue(round(bar.maximum() * place))
        await asyncio.sleep(0.05)
    say(f"{name}: flung", 6, "", beat.take())


async def find(view, name: str, beat: Beat) -> None:
    for words in ("tag:*9 -caption:12 width>50", "name:*7*", ""):
        heard: list[float] = []
        view.state.shown_changed.connect(lambda heard=heard: heard.append(time.perf_counter()))
        began = time.perf_counter()
        view.state.set_words(words)
        await until(lambda heard=heard: bool(heard), 5)
        say(f"{name}: filter {words!r}", (time.perf_counter() - began) * 1e3, "ms", beat.take())
        await asyncio.sleep(0.2)


async def step(view, name: str, beat: Beat) -> None:
    grid = view.stage.grid
    grid.setFocus()
    grid.setCurrentIndex(grid.model().index(0, 0))
    times = []
    for _ in range(20):
        began = time.perf_counter()
        view.stage.step(1)
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    say(f"{name}: next picture, median", sorted(times)[10] * 1e3, "ms", beat.take())
    current = view.state.current
    began = time.perf_counter()
    task = view.operations.caption({current.id: current.caption + ", a new tag"})
    told = time.perf_counter() - began
    await task
    say(f"{name}: add a tag, in the window", told * 1e3, "ms", beat.take())
    await until(lambda: view.state.pictures[current.id].caption.endswith("a new tag"))
    say(f"{name}: add a tag, until shown", (time.perf_counter() - began) * 1e3, "ms", beat.take())


async def run(folder: Path) -> None:
    from app.bridge import Bridge
    from app.dataset.view import View
    from app.session import Session
    from engine.project.settings import Settings
    from engine.runtime.queue_store import QueueStore
    from engine.runtime.thread import Engine

    beat = Beat()
    store = QueueStore(Path(tempfile.mkdtemp()) / "queue.sqlite")
    session = Session(Bridge(lambda: Engine(store)), Settings())
    view = View(session)
    view.resize(1532, 934)
    view.show()
    await asyncio.sleep(1)
    for name in ("large", "small"):
        await browse(view, session, folder / name, name, beat)
    view.thumbnails.close()


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir()) / "bench-browser"
    os.environ["STYLEKILN_HOME"] = tempfile.mkdtemp()
    make(folder / "small")
    make_large(folder / "large")
    application = QApplication([])
    from app import theme
    from app.main import SWITCH_INTERVAL

    sys.setswitchinterval(SWITCH_INTERVAL)

    theme.apply(application, "dark")
    loop = qasync.QEventLoop(application, already_running=False)
    asyncio.set_event_loop(loop)
    loop.run_until_complete(run(folder))
    os._exit(0)  # measuring goes on in a worker


if __name__ == "__main__":
    main()
