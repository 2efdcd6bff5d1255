from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

from app import i18n
from app.models.model import InfoRole
from app.models.table import NAME_LEAST, NAME_LEFT, TableHead, columns, name_width
from app.models.words import problem_of, second_line, title_of
from app.start.model import computer
from app.theme import fonts
from engine.models.catalogue import list_models
from engine.models.inspect import ModelInfo, inspect
from engine.runtime.events import Event

SMALLEST = (1024, 700)


@pytest.fixture(params=["en", "zh_CN"])
def small(request, qtbot, window, settle):
    """The page in the window at its smallest, after a click on the rail, in both languages."""
    i18n.set_language(request.param)
    window.resize(*SMALLEST)
    qtbot.mouseClick(window.rail.buttons["models"], Qt.MouseButton.LeftButton)
    settle()
    return window.pages.built["models"]


def test_a_checkpoint_that_comes_is_listed_while_the_page_is_open(models, session, settle):
    read = []
    models.list.modelReset.connect(lambda: read.append(True))
    session.engine_event.emit(Event("a", "train.checkpoint", {}))
    settle()
    assert len(read) == 1
    models.hide()
    session.engine_event.emit(Event("a", "train.checkpoint", {}))
    settle()
    assert len(read) == 1


def test_names_can_be_read_in_the_smallest_window(small):
    width = small.table.viewport().width()
    assert width < 700
    assert name_width(width) >= NAME_LEAST
    name = title_of(small.list.shown[0])
    assert fonts.metrics(12, 500).horizontalAdvance(name) <= name_width(width)


def test_the_titles_of_the_columns_do_not_touch(small):
    head = small.findChild(TableHead)
    measure = QFontMetrics(fonts.font(11))
    ends = NAME_LEFT + measure.horizontalAdvance(i18n.tr("Name"))
    for title, left, wide in columns(head.width()):
        assert left > ends
        ends = left + min(wide, measure.horizontalAdvance(i18n.tr(title)))


def test_the_name_keeps_its_room_at_every_width():
    assert all(name_width(width) >= NAME_LEAST for width in range(370, 1400, 30))


def test_the_starter_has_one_name_and_one_size(small):
    row = next(info for info in small.list.shown if info.layout == "starter")
    names = {"en": "Starter model", "zh_CN": "入门模型"}
    assert title_of(row) == names[i18n.language()]
    assert row.bytes == computer().starter == inspect("starter").bytes


def test_a_file_that_cannot_be_used_says_so_in_chinese(qapp, tmp_path):
    (tmp_path / "half.safetensors").write_bytes(b"\x10")
    broken = list_models([tmp_path])[1]
    i18n.set_language("zh_CN")
    words = problem_of(broken)
    i18n.set_language("en")
    assert "half.safetensors" in words
    assert any("\u4e00" <= sign <= "\u9fff" for sign in words)
    assert problem_of(broken) == broken.problem


def lora(name, **metadata):
    return ModelInfo(Path(f"{name}.safetensors"), "lora", "single-file", 9, metadata=metadata)


def test_a_checkpoint_is_called_by_run_and_epoch():
    numbered = lora("pixel-style-000012", ss_output_name="pixel-style", ss_epoch="12")
    assert title_of(numbered) == "pixel-style, epoch 12"
    assert second_line(numbered) == "pixel-style-000012.safetensors"
    assert title_of(lora("pixel-style", ss_output_name="pixel-style", ss_epoch="14")) == (
        "pixel-style, epoch 14"
    )


def test_a_checkpoint_that_was_saved_at_the_end_of_an_epoch_is_called_by_it():
    header = {"ss_epoch": "17", "ss_num_batches_per_epoch": "10"}
    header["ss_gradient_accumulation_steps"] = "2"
    assert title_of(lora("pixel-style-step00000085", **header)) == "pixel-style, epoch 17"
    assert title_of(lora("pixel-style-step00000084", **header)) == "pixel-style, step 84"


def test_a_checkpoint_inside_an_epoch_is_called_by_run_and_step():
    numbered = lora("pixel-style-step00001200", ss_output_name="pixel-style", ss_epoch="3")
    assert title_of(numbered) == "pixel-style, step 1,200"
    assert second_line(numbered) == "pixel-style-step00001200.safetensors"


def test_the_line_under_a_chinese_name_has_a_chinese_comma(qapp):
    told = replace(lora("mine", ss_epoch="3"), rank=8)
    i18n.set_language("zh_CN")
    words = second_line(told)
    i18n.set_language("en")
    assert words == "第 3 轮，秩 8"


def test_a_name_that_the_user_gave_stays():
    renamed = lora("my best one", ss_output_name="pixel-style", ss_epoch="12")
    assert title_of(renamed) == "my best one"
    assert second_line(renamed) == "pixel-style, epoch 12"


def test_a_click_in_the_table_tells_the_model_by_its_title(qtbot, models):
    assert models.focus_target() is models.table
    rows = range(models.list.rowCount())
    infos = [models.list.index(row) for row in rows]
    index = next(index for index in infos if isinstance(index.data(InfoRole), ModelInfo))
    place = models.table.visualRect(index).center()
    qtbot.mouseClick(models.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert models.inspector._title.text() == "Starter model"
