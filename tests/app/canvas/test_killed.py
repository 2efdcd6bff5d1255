from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
KILLS = 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks")
def test_fifty_kills_while_saving_lose_at_most_what_was_not_saved_yet(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.app.canvas.killed_saving", str(tmp_path), str(KILLS)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    facts = json.loads(run.stdout)
    assert len(facts["kills"]) == KILLS
    for safe, found, whole in facts["kills"]:
        assert found in (safe, safe + 1)
        assert whole is True
    # Some were killed in the middle of a save, so that the test means something.
    assert any(name.endswith(".tmp") for name in facts["left"])
