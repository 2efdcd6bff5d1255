"""Files that somebody spoiled, by hand or by accident: each gets one sentence, or is read."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.commands.grid import read_request
from engine.runtime.errors import StylekilnError
from engine.runtime.words import Words
from engine.validation.export.arrangement import Names, arranged
from engine.validation.manifest import open_grid
from engine.validation.marks import read_marks
from engine.validation.survey import dry_run
from tests.engine.validation.exports import make_grid

MUTATIONS = 300
GRID = {
    "folder": "g",
    "cells": "c",
    "trigger": "sks",
    "axes": [
        {"setting": "checkpoint", "values": ["", "l.safetensors"]},
        {"setting": "weight", "values": [0, 0.5]},
        {"setting": "prompt", "values": ["a", "b <lora:l:0.5>"]},
        {"setting": "size", "values": ["64x64"]},
        {"setting": "replace", "values": [["a", "b"]]},
        {"setting": "init_image", "values": ["sketches"]},
    ],
    "image": {"model": "starter", "steps": 3, "loras": [{"path": "l.safetensors", "weight": 0.5}]},
    "shown": {"x": "weight", "pages": ["prompt"]},
}
MARKS = {"format_version": 1, "starred": ["a" * 64], "rejected": [], "pinned": ["b" * 64]}
JUNK: list[Any] = [
    None, True, -1, 2**63, 10**400, 1e308, float("nan"), float("inf"), -0.0, "", "\0", "..", "/",
    "\ud800", "😀", "x" * 5000, "\n" * 500, [], {}, [[]], {"a": 1}, [None], ["a", ["b"]],
    {"setting": "x"}, "1-1e9", "0 … 1e9", "(((((", "<lora:x:nan>", "64x-1", "99999999999x1",
    "%s{}{name}", [1] * 2000, "*" * 400, {"path": "\0"},
]  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside ``value``."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside:
        yield (*at, key)
        if isinstance(one, (dict, list)):
            yield from places(one, (*at, key))


def spoiled(value: Any, chance: random.Random) -> Any:
    """``value`` with junk, holes and strangers in it."""
    made = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 3))):
        found = list(places(made))
        *way, last = chance.choice(found) if found else ("folder",)
        place = made
        for key in way:
            place = place[key]
        deed, junk = chance.random(), copy.deepcopy(chance.choice(JUNK))
        if deed < 0.8:
            place[last] = junk
        elif deed < 0.9 and found:
            del place[last]
        elif isinstance(place, dict):
            place[chance.choice(("", "model", "weights", "handler"))] = copy.deepcopy(
                chance.choice(JUNK)
            )
    return made


def toml(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case bool() | None:
            return "true" if value else "false"
        case float():
            return repr(value).replace("e+", ".0e")
        case _:
            return json.dumps(value, ensure_ascii=False)


def refusals(deed: Callable[[], object]) -> list[str]:
    """What a user is told, if it is refused; any other error is a fault."""
    try:
        deed()
    except StylekilnError as error:
        return [str(error)]
    return []


def is_a_sentence(told: str) -> bool:
    return 10 < len(told) < 1200 and "\n" not in told and "Error" not in told


def test_a_spoiled_grid_toml_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "l.safetensors").write_bytes(b"junk")
    (tmp_path / "sketches").mkdir()
    chance, told, path = random.Random(1), list[str](), tmp_path / "grid.toml"

    def read() -> None:
        request = read_request(path)
        if request.count < 100:
            dry_run(request)

    for _ in range(MUTATIONS):
        made = spoiled(GRID, chance)
        text = "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in made.items())
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        told += refusals(read)
    assert MUTATIONS / 3 < len(told) <= MUTATIONS
    assert [one for one in told if not is_a_sentence(one)] == []


@pytest.mark.parametrize("name", ["grid.json", "marks.json"])
def test_a_spoiled_file_of_a_grid_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    make_grid(tmp_path, side=8, seeds=(1,))
    chance, told, path = random.Random(2), list[str](), tmp_path / name
    record = json.loads(path.read_text()) if name == "grid.json" else MARKS

    def read() -> None:
        read_marks(tmp_path)
        found = open_grid(tmp_path)
        arranged(found, Names(found.request, Words()))

    for _ in range(MUTATIONS):
        path.write_text(json.dumps(spoiled(record, chance)))
        told += refusals(read)
    assert MUTATIONS / 10 < len(told) < MUTATIONS
    assert [one for one in told if not is_a_sentence(one)] == []
