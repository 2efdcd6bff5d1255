from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engine.project.project import Project
from engine.runtime.errors import JobCancelled, JobInterrupted, MissingFileError
from engine.runtime.job import Job
from engine.runtime.locks import Lock
from engine.training.config import TrainRequest
from engine.training.recorder import recording
from engine.training.runs import Run, list_runs, new_run_folder

REQUEST = TrainRequest(project="p", output_name="style")


def checkpoint(run, epoch=1, **data):
    path = run.folder / "checkpoints" / f"style-{epoch:06d}.safetensors"
    path.write_bytes(b"x")
    row = {"epoch": epoch, "step": epoch * 10, "path": str(path), "loss": 0.5}
    run.log_event("train.checkpoint", row | data)


def test_a_new_run_is_running_and_remembers_its_settings(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    assert (run.name, run.status) == ("style", "running")
    assert Run.open(run.folder).request() == REQUEST


def test_steps_come_back_as_arrays(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    run.log_step({"step": 1, "epoch": 1, "loss": 0.5, "average": 0.5, "lr_unet": 1e-4})
    run.log_step({"step": 2, "epoch": 1, "loss": 0.3, "average": 0.4, "lr_unet": 1e-4})
    steps = run.steps()
    assert steps["step"].tolist() == [1, 2]
    assert steps["average"].tolist() == [0.5, 0.4]
    assert np.isnan(steps["lr_text"]).all()


def test_a_torn_last_line_loses_only_itself(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    run.log_step({"step": 1, "loss": 0.5})
    with (run.folder / "log.jsonl").open("ab") as stream:
        stream.write(b'{"step": 2, "lo')
    assert run.steps()["step"].tolist() == [1]


def test_checkpoints_and_samples_are_found_after_the_folder_moved(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    checkpoint(run, held_out_loss=0.2, seen_loss=0.1)
    picture = run.folder / "samples" / "epoch-000001-00-4.png"
    picture.write_bytes(b"x")
    sample = {"epoch": 1, "step": 10, "index": 0, "prompt": "key", "seed": 4, "path": str(picture)}
    run.log_event("train.sample", sample)
    run.folder.rename(tmp_path / "moved")
    moved = Run.open(tmp_path / "moved")
    assert moved.checkpoints()[0].path == tmp_path / "moved/checkpoints/style-000001.safetensors"
    assert moved.checkpoints()[0].held_out_loss == 0.2
    assert moved.samples()[0].path.is_file()


def test_deleted_checkpoints_are_not_listed(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    checkpoint(run, 1)
    checkpoint(run, 2)
    run.checkpoints()[0].path.unlink()
    assert [item.epoch for item in run.checkpoints()] == [2]


def test_a_run_with_work_in_it_is_never_written_over(tmp_path):
    first = Run.create(tmp_path / "run", REQUEST)
    checkpoint(first)
    first.end("cancelled")
    second = Run.create(tmp_path / "run", REQUEST)
    assert second.folder == tmp_path / "run-2"
    assert first.checkpoints()


def test_a_run_that_ended_without_a_checkpoint_gives_its_folder_back(tmp_path):
    Run.create(tmp_path / "run", REQUEST).end("failed", "why")
    assert Run.create(tmp_path / "run", REQUEST).folder == tmp_path / "run"


def test_a_run_whose_process_was_killed_is_interrupted(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    info = json.loads((run.folder / "run.json").read_text())
    assert info["pid"] == os.getpid()
    run.release()
    (run.folder / "run.json").write_text(json.dumps(info | {"begun": 1.0}))
    assert run.status == "interrupted"


def test_runs_are_listed_newest_first(tmp_path):
    for name in ("a", "b"):
        Run.create(tmp_path / name, REQUEST)
    (tmp_path / "no-run").mkdir()
    assert [run.folder.name for run in list_runs(tmp_path)] == ["b", "a"]
    assert list_runs(tmp_path / "none") == []


def test_opening_what_is_no_run_says_so(tmp_path):
    with pytest.raises(MissingFileError, match="not a training run"):
        Run.open(tmp_path)


def test_a_run_folder_carries_date_and_name(tmp_path):
    assert new_run_folder(tmp_path, "style").name.endswith("-style")


@pytest.mark.parametrize(
    "line",
    ['{"kind": "train.checkpoint"}', '{"kind": "train.checkpoint", "epoch": "x", "path": 3}',
     '{"kind": "train.sample", "epoch": null}', '{"kind": "train.held_out", "loss": []}',
     '{"kind": "train.checkpoint", "epoch": 1e999, "step": 1, "path": "a", "loss": 1}',
     "[" * 99_999],
)  # fmt: skip
def test_an_event_of_other_types_costs_only_itself(tmp_path, line):
    run = Run.create(tmp_path / "run", REQUEST)
    with (run.folder / "events.jsonl").open("ab") as stream:
        stream.write(line.encode() + b"\n")
    checkpoint(run)
    assert [found.epoch for found in run.checkpoints()] == [1]
    assert run.samples() == run.held_out() == []


def test_a_prompt_with_line_ends_of_its_own_keeps_its_sample(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    picture = run.folder / "samples" / "a.png"
    picture.write_bytes(b"x")
    prompt = "a\u2028b\x85c\x0cd"
    sample = {"epoch": 1, "step": 10, "index": 0, "prompt": prompt, "seed": 4, "path": str(picture)}
    run.log_event("train.sample", sample)
    assert [found.prompt for found in run.samples()] == [prompt]


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"status": 5, "started": "x"}', '{"status": "odd"}',
     '{"status": "running", "pid": -7}', '{"status": "running", "pid": 1' + "0" * 40 + "}",
     '{"status": "failed", "started": 1' + "0" * 400 + "}"],
)  # fmt: skip
def test_a_damaged_record_is_an_interrupted_run_that_keeps_its_work(tmp_path, text):
    run = Run.create(tmp_path / "run", REQUEST)
    checkpoint(run)
    (run.folder / "run.json").write_text(text)
    (found,) = list_runs(tmp_path)
    run.release()
    assert found.status in ("interrupted", "failed")
    assert (found.name, len(found.checkpoints())) == ("run", 1)
    assert Run.create(tmp_path / "run", REQUEST).folder.name == "run-2"


def test_a_number_of_another_type_in_the_log_is_no_number(tmp_path):
    run = Run.create(tmp_path / "run", REQUEST)
    run.log_step({"step": 1, "loss": [1], "average": "x"})
    assert run.steps()["step"].tolist() == [1]
    assert np.isnan(run.steps()["loss"]).all()


def test_a_run_of_a_moved_project_trains_in_the_project_where_it_is_now(tmp_path):
    old = Project.create(tmp_path / "old", "P")
    request = TrainRequest(
        project=str(old.root), output_name="style", base_model=str(old.root / "base.safetensors")
    )
    Run.create(old.runs / "a", request)
    old.root.rename(tmp_path / "new")
    found = Run.open(tmp_path / "new" / "runs" / "a").request()
    assert found.project == str(tmp_path / "new")
    assert found.base_model == str(tmp_path / "new" / "base.safetensors")


def test_runs_that_start_at_once_each_have_their_own_folder(tmp_path):
    for round_ in range(5):
        begin = threading.Barrier(4)

        def start(_, begin=begin, round_=round_):
            begin.wait()
            return Run.create(tmp_path / f"run {round_}", REQUEST).folder

        with ThreadPoolExecutor(4) as pool:
            folders = list(pool.map(start, range(4)))
        assert len(set(folders)) == 4


def test_a_folder_that_another_process_is_taking_is_left_to_it(tmp_path):
    (tmp_path / "run").mkdir()
    taken = Lock(tmp_path / "run" / ".lock")
    assert taken.take()
    assert Run.create(tmp_path / "run", REQUEST).folder == tmp_path / "run-2"
    assert sorted(path.name for path in (tmp_path / "run-2").iterdir()) == [
        ".lock", "checkpoints", "config.toml", "events.jsonl", "log.jsonl", "run.json", "samples",
    ]  # fmt: skip


def test_a_run_that_ends_with_the_application_is_interrupted_and_a_stopped_one_cancelled(tmp_path):
    for error, status in ((JobInterrupted, "interrupted"), (JobCancelled, "cancelled")):
        run, job = Run.create(tmp_path / status, REQUEST), Job.detached()
        with pytest.raises(error), recording(run, job):
            raise error
        assert run.status == status
        assert job.handle.take_events()[-1].data["status"] == status
