"""Captions are read in any encoding and never damaged."""

from __future__ import annotations

import codecs
import os

import pytest

from engine.dataset.captions import (
    LARGEST,
    caption_path,
    decode,
    encode,
    from_file_name,
    read_caption,
    write_caption,
)
from engine.runtime.errors import BadInputError, StorageError

CHINESE = "像素图标, 苹果, 白色背景"
FILES = {
    "utf-8": CHINESE.encode(),
    "utf-8 with BOM": codecs.BOM_UTF8 + CHINESE.encode(),
    "utf-16 little": codecs.BOM_UTF16_LE + CHINESE.encode("utf-16-le"),
    "utf-16 big": codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"),
    "utf-32": codecs.BOM_UTF32_LE + CHINESE.encode("utf-32-le"),
    "gb18030": CHINESE.encode("gb18030"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_is_read_and_only_the_edit_changes(tmp_path, kind, newline):
    path = tmp_path / "a.txt"
    encoding = decode(FILES[kind]).encoding
    path.write_bytes(FILES[kind] + f"{newline}second{newline}".encode(encoding))
    caption = read_caption(path)
    assert caption.text == f"{CHINESE}\nsecond"
    assert encode(caption) == path.read_bytes()
    assert write_caption(path, f"{CHINESE}\nthird", caption)
    assert path.read_bytes() == FILES[kind] + f"{newline}third{newline}".encode(encoding)


def test_utf_16_without_a_mark_is_recognized():
    assert decode("a red apple".encode("utf-16-le")).text == "a red apple"
    assert decode("a red apple".encode("utf-16-be")).text == "a red apple"


@pytest.mark.parametrize(
    "data",
    [b"caf\xe9, red", b"\xff\xfe\xfd", b"\x80\x81\xff", b"a\0b", codecs.BOM_UTF8 + b"\xff",
     "été là".encode("latin-1"), b"\xe9t\xe9, \xeate",
     "fuchs, grün, größe".encode("latin-1"), "Größe".encode("latin-1")],
)  # fmt: skip
def test_undecodable_bytes_are_marked_and_never_touched(tmp_path, data):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    caption = read_caption(path)
    assert caption.text == ""
    assert "unknown text encoding" in caption.problem
    assert not write_caption(path, "new text", caption)
    assert path.read_bytes() == data


def test_what_would_be_read_as_another_text_is_written_as_utf_8(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(CHINESE.encode("gb18030"))
    assert write_caption(path, "麒麟", read_caption(path))  # rare letters: no everyday Chinese
    assert path.read_bytes() == "麒麟".encode()
    assert read_caption(path).text == "麒麟"


@pytest.mark.parametrize(
    ("text", "sentence"), [("a\0b", "cannot be stored"), ("x" * (LARGEST + 1), "too long")]
)
def test_what_cannot_be_read_back_is_not_written(tmp_path, text, sentence):
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")
    with pytest.raises(BadInputError, match=sentence):
        write_caption(path, text, read_caption(path))
    assert path.read_bytes() == b"before"


def test_an_unchanged_caption_is_not_written(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\r\ntwo\nthree\r\n\r\n")
    os.utime(path, ns=(10**18, 10**18))
    caption = read_caption(path)
    assert not write_caption(path, "one\ntwo\nthree", caption)
    assert not write_caption(path, "one\r\ntwo\r\nthree\r\n", caption)
    assert path.read_bytes() == b"one\r\ntwo\nthree\r\n\r\n"
    assert path.stat().st_mtime_ns == 10**18


def test_spaces_and_commas_survive(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"  a ,b,, c ,\n")
    assert encode(read_caption(path)) == b"  a ,b,, c ,\n"


def test_a_new_caption_is_plain_utf_8(tmp_path):
    path = tmp_path / "new.txt"
    missing = read_caption(path)
    assert not missing.exists
    assert write_caption(path, "苹果", missing)
    assert path.read_bytes() == "苹果".encode()


def test_a_folder_or_a_huge_file_is_no_caption(tmp_path):
    (tmp_path / "a.txt").mkdir()
    assert "cannot be read" in read_caption(tmp_path / "a.txt").problem
    (tmp_path / "b.txt").write_bytes(b"x" * ((1 << 20) + 1))
    assert "too large" in read_caption(tmp_path / "b.txt").problem


def test_text_without_bytes_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(BadInputError, match="cannot be stored"):
        write_caption(path, "lone \ud800", read_caption(path))
    assert path.read_bytes() == b"old"


def test_a_full_disk_leaves_the_old_caption(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        write_caption(path, "new", read_caption(path))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_names_become_words(tmp_path):
    assert from_file_name("bell_pepper_copy") == "bell pepper copy"
    assert from_file_name("_well-known__thing ") == "well-known thing"
    assert caption_path(tmp_path / "a.b.png") == tmp_path / "a.b.txt"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_beside_a_picture_is_no_caption_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    found = read_caption(tmp_path / "a.txt")
    assert str(found.problem) == "a.txt is not a regular file."
    assert not write_caption(tmp_path / "a.txt", "tree", found)
