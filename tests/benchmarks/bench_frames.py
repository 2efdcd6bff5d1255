"""Gaps between window frames while training runs, by number of torch threads.

    xvfb-run -a -s "-screen 0 1600x1000x24" python tests/benchmarks/bench_frames.py [threads ...]

The real window shows the Train workspace of the sample project while the tour's training runs; a
16 ms timer repaints the loss chart's page. Gaps are counted after the first ten steps.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 20.0
WARM_STEPS = 10


def measure(threads: int) -> dict[str, float]:
    """Run one training in this process and return the gaps' percentiles in milliseconds."""
    sys.path.insert(0, str(ROOT))
    from engine.runtime.device import set_waiting_policy

    set_waiting_policy()
    sys.setswitchinterval(0.001)
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    import app.main as entry
    from app import running
    from engine.project.settings import Settings
    from engine.tour import plan

    Settings(torch_threads=threads).save()
    application = QApplication([])
    loop = running.make_loop(application)
    window = entry.open_window()
    running.begin(window)
    ticks: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(16)

    def tick() -> None:
        ticks.append(time.perf_counter())
        window.pages.update()

    timer.timeout.connect(tick)

    async def run() -> dict[str, float]:
        await window.session.open_sample()
        project = window.session.project
        stage = plan.TourRequest(project=str(project.root), stage="dataset")
        await window.session.bridge.run(stage)
        window.navigate("train", {})
        request = plan.train_request(project).model_copy(
            update={
                "sample_at_first": False,
                "max_train_epochs": 2000,
                "save_every_n_epochs": 0,
                "sample_every_n_epochs": 0,
            }
        )
        handle = window.session.bridge.submit(request)
        # Reading and encoding the pictures report progress too; only "Train …" counts.
        while not handle.progress.text.startswith("Train") or handle.progress.step < WARM_STEPS:
            await asyncio.sleep(0.1)
        first, began = handle.progress.step, time.perf_counter()
        timer.start()
        await asyncio.sleep(SECONDS)
        timer.stop()
        steps = (handle.progress.step - first) / (time.perf_counter() - began)
        handle.cancel()
        gaps = sorted((b - a) * 1000 for a, b in pairwise(ticks))
        return {
            "threads": threads,
            "p50": gaps[len(gaps) // 2],
            "p99": gaps[int(len(gaps) * 0.99)],
            "max": gaps[-1],
            "over_50": sum(gap > 50 for gap in gaps),
            "steps_per_second": steps,
        }

    return loop.run_until_complete(run())


def main() -> None:
    """Measure each number of threads in a process of its own."""
    if len(sys.argv) > 2 and sys.argv[1] == "--child":
        print(json.dumps(measure(int(sys.argv[2]))), flush=True)
        os._exit(0)
    for threads in sys.argv[1:] or ["1", "2"]:
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(
                [sys.executable, __file__, "--child", threads],
                env={**os.environ, "STYLEKILN_HOME": home},
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            raise SystemExit(done.stderr[-3000:])
        found = json.loads(lines[-1])
        print(", ".join(f"{key} {value:.2f}" for key, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
