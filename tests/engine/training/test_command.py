from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.commands import train as verb
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.thread import Engine
from engine.training.jobfile import dump_toml
from engine.training.learner import Learner
from engine.training.run_pictures import FILE
from engine.training.runs import Run

from .conftest import paint


@pytest.fixture
def engine():
    engine = Engine(threads=1).start()
    yield engine
    engine.close()


def parse(*argv):
    parser = argparse.ArgumentParser()
    verb.add_parser(parser.add_subparsers(dest="verb"))
    return parser.parse_args(["train", *argv])


def test_a_job_file_with_an_option_on_top_trains(engine, request_for, tmp_path, capsys):
    dump_toml(request_for(), tmp_path / "job.toml")
    assert verb.run(parse(str(tmp_path / "job.toml"), "--max-train-epochs", "1"), engine) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["steps"] == 2
    assert Run.open(summary["run"]).status == "finished"
    assert [path.endswith("style.safetensors") for path in summary["checkpoints"]] == [True]


def test_options_choose_categories_of_named_folders(engine, request_for, tmp_path):
    art = tmp_path / "named"
    for name in ("1_bird", "2_fish", "1_tree"):
        paint(art / name, 2)
    dump_toml(request_for(train_data_dir=str(art), max_train_epochs=1), tmp_path / "job.toml")
    chosen = ("--categories", "bird", "--categories", "tree")
    assert verb.run(parse(str(tmp_path / "job.toml"), *chosen), engine) == 0
    listed = json.loads((tmp_path / "run" / FILE).read_text())["pictures"]
    assert [Path(row["path"]).parent.name for row in listed] == ["1_bird"] * 2 + ["1_tree"] * 2


def test_errors_reach_the_command_line(engine, request_for, tmp_path):
    dump_toml(request_for(train_data_dir=str(tmp_path / "none")), tmp_path / "job.toml")
    with pytest.raises(MissingFileError):
        verb.run(parse(str(tmp_path / "job.toml")), engine)
    with pytest.raises(MissingFileError):
        verb.run(parse(str(tmp_path / "other.toml")), engine)
    with pytest.raises(BadInputError, match="nothing to train"):
        verb.run(parse(), engine)


def test_when_memory_runs_out_the_batch_is_halved_and_the_run_goes_on(
    engine, request_for, monkeypatch
):
    losses = Learner.losses

    def hungry(self, pictures, *args):
        if len(pictures) > 2:
            raise MemoryError
        return losses(self, pictures, *args)

    monkeypatch.setattr(Learner, "losses", hungry)
    handle = engine.submit(request_for(train_batch_size=4, max_train_epochs=1))
    result = handle.result(timeout=120)
    assert "job.smaller" in [event.kind for event in handle.take_events()]
    run = Run.open(result.run)
    # Two updates as asked, each from twice as many batches; the failed attempt left no folder.
    assert (run.request().train_batch_size, run.request().gradient_accumulation_steps) == (2, 2)
    assert result.steps == 2
    assert [path.name for path in run.folder.parent.glob("run*")] == ["run"]


def test_the_schema_and_the_run_folders_need_no_torch():
    modules = (
        "config", "jobfile", "runs", "schedules", "captions", "batches", "prompts", "cadence",
        "controls",
    )  # fmt: skip
    code = "import sys\n" + "\n".join(f"import engine.training.{name}" for name in modules)
    code += (
        "\nprint([m for m in ('torch', 'diffusers', 'transformers', 'peft') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
