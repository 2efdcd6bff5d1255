from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu

from app import i18n
from engine.training.presets import presets, read_preset, save_preset, user_folder
from tests.app.training.conftest import choose, click, written


@pytest.fixture
def simple(column):
    return column.simple


def shown(simple) -> str:
    return simple.preset.choice.currentText()


def open_menu(simple) -> dict[str, object]:
    click(simple.preset.more)
    menu = simple.preset.findChildren(QMenu)[-1]
    return {action.text(): action for action in menu.actions() if action.text()}


def keep_as(simple, name: str, settle) -> None:
    open_menu(simple)["Save as preset…"].trigger()
    simple.strip.name.setText(name)
    click(simple.strip.keep)
    settle(simple.state.session)


def test_ours_are_offered_after_the_start_values_and_speak_chinese(simple) -> None:
    choice = simple.preset.choice
    names = [choice.itemText(row) for row in range(choice.count())]
    assert names[:2] == ["Start values", "Style"]
    assert shown(simple) == "Start values"
    i18n.set_language("zh_CN")
    assert choice.itemText(1) == "风格"
    assert shown(simple) == "起始值"


def test_a_preset_is_put_with_a_click_and_taken_back_with_another(simple, toasts) -> None:
    state = simple.state
    before = dict(state.values)
    choose(simple.preset.choice, "Style")
    assert (state.values["network_dim"], state.values["caption_dropout_rate"]) == (32, 0.1)
    assert state.values["output_name"] == before["output_name"]
    assert state.values["save_every_n_epochs"] == 2
    assert simple.strength.value == 32
    assert simple.rows["preset"]._hint.text().startswith("A look that prompts")
    assert toasts[-1]["key"] == "Settings of Style are used."
    toasts[-1]["on_action"]()
    assert state.values == before
    assert shown(simple) == "Start values"


def test_an_earlier_step_is_taken_back_with_all_that_came_after_it(simple, toasts) -> None:
    before = dict(simple.state.values)
    choose(simple.preset.choice, "Style")
    style = dict(simple.state.values)
    choose(simple.preset.choice, "Character")
    simple.state.change(seed=3)
    simple.state.undo_replace()
    assert simple.state.values == style
    assert shown(simple) == "Style"
    choose(simple.preset.choice, "Quick draft")
    first, last = toasts[0], toasts[-1]
    first["on_action"]()
    assert simple.state.values == before
    assert shown(simple) == "Start values"
    last["on_action"]()
    assert simple.state.values == before
    assert not simple.state.can_undo_replace


def test_what_a_run_is_called_by_makes_no_settings_of_its_own(simple) -> None:
    simple.state.change(output_name="cozy_v4")
    simple.state.set_trigger_word("czy")
    assert shown(simple) == "Start values"
    simple.state.change(seed=3)
    assert shown(simple) == "Own settings"


def test_a_setting_changed_by_hand_is_told_and_the_start_values_come_back(simple) -> None:
    start = dict(simple.state.values)
    simple.state.change(weight_decay=0.2)
    assert shown(simple) == "Own settings"
    choose(simple.preset.choice, "Character")
    simple.state.change(network_dim=8)
    assert shown(simple) == "Character, changed"
    simple.state.replace(start, "All settings are at their start values again.")
    assert shown(simple) == "Start values"
    simple.state.undo_replace()
    choose(simple.preset.choice, "Start values")
    assert simple.state.values == start
    assert not simple.state.changed_names()


def test_nothing_of_one_preset_stays_behind_in_the_next_but_what_was_set_by_hand(simple) -> None:
    choose(simple.preset.choice, "Icons, few pictures")
    simple.state.change(noise_offset=0.07, weight_decay=0.2)
    choose(simple.preset.choice, "Quick draft")
    values, start = simple.state.values, simple.state.start_values()
    assert (values["rank_dropout"], values["min_snr_gamma"]) == (0.0, start["min_snr_gamma"])
    assert (values["noise_offset"], values["weight_decay"]) == (0.07, 0.2)
    assert (values["network_dim"], values["max_train_epochs"]) == (8, 4)


