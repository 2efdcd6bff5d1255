"""What the window may not do before it is painted, and what PySide6 may not do at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "diffusers", "transformers", "peft", "accelerate", "safetensors")


def run(code: str, home: Path) -> dict:
    """Run ``code`` in a fresh interpreter; it prints one JSON line."""
    environment = {**os.environ, "STYLEKILN_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_no_heavy_library_is_imported_before_the_window_is_painted(tmp_path):
    code = f"""
import asyncio, json, sys
from main import set_waiting_policy
set_waiting_policy()
import app.main as m
import qasync
from PySide6.QtWidgets import QApplication
qt = QApplication([]); asyncio.set_event_loop(qasync.QEventLoop(qt))
window = m.open_window()
qt.processEvents()
picture = window.grab()
heavy = [n for n in {HEAVY!r} if n in sys.modules]
print(json.dumps({{"heavy": heavy, "width": picture.width()}}), flush=True)
import os; os._exit(0)
"""
    found = run(code, tmp_path)
    assert found["heavy"] == []
    assert found["width"] >= 1024


def test_every_workspace_can_be_built_without_torch(tmp_path):
    code = f"""
import asyncio, json, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise ImportError(name + " reached from the window")
sys.meta_path.insert(0, Blocked())
import app.main as m
import qasync
from PySide6.QtWidgets import QApplication
qt = QApplication([]); asyncio.set_event_loop(qasync.QEventLoop(qt))
window = m.open_window()
names = ("dataset", "train", "validate", "canvas", "models", "settings")
for name in names:
    window.navigate(name, {{}})
print(json.dumps({{"built": sorted(window.pages.built)}}), flush=True)
import os; os._exit(0)
"""
    assert set(run(code, tmp_path)["built"]) >= {"dataset", "train", "validate", "canvas"}


def test_the_engine_runs_without_qt(tmp_path):
    code = """
import json, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "qasync", "shiboken6"):
            raise ImportError(name + " reached from the engine")
sys.meta_path.insert(0, Blocked())
import importlib
from engine.runtime.warmup import warm_up
from engine.commands.cli import build_parser
warm_up()
build_parser()
print(json.dumps({"ok": True}))
"""
    assert run(code, tmp_path)["ok"]


def test_warming_up_loads_what_the_engine_needs_and_leaves_the_collector_on(tmp_path):
    code = """
import gc, json, sys
from engine.runtime.warmup import HEAVY, warm_up
warm_up()
print(json.dumps({"missing": [n for n in HEAVY if n not in sys.modules], "on": gc.isenabled()}))
"""
    assert run(code, tmp_path) == {"missing": [], "on": True}
