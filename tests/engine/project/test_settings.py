"""Settings survive, and damage to them costs only what is damaged."""

from __future__ import annotations

import json
import sys
from dataclasses import fields

import pytest

from engine.project.settings import _ACCEPTED, Settings, data_dir, settings_path


def test_settings_are_read_back(tmp_path):
    settings = Settings(language="zh_CN", theme="light", recent_projects=("/a", "/b"))
    settings.save()
    assert Settings.load() == settings
    assert settings_path().parent == data_dir()


def test_without_a_file_everything_is_at_its_default():
    assert Settings.load() == Settings()


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\xfd", b"[1, 2]", b"null", b"[" * 99_999])
def test_a_damaged_file_means_defaults(data):
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_bytes(data)
    assert Settings.load() == Settings()


def test_a_file_that_cannot_be_read_is_kept_from_being_written_over():
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_bytes(b'{"model_folders": ["/a"')
    Settings.load().save()
    kept = settings_path().with_name("settings.json.broken")
    assert kept.read_bytes() == b'{"model_folders": ["/a"'


def test_one_wrong_value_costs_only_itself():
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    values = {"theme": "purple", "language": "zh_CN", "torch_threads": -4, "from_the_future": 1}
    settings_path().write_text(json.dumps(values))
    assert Settings.load() == Settings(language="zh_CN")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "de"),
        ("theme", None),
        ("recent_projects", "/a"),
        ("model_folders", [1]),
        ("torch_threads", 257),
        ("torch_threads", True),
        ("window_geometry", 7),
        ("workspace", []),
        ("tile_size", 95),
        ("tile_size", "150"),
    ],
)
def test_no_value_of_another_kind_comes_out_of_a_file(name, value):
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(json.dumps({name: value}))
    assert getattr(Settings.load(), name) == getattr(Settings(), name)


def test_every_setting_has_a_check_and_is_kept():
    assert set(_ACCEPTED) == {field.name for field in fields(Settings)}


@pytest.mark.skipif(sys.platform != "linux", reason="each system has its own place")
def test_the_folder_is_the_usual_one_of_the_system(monkeypatch, tmp_path):
    monkeypatch.delenv("STYLEKILN_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_dir() == tmp_path / "Stylekiln"
