"""A file that mixes line ends keeps them through edits, and undo gives back its bytes."""

from __future__ import annotations

import pytest

from engine.dataset.captions import decode, encode, read_caption, write_caption
from engine.dataset.library import Library
from engine.project.project import SourceFolder

from .conftest import ids_by_name

MIXED = b"one\r\ntwo\nthree\rfour\r\n\n"


def test_mixed_line_ends_are_read_and_given_back():
    caption = decode(MIXED)
    assert caption.text == "one\ntwo\nthree\nfour"
    assert encode(caption) == MIXED


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("one\nTWO\nthree\nfour", b"one\r\nTWO\nthree\rfour\r\n\n"),
        ("one\nthree\nfour", b"one\r\nthree\rfour\r\n\n"),
        ("one\ntwo\nnew\nthree\nfour", b"one\r\ntwo\nnew\r\nthree\rfour\r\n\n"),
        ("one\ntwo\nthree\nfour\nfive", b"one\r\ntwo\nthree\rfour\r\nfive\r\n\n"),
        ("two\nthree", b"two\nthree\r\n\n"),
        ("", b"\r\n\n"),
    ],
)
def test_a_line_that_stays_keeps_its_end(tmp_path, text, data):
    path = tmp_path / "a.txt"
    path.write_bytes(MIXED)
    assert write_caption(path, text, read_caption(path))
    assert path.read_bytes() == data


@pytest.mark.parametrize("text", ["one", "four\nthree\ntwo\none", "x", "ONE\ntwo\nthree\nfour"])
def test_undo_gives_back_the_bytes_also_after_a_restart(library, art, tmp_path, text):
    path = art / "apple.txt"
    path.write_bytes(MIXED)
    library.scan([SourceFolder(path=str(art))])
    apple = ids_by_name(library)["apple"]
    library.set_captions({apple: text})
    written = path.read_bytes()
    assert read_caption(path).text == text
    library.close()
    other = Library(tmp_path / "dataset.sqlite")
    for _ in range(2):
        other.undo()
        assert path.read_bytes() == MIXED
        other.redo()
        assert path.read_bytes() == written
    other.close()


def test_several_edits_of_one_step_are_undone_to_the_first_bytes(library, art):
    path = art / "apple.txt"
    path.write_bytes(MIXED)
    library.scan([SourceFolder(path=str(art))])
    apple = ids_by_name(library)["apple"]
    with library.one_step("Change captions"):
        library.set_captions({apple: "one"})
        library.set_captions({apple: "one, more"})
    assert path.read_bytes() == b"one, more\r\n\n"
    library.undo()
    assert path.read_bytes() == MIXED
