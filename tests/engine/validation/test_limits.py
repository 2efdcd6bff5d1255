from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.runtime.schema import settings_of
from engine.validation.limits import NAME, Limits, load, save


def test_limits_are_kept_with_the_project(tmp_path: Path) -> None:
    assert load(tmp_path) == (Limits(), None)
    moved = Limits(least_fit=0.7, signs_needed=1)
    save(tmp_path, moved)
    assert load(tmp_path) == (moved, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"least_fit": 7}',
        b'{"least_fit": NaN}',
        b'{"excess": "much"}',
        b"[" * 60_000,
        b" " * (3 << 20) + b"{}",
    ],
)
def test_a_file_that_cannot_be_used_gives_the_usual_limits_and_a_sentence(
    tmp_path: Path, data: bytes
) -> None:
    (tmp_path / NAME).write_bytes(data)
    limits, problem = load(tmp_path)
    assert limits == Limits()
    assert str(problem).startswith(f"{NAME} cannot be used")
    assert (tmp_path / NAME).read_bytes() == data


def test_a_limit_of_a_newer_version_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps({"least_fit": 0.6, "of_tomorrow": 1}))
    assert load(tmp_path) == (Limits(least_fit=0.6), None)


def test_every_limit_has_a_face_and_a_range() -> None:
    found = settings_of(Limits)
    assert {item.name for item in found} == set(Limits.model_fields)
    for item in found:
        assert item.label
        assert item.help
        assert item.minimum <= item.default <= item.maximum
    with pytest.raises(ValidationError):
        Limits(excess=-1)
