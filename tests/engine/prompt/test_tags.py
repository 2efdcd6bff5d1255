from __future__ import annotations

import pytest

from engine.prompt.syntax import LoraTag
from engine.prompt.tags import tags_in, with_weight, without_tag

PROMPT = "castle, <lora:ink:0.8>, <lora:gold:0.2:0.4> dusk"


def test_tags_are_read_in_order():
    assert tags_in(PROMPT) == [LoraTag("ink", 0.8, 0.8), LoraTag("gold", 0.2, 0.4)]
    assert tags_in("<lora::1> <lora:a:x>") == [LoraTag("", valid=False), LoraTag("a", valid=False)]


def test_one_is_weighed_anew():
    assert with_weight(PROMPT, 0, 1.05) == "castle, <lora:ink:1.05>, <lora:gold:0.2:0.4> dusk"
    assert tags_in(with_weight(PROMPT, 1, -0.5))[1] == LoraTag("gold", -0.5, -0.5)


@pytest.mark.parametrize(
    ("prompt", "number", "expected"),
    [
        (PROMPT, 0, "castle, <lora:gold:0.2:0.4> dusk"),
        (PROMPT, 1, "castle, <lora:ink:0.8>, dusk"),
        ("a <lora:x>", 0, "a"),
        ("a, <lora:x>", 0, "a"),
        ("<lora:x>, a", 0, "a"),
        ("a <lora:x> b", 0, "a b"),
        ("<lora:x>", 0, ""),
    ],
)
def test_one_is_taken_out_with_its_comma(prompt, number, expected):
    assert without_tag(prompt, number) == expected
