"""What is dropped on a project is copied into it, with its captions, and only if it decodes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from engine.dataset.formats.adopt import Blob, adopt
from engine.dataset.formats.names import FreeNames, plain
from engine.imaging.decode import load_rgba
from engine.project.project import Project
from engine.runtime.errors import JobCancelled, StorageError
from engine.runtime.job import Job
from tests.engine.dataset.conftest import paint

from .conftest import files_in, pictures_of


def _bytes(color, kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(buffer, kind)
    return buffer.getvalue()


def test_files_come_with_their_captions_and_never_clash(other, art, tmp_path):
    paint(tmp_path / "more" / "Apple.png", 9)
    first = adopt([art / "apple.png", art / "crown.png"], other, "hero: one")
    second = adopt([tmp_path / "more" / "Apple.png", art / "crown.png"], other, "hero: one")
    assert files_in(other.root / "pictures") == {
        "hero_ one/apple.png", "hero_ one/apple.txt", "hero_ one/crown.png", "hero_ one/crown.txt",
        "hero_ one/Apple_2.png",
    }  # fmt: skip
    assert [path.name for path in first.files] == ["apple.png", "crown.png"]
    assert [path.name for path in second.known] == ["crown.png"]
    found = pictures_of(other)
    assert (found["apple"].caption, found["apple"].category) == ("apple, icon", "hero_ one")
    assert found["Apple_2"].caption == ""


def test_a_dropped_folder_keeps_its_name_and_its_repeats(other, tmp_path):
    paint(tmp_path / "drop" / "10_hero" / "a.png", 1)
    (tmp_path / "drop" / "10_hero" / "a.txt").write_bytes("hero\r\n".encode("utf-16"))
    adopt([tmp_path / "drop" / "10_hero"], other)
    found = pictures_of(other)["a"]
    assert (found.repeats, found.category, found.caption) == (10, "hero", "hero")
    copied = other.root / "pictures" / "10_hero" / "a.txt"
    assert copied.read_bytes() == "hero\r\n".encode("utf-16")
    assert Project.open(other.root).file.folders[0].path == str(other.root / "pictures")


def test_bytes_of_a_browser_become_files(other):
    blobs = [Blob("https://x.org/a/pic?size=2", _bytes((255, 0, 0), "JPEG")),
             Blob("../../evil.png", _bytes((0, 255, 0))),
             Blob("", _bytes((0, 0, 255), "WEBP")),
             Blob("con.png", _bytes((9, 9, 9))),
             Blob("fake.png", b"<html>not found</html>")]  # fmt: skip
    result = adopt(blobs, other)
    assert [path.name for path in result.files] == [
        "pic_size=2.jpg", "evil.png", "picture.webp", "_con.png"
    ]  # fmt: skip
    assert all(path.parent == other.root / "pictures" for path in result.files)
    assert (load_rgba(result.files[1])[0, 0] == (0, 255, 0, 255)).all()
    assert len(result.problems) == 1


def test_what_cannot_be_read_is_told_and_the_rest_is_copied(other, art, tmp_path):
    (art / "apple.png").write_bytes((art / "apple.png").read_bytes()[:-30])
    (art / "notes.txt").write_text("no picture")
    result = adopt([art, tmp_path / "gone.png", art / "notes.txt"], other)
    assert len(result.files) == 3
    assert len(result.problems) == 3
    assert "apple" not in " ".join(files_in(other.root / "pictures"))


def test_the_dropped_files_are_not_touched(other, art):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in art.iterdir()}
    adopt([art], other)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in art.iterdir()} == before


def test_a_full_disk_or_a_cancel_keeps_what_was_copied(other, art, monkeypatch):
    import os

    sync, calls = os.fsync, []

    def fill_up(descriptor):
        calls.append(descriptor)
        if len(calls) == 4:  # the second picture's caption
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(StorageError, match="disk is full"):
            adopt([art], other, "x")
    assert files_in(other.root / "pictures") == {
        "x/apple.png", "x/apple.txt", "x/bell_pepper.png"
    }  # fmt: skip
    assert set(pictures_of(other)) == {"apple", "bell_pepper"}
    job = Job.detached()
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        adopt([art], other, "x", job)


def test_nothing_copied_adds_no_folder(other, tmp_path):
    adopt([tmp_path / "gone.png"], other)
    assert Project.open(other.root).file.folders == ()


def test_names_fit_every_system():
    assert [plain(name) for name in ("a:b", "NUL", "com1.txt", " .x. ", "a\udce9", "角色")] == [
        "a_b", "_NUL", "_com1.txt", "x", "a_", "角色"
    ]  # fmt: skip
    names = FreeNames()
    assert [names.take(name) for name in ("a", "A", "a_2", "a")] == ["a", "A_2", "a_2_2", "a_3"]
