from __future__ import annotations

import random

import pytest

from engine.prompt.schedule import Voice, course, split_voices, stretches
from engine.prompt.syntax import parse


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("test", [(10, "test")]),
        ("a [b:3]", [(3, "a "), (10, "a b")]),
        ("a [b: 3]", [(3, "a "), (10, "a b")]),
        ("a [b::3]", [(3, "a b"), (10, "a ")]),
        ("a [[[b]]:2]", [(2, "a "), (10, "a [[b]]")]),
        ("[(a:2):3]", [(3, ""), (10, "(a:2)")]),
        ("a [b : c : 1] d", [(1, "a b  d"), (10, "a  c  d")]),
        ("a[b:[c:d:2]:1]e", [(1, "abe"), (2, "ace"), (10, "ade")]),
        ("a [b:.5] c", [(5, "a  c"), (10, "a b c")]),
        ("a [b:c:0.35]", [(3, "a b"), (10, "a c")]),
        ("a [b:c:0.05]", [(10, "a c")]),
        ("a [b:c:-2]", [(10, "a c")]),
        ("a [b:c:99]", [(10, "a b")]),
        # From 1.0 on it is the second pass that A1111 means; there is none.
        ("a [b:c:1.2]", [(10, "a b")]),
        ("[a:1.2]", [(10, "")]),
        ("((a][:b:c [d:3]", [(3, "((a][:b:c "), (10, "((a][:b:c d")]),
        ("a [unbalanced", [(10, "a [unbalanced")]),
        ("[a:b:c]", [(10, "[a:b:c]")]),
        ("[a]", [(10, "[a]")]),
        ("(a|b)", [(10, "(a|b)")]),
        (r"\[a:b:3]", [(10, r"\[a:b:3]")]),
    ],
)
def test_words_come_and_go_at_the_steps_that_a1111_counts(prompt, expected):
    assert stretches(prompt, 10) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("[a|b]", ["a", "b", "a", "b", "a"]),
        ("[a|(b:1.1)|c] x", ["a x", "(b:1.1) x", "c x", "a x", "(b:1.1) x"]),
        ("[fe|]male", ["female", "male", "female", "male", "female"]),
        ("[fe|||]male", ["female", "male", "male", "male", "female"]),
        ("[[a|b]:c:2]", ["a", "b", "c", "c", "c"]),
        ("[[a:b:3]|c]", ["a", "c", "a", "c", "b"]),
    ],
)
def test_alternatives_take_turns_with_every_step(prompt, expected):
    assert [voices[0].text for voices in course(prompt, 5)] == expected


def test_and_separates_prompts_with_weights():
    assert split_voices("a cat :1.2 AND a dog AND\nfog:-.5 AND ") == [
        Voice("a cat", 1.2),
        Voice("a dog"),
        Voice("fog", -0.5),
        Voice(""),
    ]
    assert split_voices("SAND and bAND at 12:30") == [Voice("SAND and bAND at 12:30")]
    assert split_voices("(a:1.2) AND [b:c:0.5]") == [Voice("(a:1.2)"), Voice("[b:c:0.5]")]


def test_each_voice_changes_by_itself_and_loses_its_lora_tags():
    first, second = course("[a:b:1] <lora:x:[1]> :2 AND c", 2)
    assert first == (Voice("a", 2.0), Voice("c"))
    assert second == (Voice("b", 2.0), Voice("c"))


def test_a_negative_prompt_is_one_voice_that_may_change():
    assert course("a AND [b:1]", 2, together=False) == (
        (Voice("a AND "),),
        (Voice("a AND b"),),
    )


def test_for_comfy_all_of_it_is_text():
    prompt = "[a:b:0.5] AND [c|d]"
    assert course(prompt, 3, "comfy") == ((Voice(prompt),),) * 3


def test_nothing_raises_and_what_has_no_brackets_stays():
    source = random.Random(3)
    pieces = [*"[]()|:\\ ab1.5-", "AND", " AND ", ":0.5]", "[a:b:", "1e999", "BREAK", "é"]
    for _ in range(3000):
        prompt = "".join(source.choices(pieces, k=source.randint(0, 30)))
        made = course(prompt, 4)
        assert len(made) == 4
        for voices in made:
            assert voices
            assert all(parse(voice.text)[0] for voice in voices)
        if not set(prompt) & set("[]") and "AND" not in prompt:
            assert made[0] == (Voice(prompt),)


def test_thousands_of_nested_brackets_are_read():
    assert len(course("[" * 20_000 + "a:b:3" + "]" * 20_000, 5)) == 5
    assert len(course("[a:" * 5_000 + "b" + ":3]" * 5_000, 5)) == 5
