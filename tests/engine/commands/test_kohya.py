from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path

import pytest

from engine.commands import kohya as verb
from engine.runtime.errors import BadInputError, MissingFileError
from engine.training.dataset_file import read_dataset_file
from engine.training.jobfile import load_toml

GOLDEN = Path(__file__).parents[2] / "golden" / "kohya_form.json"


def run(*argv):
    parser = argparse.ArgumentParser()
    verb.add_parser(parser.add_subparsers(dest="verb"))
    return verb.run(parser.parse_args(["kohya", *map(str, argv)]), None)


def test_a_form_becomes_a_job_and_a_report(tmp_path, capsys):
    assert run("import", GOLDEN, "--out", tmp_path / "job.toml",
               "--report", tmp_path / "report.json") == 0  # fmt: skip
    job = load_toml(tmp_path / "job.toml")
    assert (job.network_dim, job.max_train_steps, job.sdxl_kohya_crop) == (32, 1600, True)
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    keys = {entry["key"]: entry for entry in report["keys"]}
    assert keys["max_grad_norm"] == {
        "key": "max_grad_norm", "status": "converted", "from": 0, "to": {"max_grad_norm": 1.0},
        "why": "kohya drops a 0 here and trains with 1.0.",
    }  # fmt: skip
    assert report["counts"]["unknown"] == 2
    told = capsys.readouterr()
    assert f"{report['counts']['used']} used" in told.out
    assert "lr_note: Not a setting of kohya" in told.err


def test_a_job_goes_back_as_form_and_as_script(tmp_path):
    run("import", GOLDEN, "--out", tmp_path / "job.toml")
    run("export", tmp_path / "job.toml", "--out", tmp_path / "form.json")
    form, golden = (json.loads(p.read_text("utf-8")) for p in (tmp_path / "form.json", GOLDEN))
    kept = ("network_dim", "conv_dim", "unet_lr", "lr_warmup", "optimizer", "seed", "rank_dropout")
    assert [form[name] for name in kept] == [golden[name] for name in kept]
    run("export", tmp_path / "job.toml", "--out", tmp_path / "script.toml")
    script = tomllib.loads((tmp_path / "script.toml").read_text("utf-8"))
    assert script["lr_warmup_steps"] == 0.05
    assert script["network_args"] == ["conv_dim=16", "conv_alpha=8.0", "rank_dropout=0.1"]
    prompts = Path(script["sample_prompts"]).read_text("utf-8").splitlines()
    assert prompts == list(load_toml(tmp_path / "job.toml").sample_prompts)


def test_folders_become_a_dataset_file_that_training_reads(tmp_path):
    for name in ("10_icon", "3_key set"):
        (tmp_path / "img" / name).mkdir(parents=True)
    form = {"train_data_dir": str(tmp_path / "img"), "output_dir": "out", "flip_aug": True,
            "additional_parameters": "--face_crop_aug_range 1.0,2.0"}  # fmt: skip
    (tmp_path / "form.json").write_text(json.dumps(form))
    run("import", tmp_path / "form.json", "--out", tmp_path / "job.toml",
        "--dataset", tmp_path / "dataset.toml")  # fmt: skip
    file = read_dataset_file(tmp_path / "dataset.toml")
    (dataset,) = file.datasets
    assert [(Path(s.image_dir).name, s.num_repeats) for s in dataset.subsets] == [
        ("3_key set", 3), ("10_icon", 10)
    ]  # fmt: skip
    run("export", tmp_path / "job.toml", "--format", "dataset", "--out", tmp_path / "again.toml")
    assert (tmp_path / "again.toml").read_text() == (tmp_path / "dataset.toml").read_text()


def test_what_needs_a_fix_is_written_and_told(tmp_path, capsys):
    form = {"train_data_dir": "img", "output_dir": "out", "max_resolution": "big"}
    (tmp_path / "form.json").write_text(json.dumps(form))
    assert run("import", tmp_path / "form.json", "--out", tmp_path / "job.toml") == 0
    assert "needs a fix: max_resolution" in capsys.readouterr().err
    with pytest.raises(BadInputError, match="one side such as 512"):
        load_toml(tmp_path / "job.toml")
    with pytest.raises(BadInputError, match="needs a fix first"):
        run("import", tmp_path / "form.json", "--out", tmp_path / "job.toml",
            "--dataset", tmp_path / "d.toml")  # fmt: skip


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingFileError):
        run("import", tmp_path / "none.json", "--out", tmp_path / "job.toml")
    with pytest.raises(MissingFileError):
        run("export", tmp_path / "none.toml", "--out", tmp_path / "x.json")


def test_a_value_that_cannot_be_taken_is_counted_and_told(tmp_path, capsys):
    (tmp_path / "script.toml").write_text('network_dim = "eight"\nnetwork_alpha = 4\nseed = 3\n')
    run("import", tmp_path / "script.toml", "--out", tmp_path / "job.toml")
    told = capsys.readouterr()
    assert told.out.startswith("2 used, 0 converted, 0 no effect, 0 unknown, 1 refused")
    assert "needs a fix: network_dim: Write a whole number." in told.err


@pytest.mark.parametrize("direction", ["import", "export"])
def test_a_file_is_not_written_over_itself(direction, tmp_path):
    mine, linked = tmp_path / "mine.toml", tmp_path / "linked.toml"
    mine.write_text('base_model = "starter"\ntrain_data_dir = "img"\noutput_dir = "out"\n')
    linked.symlink_to(mine)
    before = mine.read_bytes()
    for out in (mine, tmp_path / "." / "mine.toml", linked):
        with pytest.raises(BadInputError, match="written over itself"):
            run(direction, mine, "--out", out)
    assert mine.read_bytes() == before
    assert linked.is_symlink()


def test_files_that_are_read_and_files_beside_are_not_written_over(tmp_path):
    prompts, form = tmp_path / "prompts.txt", tmp_path / "form.toml"
    prompts.write_text("a cat\n")
    form.write_text(f"sample_prompts = {json.dumps(str(prompts))}\n")
    job = tmp_path / "job.toml"
    for option in ("--report", "--dataset"):
        for place in (form, prompts):
            with pytest.raises(BadInputError, match="written over itself"):
                run("import", form, "--out", job, option, place)
        with pytest.raises(BadInputError, match="Two files"):
            run("import", form, "--out", job, option, job)
    assert prompts.read_text() == "a cat\n"
    assert not job.exists()
    words = tmp_path / "words.json"
    words.write_text("{}")
    job.write_text(f'output_dir = "out"\ntrain_data_dir = "img"\nin_json = "{words}"\n')
    with pytest.raises(BadInputError, match="written over itself"):
        run("export", job, "--out", words)
    assert words.read_text() == "{}"
