"""Gaps between window frames while training runs, against the same window while it is held.

    xvfb-run -a -s "-screen 0 1600x1000x24" python tests/benchmarks/bench_frames.py [threads ...]

The real window shows the Train workspace of the sample project while the tour's training runs. A
16 ms timer makes something visible change, and the times between frames that were painted are
counted. `README.md` says what the scenes are and how to read them.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from installed import ROOT, installed

sys.path.insert(0, str(ROOT))

from engine.runtime.device import set_waiting_policy

if TYPE_CHECKING:
    from app.session import Session
    from engine.runtime.job import JobHandle

set_waiting_policy()

import qasync  # noqa: E402
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent  # noqa: E402
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget  # noqa: E402

SECONDS = 12.0
WARM_STEPS = 10
TICK_MS = 16


class Frames(QObject):
    """Notes when ``widget`` is painted while a timer calls ``change``."""

    def __init__(self, widget: QWidget, change: Callable[[int], None]) -> None:
        super().__init__()
        self._change = change
        self._numbers = count()
        self.times: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(lambda: self._change(next(self._numbers)))
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.times.append(time.perf_counter())
        return False

    async def gaps(self) -> dict[str, float]:
        """Percentiles of the times between frames in milliseconds."""
        self.times.clear()
        cpu = time.thread_time()
        self._timer.start()
        await asyncio.sleep(SECONDS)
        cpu = time.thread_time() - cpu
        self._timer.stop()
        self._widget.removeEventFilter(self)
        gaps = sorted((b - a) * 1000 for a, b in pairwise(self.times))
        if not gaps:
            raise SystemExit(f"{self._widget} was never painted.")
        return {
            "p50": gaps[len(gaps) // 2],
            "p99": gaps[int(len(gaps) * 0.99)],
            "max": gaps[-1],
            "over_50": sum(gap > 50 for gap in gaps),
            "frames": len(gaps),
            "cpu_ms": cpu * 1000 / max(1, len(gaps)),
        }


class Plain(QWidget):
    """A window with a line and a word: what the engine thread alone costs."""

    def __init__(self) -> None:
        super().__init__()
        self.place = 0
        self.resize(320, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawLine(self.place, 0, self.place, self.height())
        painter.drawText(20, 100, str(self.place))

    def step(self, number: int) -> None:
        """Move the line."""
        self.place = number % self.width()
        self.update()


def move(widget: QWidget, x: float, y: float) -> None:
    """Move the pointer over ``widget`` as the window system would."""
    where = QPointF(x, y)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        QPointF(widget.mapToGlobal(where.toPoint())),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def scenes(view: Any) -> dict[str, tuple[QWidget, Callable[[int], None]]]:
    """What changes at every tick, and the widget whose paintings are the frames."""
    plot = view.stage.curves.loss.plot.graph.viewport()
    bar, progress = view.stage.bar, view.stage.bar.progress
    view.settings.reveal("weight_decay")
    for group in view.settings.advanced.groups.values():  # more rows than the window is high
        group.set_open(True)
    scroll = view.settings.findChild(QScrollArea)

    def hover(number: int) -> None:
        move(plot, 60 + number * 3 % (plot.width() - 80), plot.height() / 2)
        progress.setValue((progress.value() + 1) % 1000)
        if number % 16 == 0:
            bar.pause.setDown(not bar.pause.isDown())

    def everything(_: int) -> None:
        view.update()
        plot.update()  # it is opaque: what lies under it does not paint it

    def scrolled(number: int) -> None:
        rail = scroll.verticalScrollBar()
        span = rail.maximum()
        rail.setValue(abs(number * 3 % (2 * span) - span))

    return {
        "changes": (plot, hover),
        "scroll": (scroll.viewport(), scrolled),
        "page": (plot, everything),
    }


async def training(session: Session) -> JobHandle:
    """The tour's training of the sample project, after its first steps."""
    from engine.tour import plan

    await session.open_sample()
    assert session.project is not None
    root = str(session.project.root)
    await session.bridge.run(plan.TourRequest(project=root, stage="dataset"))
    request = plan.train_request(session.project).model_copy(
        update={
            "sample_at_first": False,
            "max_train_epochs": 2000,
            "save_every_n_epochs": 0,
            "sample_every_n_epochs": 0,
        }
    )
    session.go("train")
    handle = session.bridge.submit(request)
    # Reading and encoding the pictures report progress too; only "Train …" counts.
    while not handle.progress.text.startswith("Train") or handle.progress.step < WARM_STEPS:
        await asyncio.sleep(0.1)
        if handle.done():
            handle.result()
            raise SystemExit("The training ended before it was measured.")
    return handle


