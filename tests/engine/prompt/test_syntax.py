from __future__ import annotations

import random
import string

import pytest

from engine.prompt.syntax import BREAK, LoraTag, Span, lora_tag, parse, render


def spans(prompt, emphasis="a1111"):
    return [(part.text, round(part.weight, 4)) for part in parse(prompt, emphasis)[0]]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", [("", 1)]),
        ("a cat", [("a cat", 1)]),
        ("a (red) cat", [("a ", 1), ("red", 1.1), (" cat", 1)]),
        ("a ((red)) cat", [("a ", 1), ("red", 1.21), (" cat", 1)]),
        ("a [red] cat", [("a ", 1), ("red", 0.9091), (" cat", 1)]),
        ("(red:1.3)", [("red", 1.3)]),
        ("(red :  -.5 )", [("red ", -0.5)]),
        ("(((red:1.3)))", [("red", 1.573)]),
        ("(a (b:2) c)", [("a ", 1.1), ("b", 2.2), (" c", 1.1)]),
        (r"\(red\) \[x\] \\", [(r"(red) [x] \\"[:-1], 1)]),
        ("(open to the end", [("open to the end", 1.1)]),
        ("[[open", [("open", 0.8264)]),
        ("stray) and ]", [("stray) and ]", 1)]),
        ("stray:1.2) text", [("stray:1.2) text", 1)]),
        ("(a)(b)", [("ab", 1.1)]),
        ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
        ("(time 12:30)", [("time 12", 30)]),
        ("()", [("", 1)]),
        ("(a [b) c]", [("a ", 1.1), ("b", 1.0), (" c", 0.9091)]),
    ],
)
def test_brackets_weigh_words_as_a1111_does(prompt, expected):
    assert spans(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("((red:1.3))", [("red", 1.3)]),
        ("(a (b:0.5) c:1.2)", [("a ", 1.2), ("b", 0.5), (" c", 1.2)]),
        ("((red))", [("red", 1.21)]),
        ("[red]", [("[red]", 1)]),
    ],
)
def test_in_comfy_mode_a_number_replaces_what_is_around_it(prompt, expected):
    assert spans(prompt, "comfy") == expected


def test_break_stands_between_its_neighbors_without_their_spaces():
    parts, _ = parse("a red\n BREAK (cat BREAK dog), BREAKFAST")
    assert parts == [
        Span("a red"),
        BREAK,
        Span("cat", 1.1),
        BREAK,
        Span("dog", 1.1),
        Span(", BREAKFAST"),
    ]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<lora:ink>", LoraTag("ink", 1, 1)),
        ("<lora:ink:0.7>", LoraTag("ink", 0.7, 0.7)),
        ("<lora:ink:-.5:0.2>", LoraTag("ink", -0.5, 0.2)),
        ("<lora:my ink v2:te=0.3>", LoraTag("my ink v2", 0.3, 0.3)),
        ("<lora:ink:te=0.3:unet=0.9>", LoraTag("ink", 0.3, 0.9)),
        ("<lora:ink:unet=0.9>", LoraTag("ink", 1, 0.9)),
        ("<lyco:ink:0>", LoraTag("ink", 0, 0)),
        ("<lora:ink:strong>", LoraTag("ink", valid=False)),
        ("<lora:ink:nan>", LoraTag("ink", valid=False)),
        ("<lora::1>", LoraTag("", valid=False)),
    ],
)
def test_lora_tags_are_taken_out_of_the_prompt(tag, expected):
    parts, loras = parse(f"a cat{tag}, (sleeping)")
    assert loras == [expected]
    assert parts == [Span("a cat, "), Span("sleeping", 1.1)]


def test_other_angle_brackets_stay_text():
    assert parse("a <b> <lora c>")[0] == [Span("a <b> <lora c>")]


def test_a_written_tag_reads_back():
    for weights in ((0.8, 0.8), (0.5, -1.0), (0.0, 1.0)):
        (tag,) = parse(lora_tag("ink", *weights))[1]
        assert (tag.unet_weight, tag.text_weight) == weights


def test_rendered_parts_read_back_to_the_same_parts():
    source = random.Random(7)
    for _ in range(300):
        parts = []
        for _ in range(source.randint(1, 6)):
            text = "".join(source.choices("ab ,:.12()[]\\é", k=source.randint(1, 8))).strip()
            weight = source.choice([1.0, 1.1, 0.25, -1.5, 3e-05, round(source.uniform(-3, 3), 3)])
            if text:
                parts += [Span(text, weight), BREAK]
        if parts:
            assert parse(render(parts[:-1]))[0] == parts[:-1]


def test_no_prompt_raises_or_loses_letters():
    source = random.Random(11)
    alphabet = "()[]\\:,<>|" * 3 + "abz 0.1-+\n" + "é🙂\x00\u2028"
    words = ["BREAK", "AND", "<lora:", "<lora:a:1>", ":1.2)", "((", "]]", "[a:b:0.5]"]
    for _ in range(3000):
        pieces = source.choices([*alphabet, *words], k=source.randint(0, 40))
        prompt = "".join(pieces)
        for emphasis in ("a1111", "comfy"):
            parts, _ = parse(prompt, emphasis)
            assert parts
            assert all(part is BREAK or abs(part.weight) <= 100 for part in parts)
        if not set(prompt) & set("()[]\\:<>BRKEA"):
            assert "".join(part.text for part in parts) == prompt


def test_ten_thousand_nested_brackets_stay_finite_and_quick():
    parts, _ = parse("(" * 10_000 + "a" + ")" * 10_000)
    assert parts == [Span("a", 100.0)]
    assert parse("[" * 10_000 + string.ascii_letters)[0][0].text == string.ascii_letters
