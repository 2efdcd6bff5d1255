from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to be quick")
def test_killed_fifty_times_no_cell_is_drawn_twice_and_none_is_lost(tmp_path: Path) -> None:
    program = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path), "50"],
        capture_output=True, text=True, cwd=ROOT, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["cells"] == 60 * (1 + 2 * 2)
    assert found["killed"] == 50
    assert (found["again"], found["lost"]) == (0, 0)
    # The one that a kill interrupts between drawing and keeping it has to be drawn once more.
    assert found["cells"] <= found["drawn"] <= found["cells"] + found["killed"]
