"""A base model is brought in from the list of base models."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app import i18n
from app.models.files import Copying
from engine.project.settings import data_dir
from tests.app.canvas.test_models import write_base, write_lora
from tests.app.training.conftest import choose, click

ADD = {"en": "Add a model file…", "zh_CN": "添加模型文件…"}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("level", ["simple", "advanced"])
def test_the_last_entry_brings_a_model_in_which_is_chosen(
    column, settle, tmp_path, language, level
) -> None:
    i18n.set_language(language)
    if level == "advanced":
        column.reveal("base_model")
    field = column.simple.base if level == "simple" else column.advanced.row("base_model").control
    before = dict(column.state.values)
    assert field.itemText(field.count() - 1) == ADD[language]
    choose(field, ADD[language])
    assert column.state.values == before  # nothing is chosen yet
    assert field.value == "starter"
    source = write_base(tmp_path / "grand", sdxl=True)
    column.findChild(QFileDialog).filesSelected.emit([str(source)])
    settle(column.state.session)
    assert column.state.values["base_model"] == str(data_dir() / "models" / "grand")
    assert field.currentText() == "grand"
    assert column.state.values["resolution"] == "1024"


def test_what_is_no_base_model_changes_no_choice(column, settle, toasts, tmp_path) -> None:
    choose(column.simple.base, ADD["en"])
    source = write_lora(tmp_path / "icons.safetensors")
    column.findChild(QFileDialog).filesSelected.emit([str(source)])
    settle(column.state.session)
    assert column.state.values["base_model"] == "starter"
    assert "{name} is no base model, so another one stays chosen." in [one["key"] for one in toasts]


def test_keys_that_walk_through_the_shut_list_open_nothing(column) -> None:
    field = column.simple.base
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert column.findChild(QFileDialog) is None
    assert field.value == "starter"


def test_the_copy_tells_how_far_it_is_and_stops(column) -> None:
    intake = column.new_base._intake
    intake.copying = Copying(total=200, done=50, name="big.safetensors")
    intake.changed.emit()
    assert column.new_base.row.isVisible()
    assert "25" in column.new_base.progress._left.text()
    click(column.new_base.progress._stop)
    assert intake.copying.stop.is_set()
    intake.copying = None
    intake.changed.emit()
    assert not column.new_base.row.isVisible()