async def in_window() -> list[dict[str, Any]]:
    """Every scene of the Train workspace, training and held."""
    import app.main as entry
    from app import running

    window = entry.open_window()
    running.begin(window)
    window.resize(1280, 720)  # low enough that the settings have to scroll
    handle = await training(window.session)
    await asyncio.sleep(2)
    view = window.pages.built["train"]
    rows = []
    for name, (widget, change) in scenes(view).items():
        for held in (False, True):
            handle.pause() if held else handle.resume()
            await asyncio.sleep(2)
            first, began = handle.progress.step, time.perf_counter()
            gaps = await Frames(widget, change).gaps()
            rate = (handle.progress.step - first) / (time.perf_counter() - began)
            rows.append({"scene": name, "training": not held, **gaps, "steps_per_second": rate})
    handle.cancel()
    return rows


async def in_plain_window() -> list[dict[str, Any]]:
    """A line that moves in a window of its own; nothing else listens to the engine."""
    from app.bridge import Bridge
    from app.session import Session
    from engine.project.settings import Settings
    from engine.runtime.thread import Engine

    settings = Settings.load()
    session = Session(Bridge(lambda: Engine(threads=settings.torch_threads)), settings)
    plain = Plain()
    plain.show()
    await session.bridge.start()
    handle = await training(session)
    rows = []
    for held in (False, True):
        handle.pause() if held else handle.resume()
        await asyncio.sleep(2)
        first, began = handle.progress.step, time.perf_counter()
        gaps = await Frames(plain, plain.step).gaps()
        rate = (handle.progress.step - first) / (time.perf_counter() - began)
        rows.append({"scene": "plain", "training": not held, **gaps, "steps_per_second": rate})
    handle.cancel()
    return rows


def measure(threads: int, where: str) -> list[dict[str, Any]]:
    """Run one training in this process and measure its scenes."""
    sys.setswitchinterval(0.0002)
    from engine.project.settings import Settings

    Settings(torch_threads=threads).save()
    application = QApplication([])
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(in_window() if where == "window" else in_plain_window())


def report(threads: str, rows: list[dict[str, Any]]) -> None:
    """Print every scene while training, while held, and how much training adds."""
    for on, held in zip(rows[::2], rows[1::2], strict=True):
        for row in (on, held):
            values = ", ".join(f"{key} {row[key]:.1f}" for key in ("p50", "p99", "max", "cpu_ms"))
            state = f"training, {row['steps_per_second']:.2f} steps/s" if row is on else "held"
            print(
                f"{threads} threads, {row['scene']}, {state}: {values}, over 50: {row['over_50']}"
            )
        print(f"  training / held: p99 {on['p99'] / held['p99']:.2f}", flush=True)


def main() -> None:
    """Measure each number of threads in a process of its own."""
    if len(sys.argv) > 3 and sys.argv[1] == "--child":
        print(json.dumps(measure(int(sys.argv[2]), sys.argv[3])), flush=True)
        os._exit(0)
    for threads in sys.argv[1:] or ["1", "2"]:
        for where in ("plain", "window"):
            with tempfile.TemporaryDirectory() as home:
                done = subprocess.run(
                    [sys.executable, __file__, "--child", threads, where],
                    env=installed(STYLEKILN_HOME=home),
                    capture_output=True,
                    text=True,
                    timeout=600,
                    check=False,
                )
            lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
            if not lines:
                raise SystemExit(done.stderr[-3000:])
            report(threads, json.loads(lines[-1]))


if __name__ == "__main__":
    main()
