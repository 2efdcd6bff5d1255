"""What is dropped on a project is copied into it, with its captions, and only if it decodes."""

from __future__ import annotations

import io
import os

import pytest
from PIL import Image

from engine.dataset.formats.adopt import Blob, adopt
from engine.dataset.formats.names import FreeNames, plain
from engine.dataset.library import Library
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


def test_a_dropped_set_of_kohya_folders_keeps_all_of_them(other, tmp_path):
    places = ("10_cat/a.png", "5_dog/b.png", "reg/3_man/c.png", "loose/d.png", "0_not/e.png")
    for number, place in enumerate(places):
        paint(tmp_path / "src" / place, number)
    adopt([tmp_path / "src"], other)
    found = pictures_of(other)
    assert {n: (p.repeats, p.category, p.is_reg) for n, p in found.items()} == {
        "a": (10, "cat", False), "b": (5, "dog", False), "c": (3, "man", True),
        "d": (1, "src", False),
    }  # fmt: skip


def test_the_folder_of_copies_is_a_step_that_can_be_taken_back(other, art):
    copied = adopt([art], other).files
    project = Project.open(other.root)
    library = Library(project.database, project)
    assert library.can_undo == "Add pictures"
    library.undo()
    assert (project.file.folders, library.can_undo) == ((), None)
    library.redo()
    assert [source.path for source in project.file.folders] == [str(other.root / "pictures")]
    library.close()
    assert all(path.is_file() for path in copied)
    adopt([art], other, "reg")
    assert len(Project.open(other.root).file.folders) == 1
    assert not any(picture.is_reg for picture in pictures_of(other).values())


def test_a_picture_of_the_same_name_and_size_is_another_one(other, art, tmp_path):
    """Told by its content, or a picture would be lost as known."""
    data = (art / "apple.png").read_bytes()
    adopt([art / "apple.png"], other)
    twin = tmp_path / "more" / "apple.png"
    paint(twin, 9)
    size = max(len(data), twin.stat().st_size)
    for path in (twin, other.root / "pictures" / "apple.png"):
        path.write_bytes(path.read_bytes().ljust(size, b"\0"))
        os.utime(path, ns=(10**18, 10**18))
    result = adopt([twin], other)
    assert ([path.name for path in result.files], result.known) == (["apple_2.png"], ())
    assert result.files[0].read_bytes() == twin.read_bytes()


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
