"""One declaration feeds form, command line and messages."""

from __future__ import annotations

import argparse
from typing import Literal

import pytest
from pydantic import BaseModel

from engine.runtime.errors import BadInputError
from engine.runtime.schema import (
    add_arguments,
    given_arguments,
    setting,
    settings_of,
    validated,
)


class Example(BaseModel):
    rank: int = setting(8, label="Rank", help="Size.", level="simple", ge=1, le=128, kohya="dim")
    rate: float | None = setting(None, label="Rate", help="100 % of it.", gt=0)
    mode: Literal["a", "b"] = setting("a", label="Mode", help="Which.")
    on: bool = setting(True, label="On", help="Whether.")
    names: tuple[str, ...] = setting((), label="Names", help="Several.")
    hidden_detail: int = 3


def test_every_declared_setting_is_described_and_others_are_not():
    found = {item.name: item for item in settings_of(Example)}
    assert list(found) == ["rank", "rate", "mode", "on", "names"]
    assert (found["rank"].minimum, found["rank"].maximum, found["rank"].kohya) == (1, 128, "dim")
    kinds = [item.kind for item in found.values()]
    assert kinds == ["int", "float", "choice", "bool", "list"]
    assert found["mode"].choices == ("a", "b")


def test_the_command_line_comes_from_the_same_place():
    parser = argparse.ArgumentParser()
    add_arguments(parser, Example)
    words = ["--rank", "4", "--no-on", "--names", "x", "--names", "y"]
    given = given_arguments(parser.parse_args(words), Example)
    assert validated(Example, given) == Example(rank=4, on=False, names=("x", "y"))
    assert "100 % of it" in parser.format_help()


def test_a_bad_value_is_one_sentence_that_names_the_field():
    with pytest.raises(BadInputError, match=r"^job.toml: rank: must be 128 or less\. Correct"):
        validated(Example, {"rank": 1000}, "job.toml")
