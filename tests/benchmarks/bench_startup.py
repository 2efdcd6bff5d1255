"""Start-up: time to the first painted window, memory, and stalls while the engine warms up.

xvfb-run -a python tests/benchmarks/bench_startup.py
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time

from installed import ROOT, installed

# Each child prints one JSON line. "born" is handed in, so that interpreter start is counted.
_BARE = """
import json, os, sys, time
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
class W(QWidget):
    def paintEvent(self, event):
        paint, cpu = time.time() - float(os.environ["BORN"]), time.process_time()
        import psutil
        print(json.dumps({"paint": paint, "cpu": cpu,
              "mb": psutil.Process().memory_info().rss / 1e6}), flush=True)
        os._exit(0)
w = W(); w.resize(1600, 1000); w.show(); app.exec()
"""
_OURS = """
import json, os, sys, time
sys.path.insert(0, os.environ["ROOT"])
import app.main as m
from PySide6.QtWidgets import QApplication
qt = QApplication([])
w = m.open_window()
m.wait_for_paint(w)
paint, cpu = time.time() - float(os.environ["BORN"]), time.process_time()
early = [n for n in ("torch", "pydantic", "numpy", "asyncio") if n in sys.modules]
from app import running
loop = running.make_loop(qt)
def done():
    runs = time.time() - float(os.environ["BORN"])
    import psutil
    print(json.dumps({"paint": paint, "cpu": cpu, "runs": runs, "early": early,
          "mb": psutil.Process().memory_info().rss / 1e6}), flush=True)
    os._exit(0)
loop.call_soon(done)
loop.run_forever()
"""
_STALL = """
import json, os, sys, threading, time
sys.path.insert(0, os.environ["ROOT"])
sys.setswitchinterval(0.0002)
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from engine.runtime import warmup
import importlib
qt = QApplication([]); ticks = []; done = []
timer = QTimer(); timer.setInterval(16)
timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
timer.start()
def work():
    time.sleep(0.3)
    if os.environ["MODE"] == "plain":
        for name in warmup.HEAVY: importlib.import_module(name)
    else:
        warmup.warm_up()
    done.append(1)
threading.Thread(target=work, daemon=True).start()
check = QTimer(); check.timeout.connect(lambda: qt.quit() if done else None); check.start(50)
qt.exec()
gaps = sorted((b - a) * 1000 for a, b in zip(ticks, ticks[1:]))
print(json.dumps({"p50": gaps[len(gaps) // 2], "p99": gaps[int(len(gaps) * .99)],
      "max": gaps[-1], "over_50": sum(g > 50 for g in gaps)}))
os._exit(0)
"""


def child(code: str, **extra: str) -> dict[str, float]:
    """Run ``code`` in a fresh interpreter and return what it printed."""
    with tempfile.TemporaryDirectory() as home:
        environment = installed(ROOT=str(ROOT), STYLEKILN_HOME=home, **extra)
        born = time.time()
        done = subprocess.run(
            [sys.executable, "-c", f"import os; os.environ['BORN'] = '{born}'\n{code}"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=ROOT,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(lines[-1])


def report_paint(bytecode: str) -> None:
    """The first paint beside a bare window's, with the byte code kept as in an installed copy."""
    rounds = 6  # the first of them only writes the byte code
    compiled = {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    pairs = [(child(_BARE, **compiled), child(_OURS, **compiled)) for _ in range(rounds)][1:]

    def both(what: str) -> list[float]:
        return [statistics.median(pair[n][what] for pair in pairs) for n in (1, 0)]

    for what, text, unit in (
        ("paint", "first painted window", "s"),
        ("cpu", "processor time until then", "s"),
        ("mb", "memory then", "MB"),
    ):
        ours, bare = both(what)
        print(f"{text}: {ours:.2f} {unit}; a bare Qt window {bare:.2f}; ratio {ours / bare:.2f}")
    runs = statistics.median(ours["runs"] for _, ours in pairs)
    print(f"event loop runs: {runs:.2f} s; imported before the paint: {pairs[0][1]['early']}")


def main() -> None:
    """Print medians and ratios."""
    with tempfile.TemporaryDirectory() as bytecode:
        report_paint(bytecode)
    for mode in ("plain", "warm_up", "plain", "warm_up"):
        found = child(_STALL, MODE=mode)
        print(
            f"imports, {mode:8}: frame gaps p50 {found['p50']:.0f}, p99 {found['p99']:.0f}, "
            f"longest {found['max']:.0f} ms, over 50 ms: {found['over_50']}"
        )


if __name__ == "__main__":
    main()
