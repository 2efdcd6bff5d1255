from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.canvas.export import export_document
from tests.engine.canvas.pictures import rich

ROOT = Path(__file__).parents[3]
MOST_MEMORY = 300 * 2**20
"""The sound file takes a few megabytes; a word that claims to be huge must not be believed."""


@pytest.mark.parametrize("suffix", [".psd", ".ora"])
def test_spoiled_documents_open_or_get_one_sentence_and_take_no_memory(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"rich{suffix}"
    export_document(rich(), path)
    run = subprocess.run(
        [sys.executable, "-m", "tests.engine.canvas.opened_hostile", str(path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    facts = json.loads(run.stdout)
    assert facts["wrong"] == []
    assert facts["refused"] >= 30
    assert facts["opened"] >= 10
    assert facts["memory"] < MOST_MEMORY
