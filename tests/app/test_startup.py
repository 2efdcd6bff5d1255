"""What the window may not do before it is painted, and what PySide6 may not do at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "diffusers", "transformers", "peft", "accelerate", "safetensors", "onnxruntime")
# What the first painted window does without: each takes longer to import than the page to paint.
LATER = ("numpy", "PIL", "cv2", "pydantic", "asyncio", "qasync", "psutil", "sqlite3")


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
import json, sys
from main import set_waiting_policy
set_waiting_policy()
import app.main as m
from PySide6.QtWidgets import QApplication
qt = QApplication([])
window = m.open_window()
m.wait_for_paint(window)
early = [n for n in {HEAVY + LATER!r} if n in sys.modules]
engine = sorted(n for n in sys.modules if n.startswith(("engine.runtime.job", "engine.dataset")))
picture = window.grab()
shown = window.pages.built["start"].isVisible()
print(json.dumps({{"early": early + engine, "width": picture.width(), "start": shown}}), flush=True)
import os; os._exit(0)
"""
    found = run(code, tmp_path)
    assert found["early"] == []
    assert found["width"] >= 1024
    assert found["start"]


def test_pydantic_is_there_before_a_worker_can_import_it(tmp_path):
    code = """
import json, sys
import PySide6.QtWidgets
import app.running
print(json.dumps("pydantic.errors" in sys.modules))
"""
    assert run(code, tmp_path) is True


def test_after_the_first_paint_the_engine_starts_and_the_facts_come(tmp_path):
    code = """
import asyncio, json
import app.main as m
from PySide6.QtWidgets import QApplication, QLabel
qt = QApplication([])
window = m.open_window()
m.wait_for_paint(window)
side = window.pages.built["start"].side
before = len(side.findChildren(QLabel))
from app import running
loop = running.make_loop(qt)
read = []
window.session.bridge.queue_read.connect(lambda: read.append(window.session.bridge.engine))
running.begin(window)
async def come():
    while not read or len(side.findChildren(QLabel)) == before:
        await asyncio.sleep(0.01)
loop.run_until_complete(asyncio.wait_for(come(), 60))
print(json.dumps({"engines": len(read), "same": read[0] is window.session.bridge.engine}))
import os, sys; sys.stdout.flush(); os._exit(0)
"""
    assert run(code, tmp_path) == {"engines": 1, "same": True}


def test_what_a_click_will_need_is_there_before_it(tmp_path):
    code = """
import asyncio, json, sys
import app.main as m
from PySide6.QtWidgets import QApplication
qt = QApplication([])
window = m.open_window()
m.wait_for_paint(window)
from app import running
from app.shell.ahead import Ahead
loop = running.make_loop(qt)
running.begin(window)
Ahead(window.session, window.pages)
async def come():
    while "dataset" not in window.pages.built:
        await asyncio.sleep(0.02)
loop.run_until_complete(asyncio.wait_for(come(), 120))
late = [n for n in ("app.training.view", "app.canvas.view", "app.models.view")
        if n not in sys.modules]
early = [n for n in ("pyqtgraph",) if n in sys.modules]
shown = window.pages.built[window.pages.current] is window.pages.currentWidget()
from engine.dataset.token_counts import _tokenizer
print(json.dumps({"late": late, "early": early, "built": sorted(window.pages.built),
                  "tokenizers": _tokenizer.cache_info().currsize,
                  "current": window.pages.current, "shown": shown}), flush=True)
import os; os._exit(0)
"""
    assert run(code, tmp_path) == {
        "late": [], "early": [], "built": ["dataset", "start"], "current": "start", "shown": True,
        "tokenizers": 1,
    }  # fmt: skip


def test_every_workspace_can_be_built_without_torch(tmp_path):
    code = f"""
import json, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise ImportError(name + " reached from the window")
sys.meta_path.insert(0, Blocked())
import app.main as m
from app import running
from PySide6.QtWidgets import QApplication
qt = QApplication([]); loop = running.make_loop(qt)
window = m.open_window()
running.begin(window)
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


def test_the_window_works_where_the_queue_cannot_be_kept(tmp_path):
    from app.main import _make_engine
    from tests.engine.runtime import work

    (tmp_path / "queue.sqlite").mkdir()
    engine = _make_engine(tmp_path, 0).start()
    assert engine.submit(work.Count()).result(60) == 3
    engine.close()


def test_the_window_opens_and_says_so_where_nothing_can_be_kept(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    code = """
import asyncio, json
import app.main as m
from PySide6.QtWidgets import QApplication, QLabel
from app.instance import Instance
from engine.project.settings import data_dir
qt = QApplication([])
claimed = Instance(data_dir()).claim()
window = m.open_window()
m.wait_for_paint(window)
from app import running
loop = running.make_loop(qt)
read = []
window.session.bridge.queue_read.connect(lambda: read.append(1))
side = window.pages.built["start"].side
before = len(side.findChildren(QLabel))
running.begin(window)
async def until_read():
    while not read or len(side.findChildren(QLabel)) == before:
        await asyncio.sleep(0.02)
loop.run_until_complete(asyncio.wait_for(until_read(), 120))
said = [notice.text for notice in window.notices.kept]
print(json.dumps({"claimed": claimed, "said": said}), flush=True)
import os; os._exit(0)
"""
    found = run(code, tmp_path / "file" / "home")
    assert found["claimed"]
    assert [text.startswith("Nothing can be kept in ") for text in found["said"]] == [True]


def test_modules_are_imported_without_their_sources_being_read(tmp_path):
    """PySide6 would read and keep the source of all that is imported after it."""
    code = """
import json, linecache, sys
import app.main, app.dataset.view
kept = [name for name in linecache.cache if "app" in name or "engine" in name]
print(json.dumps({"kept": kept, "imported": "app.dataset.view" in sys.modules}), flush=True)
import os; os._exit(0)
"""
    found = run(code, tmp_path)
    assert found == {"kept": [], "imported": True}
