"""The dataset window over 20,000 small and 400 large pictures: times, stalls and memory.

xvfb-run -a python tests/benchmarks/bench_browser.py [FOLDER] [small|large …]

FOLDER is where the pictures are made, once; the system's folder for temporary files without it.
Each set is opened by two processes: cold, without an index and thumbnails and with its files not
in memory, and warm. Every figure stands beside its target and, where there is one, a bare way to
do the same in the same process; stalls are split in what the thread did and waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

import app  # noqa: F401  before Qt, as in the application: it makes imports plain

# isort: split
import psutil
import qasync
from beats import Beat
from browser_bare import bare_filter, bare_list, bare_thumbnails, bare_writes
from browser_pictures import RENAMED, TAG, forget, make_large, make_small
from installed import installed
from PySide6.QtWidgets import QApplication

STALL = 50.0


class Report:
    """Prints figures; a star where a target is missed."""

    def __init__(self, name: str, beat: Beat) -> None:
        self.name, self.beat = name, beat
        self.bare: dict[str, float] = {}

    def say(self, what: str, value: float, target: float | None = None, unit: str = "ms",
            bare: str = "") -> None:  # fmt: skip
        wall, own, waited = self.beat.take()
        goal = "" if target is None else f"< {target:g}"
        missed = "*" if target is not None and value > target else " "
        ratio = f"{value / self.bare[bare]:6.1f} x {bare}" if bare else ""
        slow = "*" if wall - waited > STALL else " "
        print(f"{self.name:12} {what:34} {value:8.1f} {unit:3} {goal:6}{missed}"
              f" stall {wall:6.1f}{slow} own {own:6.1f} no core {waited:6.1f}  {ratio}",
              flush=True)  # fmt: skip

    def compare(self, what: str, seconds: float) -> None:
        """Print and remember a bare way."""
        self.bare[what] = seconds * 1e3
        print(f"{self.name:12} {what:34} {seconds * 1e3:8.1f} ms", flush=True)


async def until(test, limit: float = 60.0) -> float:
    """Seconds until ``test`` holds."""
    began = time.perf_counter()
    while not test() and time.perf_counter() - began < limit:
        await asyncio.sleep(0.001)
    return time.perf_counter() - began


def in_view(view) -> bool:
    grid = view.stage.grid
    rows = grid.rows_in(grid.viewport().rect())
    return bool(len(rows)) and all(grid.pixmap(grid.model().index(n, 0)) for n in rows)


def first_rows(view) -> list[float]:
    """Holds the time when rows had been painted for the first time, once they are."""
    kind, times = type(view.stage.grid), []
    paint = kind.paintEvent

    def painted(grid, event) -> None:
        paint(grid, event)
        if not times and view.state.shown:
            times.append(time.perf_counter())

    kind.paintEvent = painted
    return times


async def browse(view, session, folder: Path, report: Report) -> None:
    count = sum(1 for entry in os.scandir(folder) if entry.name.endswith(".jpg"))
    seen = first_rows(view)
    began = time.perf_counter()
    session.open_folder(folder)
    await until(lambda: bool(seen))
    report.say("rows there", (seen[0] - began) * 1e3, 150, bare="bare list")
    await until(lambda: in_view(view))
    report.say("thumbnails in view", (time.perf_counter() - began) * 1e3, 400,
               bare="bare thumbnails")  # fmt: skip
    await until(lambda: not session.is_listing and view.stage.model.rowCount() == count)
    report.say("all listed, read behind", time.perf_counter() - began, unit="s")
    await scroll(view, report)
    await find(view, report)
    await step(view, report)
    await edit(view, report)
    await sweep(view, report)


async def scroll(view, report: Report) -> None:
    bar, frames = view.stage.grid.verticalScrollBar(), []
    bar.setValue(bar.maximum() // 3)
    for _ in range(min(60, bar.maximum() // 3 * 2 // 400)):
        began, own = time.perf_counter(), time.thread_time()
        bar.setValue(bar.value() + view.stage.grid.viewport().height() // 2)
        view.stage.grid.viewport().repaint()
        frames.append((time.perf_counter() - began, time.thread_time() - own))
        await asyncio.sleep(0.03)
    worst = sorted(frames)[-1]
    report.say("frame of fresh rows, p99", worst[0] * 1e3, 20)
    print(f"{'':12} {'  its own time':34} {max(own for _, own in frames) * 1e3:8.1f} ms")
    for place in (0.9, 0.2, 0.7, 0.4, 1.0, 0.0) * 4:
        bar.setValue(round(bar.maximum() * place))
        await asyncio.sleep(0.05)
    report.say("flung", 24, unit="x")


async def find(view, report: Report) -> None:
    from engine.dataset.picture import column

    captions = column(list(view.state.pictures.values()), "caption")
    report.compare("bare filter", bare_filter(captions, "tag 9"))
    report.beat.take()
    for words in ("tag:*9 -caption:12 width>50", "name:*7*", f'tag:"{TAG}"', ""):
        heard: list[float] = []
        listen = view.state.shown_changed.connect(lambda h=heard: h.append(time.perf_counter()))
        began = time.perf_counter()
        view.state.set_words(words)
        await until(lambda heard=heard: bool(heard), 5)
        view.stage.grid.viewport().repaint()
        report.say(
            f"filter {words!r}", (time.perf_counter() - began) * 1e3, 100, bare="bare filter"
        )
        view.state.shown_changed.disconnect(listen)
        await asyncio.sleep(0.2)


async def step(view, report: Report) -> None:
    grid, box = view.stage.grid, view.inspector.previews.boxes[0]
    grid.setFocus()
    grid.setCurrentIndex(grid.model().index(0, 0))
    await asyncio.sleep(0.5)
    report.beat.take()
    asked, seen = [], []
    for _ in range(20):
        before, began = box.picture.cacheKey(), time.perf_counter()
        view.stage.step(1)
        asked.append(time.perf_counter() - began)
        await until(lambda before=before: box.picture.cacheKey() != before, 2)
        seen.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)
    report.say("next picture, window busy, median", sorted(asked)[10] * 1e3, 30)
    report.say("next picture, until seen, median", sorted(seen)[10] * 1e3, 30)


async def edit(view, report: Report) -> None:
    current = view.state.current
    began = time.perf_counter()
    task = view.operations.caption({current.id: current.caption + ", a new tag"})
    told = time.perf_counter() - began
    await task
    await until(lambda: view.state.pictures[current.id].caption.endswith("a new tag"))
    report.say("a tag, until all views show it", (time.perf_counter() - began) * 1e3)
    began = time.perf_counter()
    view.inspector.captions.work.edit([view.state.current], lambda text: text + ", another")
    view.inspector.captions.show_pictures([view.state.current])
    report.say("a tag, in the caption panel", (time.perf_counter() - began + told) * 1e3, 10)
    await asyncio.sleep(1)
    if report.name.startswith("small"):
        await rename(view, report)


async def rename(view, report: Report) -> None:
    from engine.dataset.batch import preview
    from engine.dataset.batch_tags import RenameTags
    from engine.runtime.job import Job

    report.beat.take()
    work = view.inspector.captions.work
    texts = work.texts_of(list(view.state.pictures.values()))
    before = {key: text for key, text in texts.items() if TAG in text}
    paths = [view.state.pictures[key].path.with_suffix(".txt") for key in before]
    report.compare("bare writes", bare_writes(paths))
    report.beat.take()
    began = time.perf_counter()
    rename = RenameTags(old=(TAG,), new="blue cloak")
    captions = work.texts_of(list(view.state.pictures.values()))
    found = await view.session.bridge.io(preview, rename, captions)
    report.say("a rename, looked ahead", (time.perf_counter() - began) * 1e3)
    texts = found.texts
    assert len(texts) == RENAMED
    began = time.perf_counter()
    await work.write(texts, before, label="Rename", job=Job.detached(), sentence="", many="")
    report.say(f"a rename in {RENAMED} captions", (time.perf_counter() - began) * 1e3, 1000,
               bare="bare writes")  # fmt: skip
    await until(lambda: view.state.can_undo and "blue" in view.state.pictures[min(before)].caption)
    report.say("the same, until all views show it", (time.perf_counter() - began) * 1e3)
    await view.operations.undo()
    await until(lambda: TAG in view.state.pictures[min(before)].caption)
    report.say("taken back as one step", 1, unit="")


async def sweep(view, report: Report) -> None:
    grid, bar = view.stage.grid, view.stage.grid.verticalScrollBar()
    bar.setValue(0)
    await asyncio.sleep(1)
    seen: set[int] = set()
    while len(seen) < min(2000, grid.model().rowCount()):
        await until(lambda: in_view(view), 10)
        seen.update(grid.rows_in(grid.viewport().rect()))
        bar.setValue(bar.value() + grid.viewport().height() // 2)
    memory = psutil.Process().memory_info().rss / 2**20
    report.say(f"memory after {len(seen)} thumbnails", memory, 300, "MiB")


async def run(folder: Path, report: Report) -> None:
    from app import theme
    from app.bridge import Bridge
    from app.dataset.view import View
    from app.session import Session
    from app.shell.ahead import modules
    from engine.dataset.token_counts import read_clip
    from engine.project.settings import Settings
    from engine.runtime.queue_store import QueueStore
    from engine.runtime.thread import Engine

    for name in modules():  # as the window has read them a second after it is there
        importlib.import_module(name)
    read_clip()
    report.compare("bare list", bare_list(folder))
    report.compare("bare thumbnails", bare_thumbnails(folder))
    if report.name.endswith("cold"):
        forget(folder)
    store = QueueStore(Path(tempfile.mkdtemp()) / "queue.sqlite")
    session = Session(Bridge(lambda: Engine(store)), Settings())
    view = View(session)
    theme.dress(view)
    view.resize(1532, 934)
    view.show()
    report.beat.take()
    await asyncio.sleep(1)
    report.say("memory before", psutil.Process().memory_info().rss / 2**20, unit="MiB")
    await browse(view, session, folder, report)
    view.thumbnails.close()


def window(folder: Path, name: str) -> None:
    """Measure one window and leave; measuring may go on in a worker."""
    from app import theme
    from app.collector import UiThreadCollector
    from app.main import SWITCH_INTERVAL
    from engine.runtime.allocation import set_allocation_policy

    sys.setswitchinterval(SWITCH_INTERVAL)
    set_allocation_policy()
    application = QApplication([])
    theme.apply(application, "dark")
    UiThreadCollector(application)
    loop = qasync.QEventLoop(application, already_running=False)
    asyncio.set_event_loop(loop)
    loop.run_until_complete(run(folder, Report(name, Beat())))
    os._exit(0)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir()) / "bench-browser"
    if sys.argv[3:] and sys.argv[3] == "--window":
        window(folder / sys.argv[2].split()[0], sys.argv[2])
    made = {"large": make_large, "small": make_small}
    for name in sys.argv[2:] or ["large", "small"]:
        made[name](folder / name)
        home = tempfile.mkdtemp()
        environment = installed(STYLEKILN_HOME=home)
        for state in ("cold", "warm"):
            command = [sys.executable, __file__, str(folder.parent), f"{name} {state}", "--window"]
            subprocess.run(command, env=environment, check=False)
        with contextlib.suppress(OSError):
            shutil.rmtree(home)


if __name__ == "__main__":
    main()
