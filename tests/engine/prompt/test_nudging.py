from __future__ import annotations

import random

import pytest

from engine.prompt.nudging import nudged


def parts(marked: str) -> tuple[str, int, int]:
    """``marked`` with ``«`` and ``»`` around what is marked; one ``|`` is the cursor."""
    if "|" in marked:
        at = marked.index("|")
        return marked.replace("|", ""), at, at
    start = marked.index("«")
    return marked.replace("«", "").replace("»", ""), start, marked.index("»") - 1


@pytest.mark.parametrize(
    ("before", "steps", "after"),
    [
        ("a r|ed cat", 1, "a («red»:1.1) cat"),
        ("a red| cat", -1, "a («red»:0.9) cat"),
        ("a («red»:1.1) cat", 1, "a («red»:1.2) cat"),
        ("a («red»:1.1) cat", -1, "a «red» cat"),
        ("a (red c|at:1.3) x", 1, "a («red cat»:1.4) x"),
        ("a (r|ed) cat", 1, "a («red»:1.2) cat"),
        ("a (r|ed) cat", -1, "a «red» cat"),
        ("«a red cat», dog", 1, "(«a red cat»:1.1), dog"),
        (" «red » cat", 1, " («red»:1.1)  cat"),
        ("(a (b|) c:1.5)", 1, "(a («b»:1.2) c:1.5)"),
        ("蓝色|，猫", 1, "(«蓝色»:1.1)，猫"),
        ("(x:0|.1)", -1, "(«x»:0)"),
        ("(«x»:0)", -1, "(«x»:-0.1)"),
    ],
)
def test_words_get_tenths(before, steps, after):
    assert nudged(*parts(before), steps) == parts(after)


@pytest.mark.parametrize(
    ("before", "steps", "after"),
    [
        ("a <lora:in|k:0.8>", 1, "a <lora:ink:0.85>"),
        ("a <lora:in|k:0.05>", -1, "a <lora:ink:0>"),
        ("a <lora:in|k:0>", -1, "a <lora:ink:-0.05>"),
        ("a <lora:in|k>", -1, "a <lora:ink:0.95>"),
    ],
)
def test_tags_get_twentieths_of_their_own(before, steps, after):
    _, start, _ = parts(before)
    made = nudged(*parts(before), steps)
    assert (made.text, made.start) == (after, start)


def test_where_no_word_is_nothing_changes():
    for text, at in (("", 0), ("a  b", 2), (", ", 1)):
        assert nudged(text, at, at, 1).text == text


def test_up_and_down_again_is_where_it_began():
    source = random.Random(5)
    for _ in range(500):
        text = "".join(source.choices("ab ,()<>:lora1.", k=12))
        at = source.randint(0, 12)
        up = nudged(text, at, at, 1)
        assert 0 <= up.start <= up.end <= len(up.text)
        down = nudged(up.text, up.start, up.end, -1)
        assert 0 <= down.start <= down.end <= len(down.text)
    made = nudged("a red cat", 3, 3, 1)
    for _ in range(3):
        made = nudged(*made, 1)
    assert made.text == "a (red:1.4) cat"
    for _ in range(4):
        made = nudged(*made, -1)
    assert made.text == "a red cat"
