from __future__ import annotations

import gc

import pytest
from PySide6.QtWidgets import QDialogButtonBox, QLabel

from app.i18n import bind, joined, set_language, text, tr, tr_error
from app.i18n import format as write
from engine.runtime.errors import PictureError
from engine.runtime.refusals import Refusal, RefusedError


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language("en")


def test_a_bound_label_is_in_the_new_language_at_once(qtbot):
    shown = QLabel()
    qtbot.addWidget(shown)
    bound = bind(shown.setText, "1 picture", "{n} pictures", n=1)
    assert shown.text() == "1 picture"
    bound.update(n=3)
    assert shown.text() == "3 pictures"
    set_language("zh_CN")
    assert shown.text() == "3 张图片"


def test_a_fact_can_be_a_translation_itself(qtbot):
    shown = QLabel()
    qtbot.addWidget(shown)
    bind(shown.setText, "{what}", what=lambda: tr("Dataset"))
    set_language("zh_CN")
    assert shown.text() == "数据集"


def test_a_binding_ends_with_its_widget(qapp):
    shown = QLabel()
    bind(shown.setText, "Dataset")
    before = len(text._bindings)
    del shown
    gc.collect()
    assert len(text._bindings) == before - 1


def test_a_function_without_an_owner_is_refused():
    with pytest.raises(TypeError, match="owner"):
        bind(lambda words: None, "Dataset")


def test_an_unknown_text_stays_english_and_a_stray_brace_is_shown():
    set_language("zh_CN")
    assert tr("Never translated {n}", n=2) == "Never translated 2"
    assert tr("a { b") == "a { b"


def test_an_error_says_what_happened_and_what_to_do():
    error = PictureError("{name} ends early.", remedy="Copy it again.", name="a.png")
    assert tr_error(error) == "a.png ends early. Copy it again."


def test_what_a_schema_refuses_is_translated_with_the_sentence_in_it():
    error = RefusedError((Refusal("rank", "Must be {le} or less.", {"le": "128"}),), "job.toml")
    assert tr_error(error) == "job.toml: rank: must be 128 or less. Correct it and try again."
    set_language("zh_CN")
    assert tr_error(error) == "job.toml: rank: 必须不大于 128。请更正后重试。"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(7, "0:07"), (1373, "22:53"), (3840, "1:04:00"), (-2, "0:00")],
)
def test_times_are_written_like_a_clock(value, shown):
    assert write.duration(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(900, "900 B"), (5000, "5.0 kB"), (218_000_000, "218 MB"), (6.9e9, "6.9 GB")],
)
def test_sizes_take_the_unit_that_fits(value, shown):
    assert write.size(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(5e-5, "5e-5"), (0.1, "0.1"), (1024, "1024"), (0, "0"), (1e-3, "0.001")]
)
def test_settings_are_written_as_people_type_them(value, shown):
    assert write.scientific(value) == shown


def test_chinese_facts_stand_without_a_space_and_latin_ones_with_one():
    set_language("zh_CN")
    key = "Use {name} at weight {weight}."
    assert tr(key, name="第 6 轮", weight=1) == "建议使用第 6 轮，权重 1。"
    assert tr(key, name="epoch-6", weight=1) == "建议使用 epoch-6，权重 1。"
    assert joined(("一。", "二。")) == "一。二。"
    set_language("en")
    assert joined(("One.", "Two.")) == "One. Two."


def test_the_words_of_qt_follow_the_language(qapp):
    def cancel():
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        return box.button(QDialogButtonBox.StandardButton.Cancel).text()

    set_language("zh_CN")
    assert cancel() == "取消"
    set_language("en")
    assert "Cancel" in cancel()
