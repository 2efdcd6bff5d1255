"""Ctrl+K finds the settings of the next run and leads to their fields."""

from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from app import i18n


@pytest.fixture
def palette(window, session, settle, tmp_path):
    """The palette over a project with one picture; nothing was searched yet."""
    folder = tmp_path / "Props"
    folder.mkdir()
    Image.new("RGB", (64, 64), (9, 99, 9)).save(folder / "rank_badge.png")
    session.open_folder(folder)
    settle()
    window.open_palette()
    return window.panels.palette


def typed(palette, text, qtbot, settle):
    """What is found, after the search has read what there is."""
    palette.field.setText(text)
    settle()
    return [found.row for found in palette._found]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "noise offset"), ("en", "noise_off"), ("zh_CN", "噪声偏移"), ("zh_CN", "noise offset")],
)
def test_a_setting_is_found_in_both_languages_and_its_field_gets_the_keyboard(
    palette, window, qtbot, settle, language, words
):
    i18n.set_language(language)
    (first, *_) = typed(palette, words, qtbot, settle)
    assert (first.key, first.text) == ("setting.noise_offset", i18n.tr("Noise offset"))
    assert first.note == {"en": "Train", "zh_CN": "训练"}[language]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle()
    assert window.pages.current == "train"
    settings = window.pages.built["train"].settings
    assert settings.level.value == "advanced"
    control = settings.advanced.row("noise_offset").control
    assert control.isVisible()
    assert control.isAncestorOf(window.focusWidget()) or control is window.focusWidget()


def test_columns_that_were_hidden_come_back_for_the_field(palette, window, qtbot, settle):
    window.navigate("train", {})
    settle()
    window.toggle_columns()
    settings = window.pages.built["train"].settings
    assert not settings.isVisible()
    window.open_palette()
    typed(palette, "noise offset", qtbot, settle)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    settle()
    assert settings.advanced.row("noise_offset").control.isVisible()


def test_settings_come_behind_actions_and_before_pictures(palette, qtbot, settle):
    keys = [row.key for row in typed(palette, "rank", qtbot, settle)]
    kinds = [key.partition(".")[0] for key in keys]
    assert "setting.network_dim" in keys
    assert kinds == sorted(kinds, key=lambda kind: kind == "picture")
    assert kinds[-1] == "picture"
    assert kinds.count("setting") <= 6


def test_names_that_begin_with_the_words_come_first(palette, qtbot, settle):
    found = [row.text for row in typed(palette, "min snr", qtbot, settle)]
    assert found[0].startswith("Min-SNR")


def test_nothing_is_read_for_it_before_somebody_searches(palette, window, qtbot, settle):
    settle()
    search = window.panels._settings
    assert search._settings is None
    typed(palette, "n", qtbot, settle)
    assert search._settings is None
    typed(palette, "no", qtbot, settle)
    assert search._settings


def test_without_a_project_there_is_no_next_run_to_set(window, qtbot, settle):
    window.open_palette()
    rows = typed(window.panels.palette, "noise offset", qtbot, settle)
    assert rows == []
