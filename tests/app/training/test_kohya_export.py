from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from app import i18n
from app.training.kohya_notes import ExportNotes
from app.training.view import View
from engine.training.kohya.reading import read_kohya


@pytest.fixture
def view(opener):
    made = opener(View)
    made.state.change(network_dim=24, max_grad_norm=0.0, mixed_precision="bf16")
    return made


def exported(view, settle, path, kind):
    """Choose format and place in the dialog."""
    dialog = view.files.ask_export(kind)
    suffix = dialog.defaultSuffix()
    dialog.fileSelected.emit(str(path))
    settle(view.session)
    return suffix


@pytest.mark.parametrize(("kind", "suffix"), [("json", "json"), ("toml", "toml")])
def test_what_goes_out_comes_back(view, settle, toasts, tmp_path, kind, suffix):
    path = tmp_path / f"out.{suffix}"
    assert exported(view, settle, path, kind) == suffix
    back = read_kohya(path, project=str(view.session.project.root))
    assert back.report.is_ready
    own = view.state.request()
    for name in ("network_dim", "max_grad_norm", "unet_lr", "max_train_epochs", "sample_prompts",
                 "output_name", "train_batch_size"):  # fmt: skip
        assert getattr(back.request, name) == getattr(own, name), name
    assert toasts[-1]["facts"]["name"] == path.name


def test_a_dataset_file_names_the_folders_of_the_project(view, settle, art, tmp_path):
    assert exported(view, settle, tmp_path / "data.toml", "dataset") == "toml"
    table = tomllib.loads((tmp_path / "data.toml").read_text("utf-8"))
    [dataset] = table["datasets"]
    assert [subset["image_dir"] for subset in dataset["subsets"]] == [str(art)]


def test_a_format_brings_its_ending_and_an_ending_its_format(view, settle, tmp_path):
    dialog = view.files.ask_export("json")
    script = next(text for text in dialog.nameFilters() if "scripts" in text)
    dialog.selectNameFilter(script)
    dialog.filterSelected.emit(script)
    assert dialog.defaultSuffix() == "toml"
    assert Path(dialog.selectedFiles()[0]).suffix == ".toml"
    dialog.fileSelected.emit(str(tmp_path / "typed.json"))
    settle(view.session)
    assert "LoRA_type" in json.loads((tmp_path / "typed.json").read_text("utf-8"))


@pytest.mark.parametrize(("language", "word"), [("en", "folder"), ("zh_CN", "项目")])
def test_what_the_file_cannot_say_is_shown_on_demand(
    view, settle, toasts, tmp_path, language, word
):
    i18n.set_language(language)
    exported(view, settle, tmp_path / "out.json", "json")
    assert toasts[-1]["action"] == "Show"
    toasts[-1]["on_action"]()
    notes = view.findChild(ExportNotes)
    lines = notes.findChild(QPlainTextEdit).toPlainText().splitlines()
    assert len(lines) == toasts[-1]["facts"]["n"] > 0
    assert word in lines[0]
    QTest.mouseClick(notes.close_button, Qt.MouseButton.LeftButton)
    assert not notes.isVisible()


def test_what_a_dataset_file_cannot_say_is_shown_at_once(view, settle, tmp_path):
    exported(view, settle, tmp_path / "data.toml", "dataset")
    notes = view.findChild(ExportNotes)
    assert notes.isVisible()
    assert "held-out pictures" in notes.lines.toPlainText()


def test_settings_that_need_a_fix_are_not_written(view, settle, toasts, tmp_path):
    view.state.change(resolution="big")
    exported(view, settle, tmp_path / "out.json", "json")
    assert toasts[-1]["error"]
    assert not (tmp_path / "out.json").exists()


def test_a_folder_that_cannot_be_written_is_said(view, settle, toasts, tmp_path):
    (tmp_path / "file").write_text("")
    exported(view, settle, tmp_path / "file" / "out.json", "json")
    assert toasts[-1]["error"]


def test_the_palette_offers_files_only_with_a_project(view, settle, loop):
    entries = {action.id: action for action in view.actions()}
    names = ("train.import", "train.export", "train.prompts")
    assert all(entries[name].enabled() for name in names)
    titles = []
    for name in names:
        entries[name].run()
        titles.append(view.children()[-1].windowTitle())
    assert titles == ["Import settings", "Export for kohya", "Import sample prompts"]
    loop.run_until_complete(view.session.close_project())
    assert not any(entries[name].enabled() for name in names)
