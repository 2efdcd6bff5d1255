"""Which picture a list means: never one of like name elsewhere, and a bad row costs only itself."""

from __future__ import annotations

import json

import pytest

from engine.project.project import Project, SourceFolder
from tests.engine.dataset.conftest import paint

from .conftest import bring, captions_of


@pytest.fixture
def numbered(tmp_path):
    """A project about ``cats/1.png`` and ``cats/2.png``: names that every set has."""
    for number in (1, 2):
        paint(tmp_path / "set" / "cats" / f"{number}.png", number)
    return Project.create(tmp_path / "n", "N", [SourceFolder(path=str(tmp_path / "set"))])


def test_numbered_sets_do_not_get_each_others_captions(numbered, tmp_path):
    lines = [{"image": "dogs/1.png", "text": "a dog"},
             {"image": "/mnt/other/set/2.png", "text": "a boat"}]  # fmt: skip
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, lines)))
    result = bring(numbered, tmp_path / "d.jsonl")
    assert captions_of(numbered) == {"1": "", "2": ""}
    assert result.unmatched == (
        "dogs/1.png is no picture of this project.",
        "/mnt/other/set/2.png is no picture of this project.",
    )


def test_the_entry_that_tells_more_of_the_path_wins_whatever_the_order(numbered, tmp_path):
    lines = [{"image": "1.png", "text": "by name"}, {"image": "old/cats/1.png", "text": "old"},
             {"image": "set/cats/1.png", "text": "right"},
             {"image": "2.png", "text": "alone"}]  # fmt: skip
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "d.jsonl").write_text("\n".join(map(json.dumps, lines)))
    result = bring(numbered, tmp_path / "elsewhere" / "d.jsonl")
    assert captions_of(numbered) == {"1": "right", "2": "alone"}
    assert result.unmatched == (
        "old/cats/1.png names 1.png a second time.",
        "1.png names 1.png a second time.",
    )


def test_a_file_that_is_there_is_meant_and_not_one_of_like_name(numbered, tmp_path):
    paint(tmp_path / "v2" / "cats" / "1.png", 9)
    (tmp_path / "link").symlink_to(tmp_path / "set")
    lines = [{"image": f"{tmp_path}/v2/cats/1.png", "text": "other"},
             {"image": f"{tmp_path}/link/cats/2.png", "text": "same"}]  # fmt: skip
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "d.jsonl").write_text("\n".join(map(json.dumps, lines)))
    result = bring(numbered, tmp_path / "in" / "d.jsonl")
    assert captions_of(numbered) == {"1": "", "2": "same"}
    assert len(result.unmatched) == 1


def test_a_bad_row_costs_only_itself(numbered, tmp_path):
    """Names no file can have, text no file can hold, and commas without quotes."""
    base = tmp_path / "set" / "cats"
    lines = [{"file_name": "a" * 5000 + ".png", "text": "x"}, {"file_name": "\ud800.png"},
             {"file_name": "1.png", "text": "x", "category": "\ud800"},
             {"file_name": "1.png", "text": "a\0b"}, {"file_name": "1.png", "text": "\udc31"},
             {"file_name": "1.png", "text": "x" * (1 << 20 | 1)},
             {"file_name": "2.png", "text": "good", "category": "cat"}]  # fmt: skip
    (base / "m.jsonl").write_text("\n".join(map(json.dumps, lines)))
    result = bring(numbered, base / "m.jsonl")
    assert (captions_of(numbered), len(result.unmatched)) == ({"1": "", "2": "good"}, 6)
    (base / "m.csv").write_text("file_name,text\n2.png,red, round\n1.png,fine\n")
    result = bring(numbered, base / "m.csv")
    assert (captions_of(numbered)["1"], result.unplaced) == ("fine", ())
    assert result.unmatched == ("m.csv, line 2 has more cells than the head line.",)
    "\n".join(result.unmatched).encode()
