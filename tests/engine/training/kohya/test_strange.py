from __future__ import annotations

import json

import pytest

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
