from __future__ import annotations

import os

import pytest

from engine.canvas.arrivals import MOST, Arrivals, pictures_in, stamp_of
from engine.runtime.errors import MissingFileError


def test_only_new_pictures_are_told_once_when_they_have_stopped_growing(tmp_path):
    (tmp_path / "old.png").write_bytes(b"x")
    arrivals = Arrivals(pictures_in(tmp_path))
    picture = tmp_path / "new.png"
    picture.write_bytes(b"half")
    assert arrivals.look(pictures_in(tmp_path)) == []
    picture.write_bytes(b"half and more")
    assert arrivals.look(pictures_in(tmp_path)) == []
    assert arrivals.look(pictures_in(tmp_path)) == ["new.png"]
    assert arrivals.look(pictures_in(tmp_path)) == []


def test_a_name_that_went_away_may_come_again(tmp_path):
    arrivals = Arrivals({"a.png": (1, 1)})
    assert arrivals.look({}) == []
    assert arrivals.look({"a.png": (2, 2)}) == []
    assert arrivals.look({"a.png": (2, 2)}) == ["a.png"]


def test_many_come_in_turns_oldest_first():
    arrivals = Arrivals({})
    now = {f"{number:03}.png": (1000 - number, 5) for number in range(40)}
    arrivals.look(now)
    told = [arrivals.look(now) for _ in range(4)]
    assert [len(names) for names in told] == [MOST, MOST, 40 - 2 * MOST, 0]
    assert told[0][0] == "039.png"
    assert len({name for names in told for name in names}) == 40


def test_what_is_no_picture_does_not_count(tmp_path):
    for name in ("a.txt", ".hidden.png", "empty.png", "b.PNG"):
        (tmp_path / name).write_bytes(b"" if name == "empty.png" else b"x")
    (tmp_path / "folder.png").mkdir()
    os.symlink(tmp_path / "nowhere", tmp_path / "broken.png")
    assert list(pictures_in(tmp_path)) == ["b.PNG"]


def test_a_folder_that_is_gone_is_told(tmp_path):
    with pytest.raises(MissingFileError):
        pictures_in(tmp_path / "gone")
    assert stamp_of(tmp_path / "gone") is None
