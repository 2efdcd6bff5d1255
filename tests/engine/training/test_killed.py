"""kill -9 at any instant: nothing is ever half, and a run always goes on exactly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.training.jobfile import dump_toml

ROOT = Path(__file__).resolve().parents[3]
KILLS = 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_runs_killed_at_random_instants_go_on_and_end_as_one_that_was_not(
    train, request_for, tmp_path
):
    settings = {
        "max_train_epochs": 6, "train_batch_size": 4, "save_every_n_steps": 1,
        "save_last_n_steps": 2, "shuffle_caption": True, "ema_decay": 0.9,
    }  # fmt: skip
    whole, _ = train(output_dir=str(tmp_path / "whole"), **settings)
    request = request_for(output_dir=str(tmp_path / "killed" / "run"), **settings)
    dump_toml(request, tmp_path / "job.toml")
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.training.killed", tmp_path / "job.toml", str(KILLS)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["killed"] >= KILLS
    assert found["resumed"] >= KILLS // 3
    last = Path(found["folder"]) / "checkpoints"
    names = sorted(path.name for path in (Path(whole.run) / "checkpoints").iterdir())
    assert sorted(path.name for path in last.glob("style*")) == names
    for name in names:
        mine = load_file(Path(whole.run) / "checkpoints" / name)
        theirs = load_file(last / name)
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
