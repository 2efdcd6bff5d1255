from __future__ import annotations

import json

import pytest

from engine.training.kohya.reading import read_kohya

MODELS = {"Starter model": "starter", "sd_xl_base_1.0": "/models/sd_xl_base_1.0.safetensors"}


def read(tmp_path, **form):
    path = tmp_path / "form.json"
    path.write_text(json.dumps({"train_data_dir": "img", "output_dir": "out", **form}))
    return read_kohya(path, project="p", models=MODELS)


@pytest.mark.parametrize(
    "named",
    ["D:\\models\\SD_XL_base_1.0.safetensors", "/home/x/sd_xl_base_1.0.ckpt", "sd_xl_base_1.0"],
)
def test_a_model_is_found_by_its_name(tmp_path, named):
    imported = read(tmp_path, pretrained_model_name_or_path=named)
    assert imported.values["base_model"] == MODELS["sd_xl_base_1.0"]
    line = imported.report.line("pretrained_model_name_or_path")
    assert (line.status, line.value) == ("converted", named)


def test_a_model_that_lies_where_the_file_says_is_used(tmp_path):
    model = tmp_path / "mine.safetensors"
    model.write_bytes(b"")
    imported = read(tmp_path, pretrained_model_name_or_path=str(model))
    assert imported.values["base_model"] == str(model)
    assert imported.report.line("pretrained_model_name_or_path").status == "used"


@pytest.mark.parametrize(
    ("flags", "words"),
    [({"sdxl": True}, "for SDXL"), ({"v2": True}, "for SD 2.x"), ({}, "Choose another")],
)
def test_a_model_that_is_not_here_leaves_the_choice(tmp_path, flags, words):
    imported = read(tmp_path, pretrained_model_name_or_path="D:/gone.safetensors", **flags)
    assert "base_model" not in imported.values
    line = imported.report.line("pretrained_model_name_or_path")
    assert line.status == "no effect"
    assert words in str(line.why)


def test_without_a_folder_the_project_is_told_by_a_line_of_its_own(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text("network_dim = 4\n")
    line = read_kohya(path, project="p").report.line("project")
    assert (line.present, line.settings) == (False, {"project": "p"})
    assert str(line.why) == "The pictures of this project are trained."
