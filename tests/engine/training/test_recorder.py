from __future__ import annotations

import pytest

from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.recorder import Recorder, by_part
from engine.training.runs import Run


@pytest.fixture
def run(tmp_path):
    found = Run.create(tmp_path / "run", TrainRequest(project="p", output_name="style"))
    yield found
    found.release()


def test_a_part_has_the_rate_of_its_own_name_or_of_its_fastest_group():
    assert by_part({"unet": 1e-4}) == {"unet": 1e-4}
    assert by_part({"te1": 2e-5, "te2": 3e-5, "unet": 1e-4, "unet plus": 9e-4}) == {
        "te1": 2e-5, "te2": 3e-5, "text": 3e-5, "unet": 1e-4, "unet plus": 9e-4,
    }  # fmt: skip
    assert by_part({"unet_block0": 1e-4, "unet_block1": 2e-4})["unet"] == 2e-4


def test_every_group_and_every_further_number_is_in_the_log(run):
    recorder = Recorder(run, Job.detached())
    recorder.step(1, 1, 0.5, {"te1": 1e-5, "unet": 1e-4}, 2.0, {"keys_scaled": 3.0})
    (row,) = run._lines("log.jsonl")
    assert (row["lr_te1"], row["lr_text"], row["lr_unet"]) == (1e-5, 1e-5, 1e-4)
    assert row["keys_scaled"] == 3.0
    steps = run.steps()
    assert [steps[name].tolist() for name in ("lr_text", "lr_te1")] == [[1e-5], [1e-5]]


def test_the_average_goes_on_where_it_was(run):
    first = Recorder(run, Job.detached())
    for step in (1, 2, 3):
        first.step(step, 1, float(step), {}, 0.0)
    first.new_epoch()
    first.step(4, 2, 10.0, {}, 0.0)
    later = Recorder(run, Job.detached())
    later.restore(first.state())
    for recorder in (first, later):
        recorder.step(5, 2, 20.0, {}, 0.0)
    assert later.average == first.average == (10 + 20 + 3) / 3
