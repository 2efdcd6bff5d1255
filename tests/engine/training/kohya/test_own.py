"""The settings that this app writes into its own files, and what a file may say in their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.project.project import Project, SourceFolder
from engine.training.config import TrainRequest
from engine.training.kohya.own import KEY, own_text
from engine.training.kohya.reading import read_kohya
from tests.engine.training.kohya.test_header import HEADER, TEXT, UNET, write_lora

# Settings that no key of kohya's tells, or not as they were set.
UNHEARD = [
    {"network_type": "lokr", "factor": 4},
    {"rs_lora": True, "layers_exclude": "attn2"},
    {"lr_scheduler": "polynomial", "lr_scheduler_power": 2.0},
    {"lr_scheduler": "cosine_with_restarts", "lr_scheduler_num_cycles": 3},
    {"text_encoder_lr": 1e-4, "text_encoder_lr2": 0.0, "stop_text_encoder_training": 50.0},
    {"caption_prefix": "x, ", "caption_suffix": "y", "caption_separator": "/"},
    {"token_warmup_min": 2, "token_warmup_step": 5.0, "no_token_padding": True},
    {"v_pred_like_loss": 0.5, "kohya_loss_weights": True, "timestep_sampling": "sigmoid"},
    {"alpha_mask": True, "style_loss_weight": 0.5, "ema_decay": 0.9},
    {"output_name": "None", "training_comment": "None", "metadata_title": "None"},
    {"lr_warmup": 0.5},
]


@pytest.fixture
def read(tmp_path):
    """Read a LoRA whose own settings are this text."""

    def go(text):
        header = {**HEADER, KEY: text}
        return read_kohya(
            write_lora(tmp_path / "hero.safetensors", header, UNET, TEXT), project="p"
        )

    return go


@pytest.mark.parametrize("values", UNHEARD, ids=lambda values: next(iter(values)))
def test_what_no_key_of_kohyas_tells_comes_back(read, values):
    request = TrainRequest.model_validate({"project": "p", **values})
    back = read(own_text(request)).request.model_dump(exclude={"base_model"})
    assert back == request.model_dump(exclude={"base_model"})


def test_a_place_is_neither_written_nor_taken_and_its_setting_is_named(read):
    places = {"vae": "/home/me/vae.pt", "reg_data_dir": "C:\\me\\reg",
              "network_weights": r"\\host\share\a.safetensors"}  # fmt: skip
    request = TrainRequest.model_validate({"project": "/home/me/p", **places})
    text = own_text(request)
    assert not any(part in text for part in ("/home", "C:", "host"))
    for told in (text, json.dumps(json.loads(text) | places)):
        imported = read(told)
        lines = {line.key for line in imported.report.lines if "does not tell" in str(line.why)}
        assert lines == places.keys()
        assert not imported.values.keys() & places.keys()


@pytest.mark.parametrize(
    "text",
    ["", "[", "[]", "7", "[" * 5000, "{}", '{"a": {"b": 1}}', '{"seed": ' + "9" * 5000 + "}"],
)
def test_own_settings_that_are_none_leave_what_kohyas_keys_tell(read, text):
    assert read(text).request.network_dim == 8


@pytest.mark.parametrize("value", [{"a": 1}, None, "x", float("nan"), -5, [1]])
def test_own_values_that_make_no_sense_are_lines_with_their_problem(read, value):
    imported = read(json.dumps({"seed": value}))
    assert imported.request is None
    assert [line.key for line in imported.report.lines if line.problem] == ["ss_seed"]
    assert Path(imported.report.source).suffix


def test_the_trigger_word_of_a_project_comes_back(train, art, tmp_path):
    project = Project.create(tmp_path / "project", "Icons", [SourceFolder(path=str(art))])
    project.save(project.file.model_copy(update={"trigger_word": "myst"}))
    place = {"project": str(project.root), "train_data_dir": "", "output_dir": ""}
    result, _ = train(**place, max_train_epochs=0, max_train_steps=1)
    run = read_kohya(Path(result.checkpoints[-1].path), project="p").request
    assert run.trigger_word == "myst"
