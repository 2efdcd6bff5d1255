from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to be quick")


def run(name: str, folder: Path, kills: int) -> dict[str, int]:
    """What the program ``name`` beside this file prints."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(name)), str(folder), str(kills)],
        capture_output=True, text=True, cwd=ROOT, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_killed_fifty_times_no_cell_is_drawn_twice_and_none_is_lost(tmp_path: Path) -> None:
    found = run("killed.py", tmp_path, 50)
    assert found["cells"] == 60 * (1 + 2 * 2)
    assert found["killed"] == 50
    assert (found["again"], found["lost"]) == (0, 0)
    # The one that a kill interrupts between drawing and keeping it has to be drawn once more.
    assert found["cells"] <= found["drawn"] <= found["cells"] + found["killed"]


def test_processes_that_fill_one_folder_share_the_cells(tmp_path: Path) -> None:
    found = run("together.py", tmp_path, 0)
    assert found["begun"] == found["cells"] == 60 * (1 + 2 * 2)
    assert (found["twice"], found["lost"], found["failed"]) == (0, 0, 0)


def test_what_a_killed_process_had_taken_is_drawn_by_another(tmp_path: Path) -> None:
    found = run("together.py", tmp_path, 12)
    assert (found["twice"], found["lost"], found["failed"]) == (0, 0, 0)
    assert found["killed"] > 6  # those that had nothing left to do ended by themselves
    assert found["cells"] <= found["begun"] <= found["cells"] + found["killed"]
