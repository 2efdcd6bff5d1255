from __future__ import annotations

import json

import pytest

from engine.runtime.errors import BadInputError
from engine.training.kohya.defaults import FORM, SCRIPT
from engine.training.kohya.flags import OTHER_FLAGS
from engine.training.kohya.reading import read_kohya
from engine.training.kohya.report import STATUSES


@pytest.mark.parametrize("value", [None, "", "x", [], [1, "a"], {"a": 1}, -1, 1e300, True])
def test_whatever_a_form_holds_every_key_is_reported(tmp_path, value):
    path = tmp_path / "form.json"
    for key in ["train_data_dir", "unet_lr", "LoRA_type", "xformers"]:
        path.write_text(json.dumps({key: value}))
        assert read_kohya(path).report.line(key).status in STATUSES
    path.write_text(json.dumps(dict.fromkeys(FORM, value)))
    keys = [line.key for line in read_kohya(path).report.lines if line.present]
    assert set(keys) >= FORM.keys()


@pytest.mark.parametrize("value", ['""', '"x"', "[]", '[1, "a"]', "-1", "1e300", "true"])
def test_whatever_a_script_holds_is_read(tmp_path, value):
    path = tmp_path / "script.toml"
    names = sorted({*SCRIPT, *OTHER_FLAGS})
    path.write_text("".join(f"{name} = {value}\n" for name in names))
    report = read_kohya(path).report
    assert sum(report.counts.values()) >= len(names) - 4  # some name one thing together
    for name in names:
        path.write_text(f"{name} = {value}\n")
        read_kohya(path)


def test_tables_within_tables_are_unknown(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text("[a]\nseed = 3\n[a.b]\nclip_skip = 2\n")
    imported = read_kohya(path)
    assert imported.values["seed"] == 3
    assert imported.report.line("b").status == "unknown"


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", '"inf"', "1" + "0" * 400])
def test_what_is_no_finite_number_is_read_as_kohya_reads_what_is_none(tmp_path, value):
    path = tmp_path / "form.json"
    path.write_text(f'{{"lr_warmup_steps": {value}, "lr_scheduler": "cosine", "lr_warmup": 5}}')
    imported = read_kohya(path)
    assert imported.report.line("lr_warmup_steps").status == "no effect"
    assert imported.values["lr_warmup"] == 5


def test_a_folder_of_a_name_that_none_can_have_is_one_that_is_not_there(tmp_path):
    path = tmp_path / "form.json"
    path.write_text(json.dumps({"train_data_dir": "a" * 5000, "max_train_steps": 0, "epoch": 3}))
    assert read_kohya(path, models={}).values["max_train_epochs"] == 3
    path.write_text(json.dumps({"pretrained_model_name_or_path": "a" * 5000}))
    line = read_kohya(path, models={}).report.line("pretrained_model_name_or_path")
    assert line.status == "no effect"


def test_a_script_with_a_date_numbers_beyond_all_and_names_too_long_is_reported(tmp_path):
    path = tmp_path / "script.toml"
    many = "1" + "0" * 400
    path.write_text(
        f"save_last_n_steps = {many}\nsample_prompts = {many}\nbase_weights = 2020-01-01\n"
    )
    record = read_kohya(path).report.record()
    said = {line["key"]: line for line in json.loads(json.dumps(record))["keys"]}
    assert said["base_weights"]["from"] == "2020-01-01"
    assert said["sample_prompts"]["status"] == "no effect"
    assert "save_last_n_steps" in said


def test_half_a_letter_is_refused_before_it_is_written_anywhere(tmp_path):
    path = tmp_path / "form.json"
    path.write_text('{"output_name": "\\ud800"}')
    with pytest.raises(BadInputError, match="holds half a letter"):
        read_kohya(path)


def test_a_file_of_another_program_does_not_become_kohyas_usual_values(tmp_path):
    path = tmp_path / "workflow.json"
    path.write_text('{"3": {"class_type": "KSampler", "inputs": {}}, "version": 0.4}')
    with pytest.raises(BadInputError, match="no training settings of kohya's"):
        read_kohya(path)
