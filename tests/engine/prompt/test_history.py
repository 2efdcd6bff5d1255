from __future__ import annotations

import pytest

from engine.prompt.history import MOST, Spoken, found, read_history, remember
from engine.runtime.errors import StorageError


def test_the_newest_comes_first_and_each_once(tmp_path):
    path = tmp_path / "new" / "prompts.jsonl"
    assert read_history(path) == []
    for when, words in enumerate(["cat", "猫\nzwei", "cat"]):
        remember(path, Spoken(words, "fog", float(when)))
    assert read_history(path) == [Spoken("cat", "fog", 2.0), Spoken("猫\nzwei", "fog", 1.0)]


def test_a_line_that_a_kill_cut_costs_only_itself(tmp_path):
    path = tmp_path / "prompts.jsonl"
    remember(path, Spoken("cat", "", 1.0))
    with open(path, "ab") as stream:
        stream.write(b'[2.0, "do')
    remember(path, Spoken("cow", "", 3.0))
    assert [one.prompt for one in read_history(path)] == ["cow", "cat"]


@pytest.mark.parametrize("content", [b"\xff\xfe\0", b"[" * 9000, b'{"a": 1}\n[1]\n["x","y","z"]'])
def test_whatever_is_in_the_file_is_read(tmp_path, content):
    path = tmp_path / "prompts.jsonl"
    path.write_bytes(content)
    assert read_history(path) == []
    remember(path, Spoken("cat", "", 1.0))
    assert [one.prompt for one in read_history(path)] == ["cat"]


def test_it_does_not_grow_forever(tmp_path):
    path = tmp_path / "prompts.jsonl"
    for number in range(60):
        remember(path, Spoken(f"{number} " + "x" * 50_000, "", float(number)))
        assert path.stat().st_size < 1.2 * 2**20
    history = read_history(path)
    assert history[0].prompt.startswith("59 ")
    assert len(history) > 3
    for number in range(MOST + 50):
        remember(path, Spoken(str(number), "", float(number)))
    assert len(read_history(path)) == MOST


def test_it_is_searched_in_both_prompts():
    history = [Spoken("red Apple", "fog"), Spoken("green apple", ""), Spoken("cow", "red")]
    assert found(history, "apple RED") == history[:1]
    assert found(history, "red") == [history[0], history[2]]
    assert found(history, " ") == history


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(StorageError):
        remember(blocked / "prompts.jsonl", Spoken("cat", ""))
