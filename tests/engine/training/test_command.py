from __future__ import annotations

import argparse
import json

import pytest

from engine.commands import train as verb
from engine.runtime.errors import BadInputError, MissingFileError
from engine.runtime.thread import Engine
from engine.training.jobfile import dump_toml
from engine.training.runs import Run


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


def test_errors_reach_the_command_line(engine, request_for, tmp_path):
    dump_toml(request_for(train_data_dir=str(tmp_path / "none")), tmp_path / "job.toml")
    with pytest.raises(MissingFileError):
        verb.run(parse(str(tmp_path / "job.toml")), engine)
    with pytest.raises(MissingFileError):
        verb.run(parse(str(tmp_path / "other.toml")), engine)
    with pytest.raises(BadInputError, match="nothing to train"):
        verb.run(parse(), engine)
