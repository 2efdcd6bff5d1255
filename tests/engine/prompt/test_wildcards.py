from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from engine.prompt.wildcards import (
    drawn,
    folder_lines,
    has_chance,
    list_wildcards,
    names_in,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "animals.txt").write_text("cat\n\n# not this\n  dog \n__birds__\n", "utf-8")
    (tmp_path / "birds.txt").write_bytes("\ufeffowl\r\n{red|blue} jay\r\n".encode())
    (tmp_path / "颜色.txt").write_text("青\n", "utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "hair color.txt").write_text("auburn", "utf-8")
    (tmp_path / "round.txt").write_text("a __round__", "utf-8")
    (tmp_path / "double.txt").write_text("__double____double__", "utf-8")
    (tmp_path / "empty.txt").write_text("\n#\n", "utf-8")
    (tmp_path.parent / "outside.txt").write_text("secret", "utf-8")
    return tmp_path


def test_the_seed_decides_and_every_word_comes_up(folder):
    lines = folder_lines(folder)
    first = [drawn("a __animals__ in {snow|rain}", seed, lines) for seed in range(200)]
    again = [
        drawn("a __animals__ in {snow|rain}", seed, folder_lines(folder)) for seed in range(200)
    ]
    assert first == again
    counted = Counter(text.removeprefix("a ").rpartition(" in ")[0] for text in first)
    assert set(counted) == {"cat", "dog", "owl", "red jay", "blue jay"}
    assert min(counted["cat"], counted["dog"]) > 40


def test_what_a_seed_draws_is_recorded():
    """A change here would change the pictures of every recipe that has wildcards."""
    assert [drawn("{a|b|c} {a|b|c}", seed, folder_lines(None)) for seed in range(6)] == [
        "c a",
        "b c",
        "b a",
        "a b",
        "c a",
        "a c",
    ]


def test_each_place_draws_for_itself_and_so_does_the_negative_prompt():
    texts = [drawn("{a|b}{a|b}", seed, folder_lines(None)) for seed in range(40)]
    assert set(texts) == {"aa", "ab", "ba", "bb"}
    salted = [drawn("{a|b}{a|b}", seed, folder_lines(None), salt="negative") for seed in range(40)]
    assert salted != texts


def test_choices_nest_and_may_be_empty():
    texts = {drawn("x{, {red|blue} y|}", seed, folder_lines(None)) for seed in range(60)}
    assert texts == {"x, red y", "x, blue y", "x"}


def test_names_lie_in_folders_and_any_script(folder):
    lines = folder_lines(folder)
    assert drawn("__deep/hair color__ __颜色__", 1, lines) == "auburn 青"
    assert list_wildcards(folder) == sorted(
        ["animals", "birds", "deep/hair color", "double", "empty", "round", "颜色"]
    )
    assert names_in("__a__ __b c__ __a__") == ["a", "b c"]


@pytest.mark.parametrize(
    "prompt",
    ["__missing__ x", "__empty__", "{a} b", "__../outside__", "a__b", "____", "snake__case", "{}"],
)
def test_what_draws_nothing_stays_as_it_is_written(folder, prompt):
    assert drawn(prompt, 1, folder_lines(folder)) == prompt


def test_files_that_name_themselves_come_to_an_end(folder):
    lines = folder_lines(folder)
    assert len(drawn("__round__", 1, lines)) < 200_000
    assert len(drawn("__double__", 1, lines)) < 200_000


def test_damaged_and_huge_files_are_read_or_left(folder):
    (folder / "bytes.txt").write_bytes(b"\xff\xfe\x00caf\xe9\n")
    with open(folder / "huge.txt", "wb") as stream:
        stream.truncate(9 * 2**20)
    assert drawn("__huge__", 1, folder_lines(folder)) == "__huge__"
    assert "caf" in drawn("__bytes__", 1, folder_lines(folder))


def test_no_prompt_raises(folder):
    source = random.Random(2)
    pieces = ["{", "}", "|", "__", "animals", "round", "__birds__", " ", "a", "/"]
    lines = folder_lines(folder)
    for seed in range(800):
        prompt = "".join(source.choices(pieces, k=source.randint(0, 12)))
        made = drawn(prompt, seed, lines)
        if not has_chance(prompt):
            assert made == prompt
