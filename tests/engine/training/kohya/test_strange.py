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


VALUES = [
    ('"eight"', "Write a whole number."),
    ("[8]", "Write a whole number."),
    ("nan", "Write a number."),
    ("{ rank = 8 }", "A table is no value for it."),
    ("2020-01-01", "Write a whole number."),
]


@pytest.mark.parametrize(("value", "sentence"), VALUES)
def test_a_value_that_cannot_be_taken_is_counted_and_told_as_such(tmp_path, value, sentence):
    path = tmp_path / "script.toml"
    path.write_text(f"network_dim = {value}\nnetwork_alpha = 4\nseed = 3\nclip_skip = 2\n")
    report = read_kohya(path).report
    line = report.line("network_dim")
    assert (line.status, str(line.problem)) == ("refused", sentence)
    assert report.counts == {"refused": 1, "unknown": 0, "no effect": 0, "converted": 0, "used": 3}
    assert (report.taken, report.is_ready) == (3, False)


@pytest.mark.parametrize("value", ["nan", "inf", '"fast"', "[[1]]"])
def test_no_number_that_is_none_becomes_a_rate_or_a_limit(tmp_path, value):
    path = tmp_path / "script.toml"
    path.write_text(f"max_grad_norm = {value}\n")
    imported = read_kohya(path)
    assert imported.report.line("max_grad_norm").status == "refused"
    assert "max_grad_norm" in imported.unreadable


def test_a_number_out_of_its_range_goes_to_its_field_to_be_mended_there(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text("network_dim = 0\nnetwork_alpha = 4\n")
    imported = read_kohya(path)
    line = imported.report.line("network_dim")
    assert (line.status, str(line.problem)) == ("used", "Must be 1 or more.")
    assert (imported.report.taken, imported.unreadable) == (1, frozenset())


def test_text_that_is_no_truth_value_switches_nothing_on(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text(
        'network_train_unet_only = "false"\ncache_latents = "True"\n'
        'full_fp16 = 7\nenable_bucket = "no"\n'
    )
    imported = read_kohya(path)
    for key in ("network_train_unet_only", "full_fp16", "enable_bucket"):
        (line,) = [line for line in imported.report.lines if line.key == key]
        assert line.status == "refused"
    assert imported.values["text_encoder_lr"] != 0
    assert imported.values["cache_latents"] is True


def test_a_form_that_says_a_word_for_a_number_is_told_what_kohya_takes(tmp_path):
    path = tmp_path / "form.json"
    path.write_text('{"network_dim": "eight", "seed": 3}')
    line = read_kohya(path).report.line("network_dim")
    assert (line.status, line.settings["network_dim"]) == ("converted", 4)
    assert str(line.why) == "It is not a number; kohya reads 4."


def test_of_keys_without_end_the_first_are_listed_and_all_are_counted(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text("network_dim = 8\n" + "".join(f"strange_{i} = {i + 1}\n" for i in range(5000)))
    report = read_kohya(path).report
    short = report.short(100)
    assert short.counts == report.counts
    assert (short.counts["unknown"], short.left_out) == (5000, {"unknown": 4900})
    assert len(report.record()["keys"]) > 5000 > len(short.lines)
    assert short.line("network_dim").settings == {"network_dim": 8}
