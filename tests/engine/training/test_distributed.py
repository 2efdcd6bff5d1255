"""A run of two processes is the run of one with twice the batch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.runtime.errors import OutOfMemoryError
from engine.training import distributed
from engine.training.distributed import Crew
from engine.training.jobfile import dump_toml
from engine.training.runs import Run

ROOT = Path(__file__).parents[3]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def launched(job):
    """``accelerate launch`` on this CPU."""
    options = {"num_processes": 2, "num_machines": 1, "mixed_precision": "no",
               "dynamo_backend": "no", "main_process_port": free_port()}  # fmt: skip
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    command += [f"--{name}={value}" for name, value in options.items()]
    return subprocess.run(
        [*command, str(ROOT / "main.py"), "train", str(job)],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_two_processes_learn_what_one_does_from_twice_the_batch(train, request_for, tmp_path):
    common = {
        "text_encoder_lr": 1e-3, "caption_dropout_rate": 0.3, "shuffle_caption": True,
        "flip_aug": True, "gradient_accumulation_steps": 2, "lr_warmup_steps": 2,
        "lr_scheduler": "constant_with_warmup",
    }  # fmt: skip
    one, events = train(train_batch_size=4, output_dir=str(tmp_path / "one"), **common)
    job = tmp_path / "job.toml"
    dump_toml(request_for(train_batch_size=2, output_dir=str(tmp_path / "two"), **common), job)
    done = launched(job)
    assert done.returncode == 0, done.stderr[-3000:]
    summary = json.loads(done.stdout)
    assert summary["run"] == str(tmp_path / "two")
    expected = [event.data["loss"] for event in events if event.kind == "train.step"]
    losses = Run.open(tmp_path / "two").steps()["loss"]
    assert list(losses) == pytest.approx(expected, rel=1e-5)
    alone, together = load_file(one.checkpoints[-1].path), load_file(summary["checkpoints"][-1])
    assert alone.keys() == together.keys()
    for key, tensor in alone.items():
        torch.testing.assert_close(together[key], tensor, rtol=1e-3, atol=1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {"art", "one", "two", "job.toml"}


@dataclass(frozen=True)
class Drawn:
    """Rows, a number, and something that was not drawn."""

    noise: torch.Tensor
    strength: float = 0.5
    coarse: torch.Tensor | None = None


def test_every_process_takes_its_share_of_a_batch():
    names, noise = list("abcde"), torch.arange(10).reshape(5, 2)
    shares = [Crew(3, rank).share(names) for rank in range(3)]
    assert sorted(name for share in shares for name in share) == names
    assert shares[1] == ["b", "e"]
    rows = Crew(3, 1).rows(Drawn(noise))
    assert torch.equal(rows.noise, noise[[1, 4]])
    assert (rows.strength, rows.coarse) == (0.5, None)
    assert Crew(3, 2).share(["a"]) == []


def test_alone_nothing_changes(monkeypatch, tmp_path):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with distributed.crew() as members:
        assert members == Crew(1, 0)
        parameter = torch.nn.Parameter(torch.ones(2))
        members.add_gradients([parameter])
        assert parameter.grad is None
        members.wait()
        assert float(members.total(torch.tensor(2.0))) == 2.0
        with members.folder(tmp_path / "run") as folder:
            assert folder == tmp_path / "run"


def test_files_of_the_others_are_thrown_away(tmp_path):
    with Crew(2, 1).folder(tmp_path / "run") as folder:
        assert folder != tmp_path / "run"
        (folder / "file").write_text("anything")
    assert not folder.exists()


@pytest.fixture
def group(monkeypatch):
    """A group of this process alone, as a launcher would describe it."""
    values = {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1",
              "MASTER_PORT": str(free_port())}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    start = torch.distributed.init_process_group
    monkeypatch.setattr(
        torch.distributed,
        "init_process_group",
        lambda backend, **kwargs: start(backend, rank=0, world_size=1),
    )


def test_gradients_that_nobody_has_stay_away(group):
    used, unused = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(3))
    used.grad = torch.full((2,), 3.0)
    with distributed.crew():
        members = Crew(2, 0)
        members.add_gradients([used, unused])
        assert torch.equal(used.grad, torch.full((2,), 3.0))
        assert unused.grad is None
        members.add_gradients([unused])
        assert unused.grad is None
    assert not torch.distributed.is_initialized()


def test_a_process_without_memory_is_told_and_not_tried_again(group):
    with pytest.raises(OutOfMemoryError, match="process 0"), distributed.crew():
        raise MemoryError
    assert not torch.distributed.is_initialized()