def test_own_settings_are_kept_without_paths_and_names(simple, settle, toasts) -> None:
    simple.state.change(network_dim=24, training_comment="secret", output_name="mine")
    keep_as(simple, "My icons", settle)
    kept = read_preset(user_folder() / "My icons.toml")
    assert kept.values["network_dim"] == 24
    assert not {"output_name", "project", "training_comment", "base_model"} & kept.values.keys()
    assert shown(simple) == "My icons"
    assert simple.strip.isHidden()
    assert toasts[-1]["key"] == "{name} is kept as a preset."


def test_keeping_under_a_known_name_says_what_it_replaces(simple, settle) -> None:
    keep_as(simple, "My icons", settle)
    simple.state.change(network_dim=48)
    open_menu(simple)["Save as preset…"].trigger()
    assert simple.strip.name.text() == "My icons"
    assert written(simple.strip.note) == "Replaces the preset My icons."
    QTest.keyClick(simple.strip.name, Qt.Key.Key_Escape)
    assert simple.strip.isHidden()
    open_menu(simple)["Save in My icons"].trigger()
    settle(simple.state.session)
    assert read_preset(user_folder() / "My icons.toml").values["network_dim"] == 48
    assert shown(simple) == "My icons"


def test_a_preset_is_renamed_and_a_taken_name_is_refused_in_the_strip(simple, settle) -> None:
    save_preset("Taken", {"network_dim": 4})
    keep_as(simple, "Mine", settle)
    open_menu(simple)["Rename…"].trigger()
    simple.strip.name.setText("taken")
    QTest.keyClick(simple.strip.name, Qt.Key.Key_Return)
    settle(simple.state.session)
    assert "already" in written(simple.strip.error)
    simple.strip.name.setText("Ours")
    QTest.keyClick(simple.strip.name, Qt.Key.Key_Return)
    settle(simple.state.session)
    assert simple.strip.isHidden()
    assert shown(simple) == "Ours"
    assert {item.name for item in presets() if not item.ours} == {"Taken", "Ours"}


def test_a_deleted_preset_comes_back_from_the_trash(simple, settle, toasts) -> None:
    keep_as(simple, "Mine", settle)
    path = user_folder() / "Mine.toml"
    open_menu(simple)["Delete"].trigger()
    settle(simple.state.session)
    assert not path.exists()
    assert simple.preset.choice.findText("Mine") < 0
    toasts[-1]["on_action"]()
    settle(simple.state.session)
    assert path.exists()
    assert simple.preset.choice.findText("Mine") > 0


def test_ours_can_be_neither_renamed_nor_deleted(simple) -> None:
    choose(simple.preset.choice, "Style")
    assert list(open_menu(simple)) == ["Save as preset…", "Add from a kohya file…"]


def test_a_name_that_no_file_can_have_is_said_in_the_strip(simple, settle) -> None:
    open_menu(simple)["Save as preset…"].trigger()
    assert not simple.strip.keep.isEnabled()
    simple.strip.name.setText("///")
    click(simple.strip.keep)
    settle(simple.state.session)
    assert "letters or digits" in written(simple.strip.error)
    assert not list(user_folder().glob("*.toml"))


def test_a_file_of_kohyas_becomes_a_preset_that_can_be_used_at_once(
    simple, settle, toasts, tmp_path
) -> None:
    path = tmp_path / "style_icons.json"
    path.write_text(json.dumps({"network_dim": 24, "max_grad_norm": 0.5, "output_name": "theirs"}))
    open_menu(simple)["Add from a kohya file…"].trigger()
    dialog = simple.preset.findChild(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()
    settle(simple.state.session)
    assert shown(simple) == "Start values"
    assert simple.preset.choice.findText("style_icons") > 0
    name = simple.state.values["output_name"]
    toasts[-1]["on_action"]()
    assert shown(simple) == "style_icons"
    assert (simple.state.values["network_dim"], simple.state.values["output_name"]) == (24, name)


def test_what_is_no_file_of_kohyas_is_refused_in_a_sentence(
    simple, settle, toasts, tmp_path
) -> None:
    path = tmp_path / "notes.json"
    path.write_text("[]")
    simple.state.session.start(simple.shelf.take(path))
    settle(simple.state.session)
    assert toasts[-1]["error"]
    assert toasts[-1]["facts"]["name"] == "notes.json"
    assert not list(user_folder().glob("*.toml"))
