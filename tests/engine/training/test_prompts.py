from __future__ import annotations

import pytest

from engine.runtime.errors import BadInputError
from engine.training.prompts import SamplePrompt, parse_prompt, prompt_lines


def test_options_are_read_and_taken_out_of_the_prompt():
    line = "castle, pixel icon --n blurry, text --w 130 --h 96 --d 42 --s 20 --l 4.5"
    assert parse_prompt(line) == SamplePrompt(
        "castle, pixel icon", "blurry, text", 128, 96, 42, 20, 4.5
    )


def test_a_prompt_that_looks_like_an_option_stays_a_prompt():
    assert parse_prompt("s 20 castles") == SamplePrompt("s 20 castles")


def test_unknown_and_malformed_options_have_no_effect():
    assert parse_prompt("key --zz 4 --w wide") == SamplePrompt("key")


def test_numbers_are_read_as_they_stand():
    assert parse_prompt("a --d 9007199254740993").seed == 9007199254740993
    assert parse_prompt("a --l .5").guidance_scale == 0.5
    assert parse_prompt("a --l 7.").guidance_scale == 7.0
    assert parse_prompt("a --w 96.8").width == 96


def test_dashes_inside_words_are_text():
    assert parse_prompt("well--worn key").prompt == "well--worn key"


def test_sizes_and_steps_stay_in_range():
    found = parse_prompt("key --w 8 --s 5000")
    assert (found.width, found.steps) == (64, 1000)


def test_a_sampler_may_be_named():
    assert parse_prompt("key --ss euler_a").sampler == "euler_a"


def test_options_of_other_families_are_not_read_as_prompt():
    found = parse_prompt("key --cn a.png --g 3.5 --ctr 1 --rcfg 2 --fs 3 --d 4")
    assert found == SamplePrompt("key", seed=4)


def test_a_text_file_has_a_prompt_per_line(tmp_path):
    file = tmp_path / "prompts.txt"
    file.write_text("\ufeff# note\n\n castle --d 1 \nkey\n", encoding="utf-8")
    assert prompt_lines(file) == ["castle --d 1", "key"]


def test_a_toml_file_shares_what_stands_above(tmp_path):
    file = tmp_path / "prompts.toml"
    file.write_text(
        '[prompt]\nwidth = 128\nscale = 4.5\nnegative_prompt = "blurry"\n'
        '[[prompt.subset]]\nprompt = "castle"\nseed = 0\n'
        '[[prompt.subset]]\nprompt = "key"\nwidth = 64\nsample_steps = 9\n'
        'sample_sampler = "ddim"\nguidance_scale = 3\n'
    )
    assert [parse_prompt(line) for line in prompt_lines(file)] == [
        SamplePrompt("castle", "blurry", width=128, seed=0, guidance_scale=4.5),
        SamplePrompt(
            "key", "blurry", width=64, steps=9, guidance_scale=4.5, sampler="ddim"
        ),
    ]  # fmt: skip


def test_a_json_file_lists_texts_or_tables(tmp_path):
    file = tmp_path / "prompts.json"
    file.write_text('["castle --d 3", {"prompt": "a\\nkey", "height": 96}]')
    assert [parse_prompt(line) for line in prompt_lines(file)] == [
        SamplePrompt("castle", seed=3),
        SamplePrompt("a key", height=96),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.toml", "x = 1"), ("a.toml", "= 1"), ("a.json", "{}"), ("a.json", "[1]")],
)
def test_what_holds_no_prompts_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInputError, match="holds no sample prompts"):
        prompt_lines(tmp_path / name)
