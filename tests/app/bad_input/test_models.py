"""Model files that are truncated, of an unknown family or hostile, and folders that are gone."""

from __future__ import annotations

import os
import pickle
import zipfile

import pytest
from PySide6.QtWidgets import QFileDialog

from app.models.words import problem_of
from engine.runtime.resources import resource
from tests.app.bad_input.conftest import other_lora, write_tensors


class Attack:
    """What a hostile checkpoint would run when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, (os.environ["STYLEKILN_HOME"] + "/hacked",)


def truncated(folder):
    whole = resource("starter", "unet", "diffusion_pytorch_model.safetensors").read_bytes()
    path = folder / "short.safetensors"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def stranger(folder):
    return write_tensors(folder / "stranger.safetensors", {"encoder.weight": (4, 4)})


def hostile(folder):
    path = folder / "hostile.ckpt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": Attack()}))
    return path


def empty(folder):
    path = folder / "empty.ckpt"
    path.write_bytes(b"")
    return path


BAD = (truncated, stranger, hostile, empty)


@pytest.fixture
def models(page):
    return page("models")


def add(models, *paths):
    """Choose ``paths`` in the dialog of Add files."""
    models.doors.ask_files()
    (dialog,) = models.findChildren(QFileDialog)
    dialog.filesSelected.emit([str(path) for path in paths])
    dialog.close()


@pytest.mark.parametrize("bad", BAD, ids=lambda make: make.__name__)
def test_a_file_that_cannot_be_used_is_not_taken_and_says_why(
    models, window, settle, tmp_path, toast, bad
):
    path = bad(tmp_path)
    good = other_lora(tmp_path)
    add(models, path, good)
    settle()
    toast(path.name)
    names = [info.path.name for info in models.list.models]
    assert good.name in names
    assert path.name not in names
    assert not os.path.exists(os.environ["STYLEKILN_HOME"] + "/hacked")


@pytest.mark.parametrize("bad", BAD, ids=lambda make: make.__name__)
def test_a_file_in_a_model_folder_is_listed_with_its_reason(
    models, window, settle, tmp_path, said, bad
):
    folder = tmp_path / "shelf"
    folder.mkdir()
    path = bad(folder)
    window.session.change_settings(model_folders=(str(folder),))
    settle()
    models.refresh()
    settle()
    (info,) = [info for info in models.list.models if info.path.name == path.name]
    said(problem_of(info), path.name)
    models.choose([str(path)])
    said(models.inspector._problem_text.text(), path.name)
    assert not models.inspector.paint.isVisible()


def test_a_file_that_is_gone_is_named(models, window, settle, tmp_path, toast):
    add(models, tmp_path / "gone.safetensors")
    settle()
    toast("gone.safetensors")


def test_a_model_folder_that_is_missing_is_marked(models, window, settle, tmp_path, said):
    window.session.change_settings(model_folders=(str(tmp_path / "unplugged"),))
    settle()
    models.refresh()
    settle()
    (row,) = [row for row in models.library.folders.rows.items if row.text == "unplugged"]
    assert row.tone == "err"
    said(row.count)


def test_a_full_disk_stops_the_copy_and_leaves_nothing_half(
    models, window, settle, tmp_path, toast, full_disk
):
    full_disk()
    add(models, other_lora(tmp_path))
    settle()
    toast("other.safetensors")
    assert [info.layout for info in models.list.models] == ["starter"]
