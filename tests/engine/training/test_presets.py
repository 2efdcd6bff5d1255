from __future__ import annotations

import json

import pytest

from engine.runtime.errors import BadInputError
from engine.runtime.resources import resource
from engine.runtime.schema import validated
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.presets import (
    PERSONAL,
    delete_preset,
    import_preset,
    presets,
    read_preset,
    rename_preset,
    save_preset,
    user_folder,
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path / "home"))


def base():
    return TrainRequest.model_construct(project="p").model_dump()


def ours():
    return [preset for preset in presets() if preset.ours]


def test_ours_are_there_in_order():
    names = [preset.name for preset in ours()]
    assert names[0] == "Style"
    assert len(names) == len(list(resource("presets").glob("*.toml"))) > 5


@pytest.mark.parametrize("preset", ours(), ids=lambda preset: preset.path.stem)
def test_ours_make_runs_in_which_every_value_counts(preset):
    run = validated(TrainRequest, preset.applied(base()))
    assert {item.name for item in without_effect(run)} & preset.values.keys() <= {
        "min_bucket_reso", "max_bucket_reso"
    }  # fmt: skip
    assert all(getattr(run, name) == value for name, value in preset.values.items())


@pytest.mark.parametrize("preset", ours(), ids=lambda preset: preset.path.stem)
def test_ours_say_nothing_about_one_run_and_speak_chinese(preset):
    assert not preset.values.keys() & PERSONAL
    tables = resource("translations", "zh_CN").glob("*.json")
    known = {key for path in tables for key in json.loads(path.read_text("utf-8"))}
    assert {preset.name, preset.help} <= known


def test_a_preset_changes_only_what_it_says():
    style = next(preset for preset in ours() if preset.name == "Style")
    values = style.applied({**base(), "seed": 9, "network_dim": 4})
    assert (values["seed"], values["network_dim"]) == (9, 32)


def test_a_preset_of_steps_switches_the_epochs_off():
    preset = save_preset("Steps", {"max_train_steps": 50})
    run = validated(TrainRequest, preset.applied(base()))
    assert (run.max_train_steps, run.max_train_epochs) == (50, 0)


def test_the_users_preset_keeps_all_settings_and_nothing_of_the_run():
    draft = {**base(), "network_dim": 48, "output_name": "x", "max_train_epochs": 3}
    save_preset("My style: 2", draft)
    mine = presets()[-1]
    assert (mine.name, mine.ours) == ("My style: 2", False)
    assert mine.values.keys() == TrainRequest.model_fields.keys() - PERSONAL
    run = validated(TrainRequest, mine.applied({**base(), "network_dim": 4, "seed": 5}))
    assert (run.network_dim, run.seed, run.output_name) == (48, 0, "last")


def test_saving_again_replaces_and_deleting_removes():
    save_preset("Mine", {"network_dim": 4})
    again = save_preset("Mine", {"network_dim": 5})
    assert [dict(preset.values) for preset in presets()[len(ours()) :]] == [{"network_dim": 5}]
    delete_preset(again)
    assert len(presets()) == len(ours())


def test_ours_cannot_be_deleted():
    with pytest.raises(BadInputError, match="ships with the app"):
        delete_preset(ours()[0])
    assert ours()[0].path.is_file()


def test_a_name_without_letters_is_refused():
    with pytest.raises(BadInputError, match="needs a name"):
        save_preset(" /.. ", {})


def test_a_damaged_preset_hides_no_other():
    save_preset("Mine", {"network_dim": 4})
    (user_folder() / "a.toml").write_text("name = ")
    (user_folder() / "b.toml").write_text('name = "x"\n[settings]\nno_such = 1\n')
    (user_folder() / "c.toml").write_text("settings = 5\n")
    (user_folder() / "d.toml").write_text("settings = " + "[" * 100_000)
    (user_folder() / "e.toml").write_text('[settings]\nmax_train_epochs = "many"\n')
    (user_folder() / "f.toml").symlink_to("nowhere")
    (user_folder() / "g.toml").mkdir()
    assert [preset.name for preset in presets()[len(ours()) :]] == ["Mine"]


def test_a_value_of_another_kind_in_a_preset_is_told_in_the_words_of_the_form():
    made = save_preset("Mine", {"network_dim": 4})
    made.path.write_text('[settings]\nmax_train_epochs = "many"\n')
    with pytest.raises(BadInputError, match="max_train_epochs: write a whole number"):
        read_preset(made.path)


def test_folders_that_were_written_into_a_preset_are_not_taken():
    made = save_preset("Mine", {"network_dim": 4})
    made.path.write_text('[settings]\nnetwork_dim = 4\noutput_dir = "/else"\nbase_model = "x"\n')
    assert dict(read_preset(made.path).values) == {"network_dim": 4}


def test_what_no_field_can_show_does_not_come_along_from_kohya(tmp_path):
    (tmp_path / "edg.json").write_text('{"network_dim": 48, "block_dims": [1], "LoRA_type": "no"}')
    assert dict(import_preset(tmp_path / "edg.json").values)["network_dim"] == 48


def test_a_preset_of_kohya_becomes_one_here(tmp_path):
    (tmp_path / "edg.json").write_text('{"network_dim": 48, "seed": "7", "output_dir": "D:/x"}')
    preset = import_preset(tmp_path / "edg.json")
    assert (preset.name, dict(preset.values)) == ("edg", {"network_dim": 48, "seed": 7})


def test_a_renamed_preset_keeps_its_settings_under_the_new_name_only():
    made = save_preset("mine", {"network_dim": 7}, "for icons")
    renamed = rename_preset(made, "Mine: two")
    users = [preset for preset in presets() if not preset.ours]
    assert users == [renamed]
    assert (renamed.name, renamed.help, renamed.values) == (
        "Mine: two", "for icons", {"network_dim": 7}
    )  # fmt: skip


def test_a_preset_can_change_the_case_of_its_name_but_not_take_that_of_another():
    made = save_preset("mine", {"network_dim": 7})
    save_preset("Yours", {"network_dim": 8})
    with pytest.raises(BadInputError, match="already"):
        rename_preset(made, "yours")
    assert rename_preset(made, "Mine").name == "Mine"
    assert sorted(path.stem for path in user_folder().glob("*.toml")) == ["Mine", "Yours"]
    with pytest.raises(BadInputError, match="ships"):
        rename_preset(ours()[0], "Other")
