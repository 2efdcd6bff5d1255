from __future__ import annotations

from engine.training.prompts import SamplePrompt, parse_prompt


def test_options_are_read_and_taken_out_of_the_prompt():
    line = "castle, pixel icon --n blurry, text --w 130 --h 96 --d 42 --s 20 --l 4.5"
    assert parse_prompt(line) == SamplePrompt(
        "castle, pixel icon", "blurry, text", 128, 96, 42, 20, 4.5
    )


def test_a_prompt_that_looks_like_an_option_stays_a_prompt():
    assert parse_prompt("s 20 castles") == SamplePrompt("s 20 castles")


def test_unknown_and_malformed_options_have_no_effect():
    assert parse_prompt("key --zz 4 --w wide") == SamplePrompt("key")


def test_dashes_inside_words_are_text():
    assert parse_prompt("well--worn key").prompt == "well--worn key"


def test_sizes_and_steps_stay_in_range():
    found = parse_prompt("key --w 8 --s 5000")
    assert (found.width, found.steps) == (64, 1000)
