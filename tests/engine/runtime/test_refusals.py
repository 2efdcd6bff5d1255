"""What a schema refuses is told with a sentence and facts, for every setting that is wrong."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, field_validator

from engine.runtime.refusals import Refusal, RefusedError, SettingError
from engine.runtime.schema import setting, validated


class Example(BaseModel):
    rank: int = setting(8, label="Rank", help="Size.", ge=1, le=128)
    rate: float = setting(0.5, label="Rate", help="Speed.", gt=0, lt=1)
    kind: Literal["plain", "deep"] = setting("plain", label="Kind", help="Which.")
    names: tuple[str, ...] = setting((), label="Names", help="All of them.")
    on: bool = setting(False, label="On", help="Whether.")
    title: str = setting("x", label="Title", help="What it is called.", min_length=1, max_length=3)

    @field_validator("rank")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise SettingError("Use a multiple of {step}.", step=2)
        return value


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"rank": 0}, "rank: must be 1 or more."),
        ({"rank": 129}, "rank: must be 128 or less."),
        ({"rank": 3}, "rank: use a multiple of 2."),
        ({"rank": "many"}, "rank: write a whole number."),
        ({"rank": 2.5}, "rank: write a whole number."),
        ({"rate": 0}, "rate: must be more than 0."),
        ({"rate": 1}, "rate: must be less than 1."),
        ({"rate": "fast"}, "rate: write a number."),
        ({"kind": "other"}, "kind: choose one of these: plain, deep."),
        ({"names": 3}, "names: must be a list."),
        ({"names": ("a", 3)}, "names.1: write a text."),
        ({"on": "perhaps"}, "on: must be true or false."),
        ({"title": ""}, "title: must have 1 characters at least."),
        ({"title": "long"}, "title: must have 3 characters at most."),
    ],
)
def test_a_mistake_is_one_sentence_behind_the_name_of_the_setting(values, line):
    with pytest.raises(RefusedError) as caught:
        validated(Example, values, "job.toml")
    assert str(caught.value) == f"job.toml: {line} Correct it and try again."
    assert caught.value.refusals[0].name == next(iter(values))


def test_all_mistakes_are_told_in_the_order_of_the_schema():
    with pytest.raises(RefusedError) as caught:
        validated(Example, {"kind": "other", "rate": 7, "rank": 3})
    refusals = caught.value.refusals
    assert [item.setting for item in refusals] == ["rank", "rate", "kind"]
    assert refusals[0] == Refusal("rank", "Use a multiple of {step}.", {"step": "2"})
    assert refusals[1].sentence == "Must be less than {lt}."


def test_an_abbreviation_keeps_its_letters_behind_the_name():
    assert Refusal("rank", "UNet and rank differ.").line == "rank: UNet and rank differ."
    assert Refusal("", "Nothing learns.").line == "Nothing learns."
