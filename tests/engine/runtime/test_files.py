"""Writes leave the old file or the new one, and name what went wrong."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from engine.runtime import files
from engine.runtime.errors import MissingFileError, StorageError, StylekilnError


def test_a_write_replaces_the_file_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "new" / "a.txt"
    files.write_text(target, "one")
    files.write_text(target, "zwei ü")
    assert target.read_text("utf-8") == "zwei ü"
    assert os.listdir(target.parent) == ["a.txt"]


def test_a_full_disk_keeps_the_old_file_and_says_so(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    files.write_text(target, "old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        files.write_text(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_an_error_while_writing_keeps_the_old_file(tmp_path):
    target = tmp_path / "a.bin"
    files.write_bytes(target, b"old")

    def write_half():
        with files.atomic_file(target) as stream:
            stream.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_library_that_wants_a_name_is_atomic_too(tmp_path):
    target = tmp_path / "a.bin"

    def save(name):
        with open(name, "wb") as stream:
            stream.write(b"data")

    files.write_by_name(target, save)
    assert target.read_bytes() == b"data"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_folder_in_the_place_of_a_file_is_a_storage_error(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        files.write_text(tmp_path / "a", "x")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names")
def test_a_file_never_takes_the_place_of_a_pipe_or_a_device(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StorageError, match="no ordinary file"):
        files.write_text(pipe, "x")
    with pytest.raises(StorageError, match="no ordinary file"):
        files.write_by_name(pipe, lambda name: None)
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


def test_missing_folders_and_files_are_named(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        files.require_folder(tmp_path / "nowhere")
    (tmp_path / "f").write_text("x")
    with pytest.raises(MissingFileError, match="not a folder"):
        files.require_folder(tmp_path / "f")
    with pytest.raises(MissingFileError, match="does not exist"):
        files.require_file(tmp_path / "g")


def test_a_sentence_with_a_stray_brace_is_shown_as_it_is():
    assert str(StylekilnError("{name} has { in it", name="x")) == "{name} has { in it"


def test_reading_the_permissions_of_new_files_does_not_change_them(tmp_path):
    mask = os.umask(0o027)
    try:
        assert files._read_umask() == 0o027
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(mask)


def test_json_stays_readable_in_every_language(tmp_path):
    files.write_json(tmp_path / "a.json", {"name": "窑"})
    assert "窑" in (tmp_path / "a.json").read_text("utf-8")


def test_a_named_write_makes_its_folders_and_knows_a_full_disk_by_its_words(tmp_path):
    def full(name):
        raise RuntimeError("I/O error: No space left on device (os error 28)")

    def broken(name):
        raise RuntimeError("wrong shape")

    target = tmp_path / "deep" / "er" / "a.bin"
    with pytest.raises(StorageError, match="disk is full"):
        files.write_by_name(target, full)
    with pytest.raises(RuntimeError, match="wrong shape"):
        files.write_by_name(target, broken)
    assert os.listdir(target.parent) == []


def test_what_a_killed_process_left_is_cleared_and_what_is_being_written_is_not(tmp_path):
    for name in (".new-old.tmp", ".new-fresh.tmp", "art.tmp", ".new-folder/file.safetensors"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"half")
    for name in (".new-old.tmp", "art.tmp", ".new-folder"):
        os.utime(tmp_path / name, (1, 1))
    files.write_bytes(tmp_path / "a.txt", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        ".new-fresh.tmp", "a.txt", "art.tmp",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "The disk is full; {} was not written."),
     (errno.EACCES, "{} cannot be written: access is denied.")],
)  # fmt: skip
def test_a_folder_that_cannot_be_copied_says_why_in_a_sentence(number, said, tmp_path):
    def fail(source, target):
        raise OSError(number, os.strerror(number), target)

    (tmp_path / "a").mkdir()
    for name in ("one", "two"):
        (tmp_path / "a" / name).write_text(name)
    target = tmp_path / "b"
    with pytest.raises(StorageError) as refused, files.storage_errors(target):
        shutil.copytree(tmp_path / "a", target, copy_function=fail)
    assert str(refused.value).startswith(said.format(target))
