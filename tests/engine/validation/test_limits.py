from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from engine.runtime.schema import settings_of
from engine.validation import overfit
from engine.validation.evidence import CellEvidence, Evidence
from engine.validation.judging import judge
from engine.validation.limit_readings import MAIN, MORE, LimitReading, read
from engine.validation.limits import NAME, Limits, load, save
from engine.validation.overfit import NOTHING, Figures
from engine.validation.overfit_stats import Figure
from tests.engine.validation.test_pick import BASE, GOOD


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


def read_of(name: str, evidence: Evidence, **limits: float) -> LimitReading:
    verdict = judge(evidence, Limits(**limits), foresee=False)
    return read(name, verdict.rows[0], verdict)


def evidence_with(figures: Figures, base: Figures = NOTHING, **values) -> Evidence:
    row = replace(GOOD, checkpoint="run-1.safetensors", figures=figures, **values)
    return Evidence((row,), replace(BASE, figures=base), 0.6, 0.55, 0.86, {})


def test_a_limit_is_read_in_the_scale_of_its_measure_and_comes_back_as_typed() -> None:
    evidence = evidence_with(Figures(copy_mean=Figure.plain(0.6)))
    reading = read_of("excess", evidence)
    assert (reading.label, reading.relation, reading.limit) == ("Copying", "at most", 0.6)
    for typed in (0.55, 0.61, 0.73):
        setting = reading.scale.setting(typed)
        assert read_of("excess", evidence, excess=setting).limit == typed


@pytest.mark.parametrize(("copying", "holds"), [(0.6049, True), (0.6051, False)])
def test_a_value_is_held_against_its_limit_as_both_are_read(copying: float, holds: bool) -> None:
    evidence = evidence_with(Figures(copy_mean=Figure.plain(copying)))
    assert read_of("excess", evidence).holds is holds


def test_every_limit_is_read_and_what_is_missing_says_why() -> None:
    assert {*MAIN, *MORE} == {item.name for item in settings_of(Limits)}
    bare = evidence_with(NOTHING)
    for name in (*MAIN, *MORE):
        reading = read_of(name, bare)
        if reading.figure is None and name != "about_as_good":
            assert reading.why.startswith("Not measured: ")


def test_a_spread_no_worse_than_the_base_models_holds_and_says_so() -> None:
    figures, base = Figures(entropy=Figure.plain(0.6)), Figures(entropy=Figure.plain(0.55))
    reading = read_of("least_entropy", evidence_with(figures, base))
    assert (reading.holds, reading.why != "") == (True, True)
    assert not read_of("least_entropy", evidence_with(figures)).holds


def test_a_moved_copy_limit_moves_the_share_and_its_interval_together() -> None:
    alike = [0.7, 0.72, 0.74, 0.9, 0.7, 0.9, 0.91, 0.71, 0.95, 0.73, 0.72, 0.93]
    ids = [f"{at:02}" for at in range(len(alike))]
    prompts = [f"prompt {at // 2}" for at in range(len(alike))]
    cells = {
        key: CellEvidence(value, Path("t.png"), prompt)
        for key, value, prompt in zip(ids, alike, prompts, strict=True)
    }
    at_default = overfit.copy_share(np.array(alike), prompts, 0.86)
    evidence = replace(
        evidence_with(Figures(copy_share=at_default), cells=tuple(ids), count=12),
        cells=cells,
        threshold=0.86,
    )
    for moved in (0.6, 0.715, 0.8, 0.92, 0.99):
        verdict = judge(evidence, Limits(copy_similarity=moved), foresee=False)
        row = verdict.rows[0]
        told = read("copies_share", row, verdict).figure
        assert told == overfit.copy_share(np.array(alike), prompts, moved)
        assert told.low <= told.value <= told.high
        counted = round(told.value * row.row.count)
        record = verdict.to_json()
        assert record["rows"][0]["copies"] == counted
        assert record["rows"][0]["figures"]["copy_share"]["value"] == told.value
        assert record["background"]["threshold"] == round(moved, 2)
    held = judge(evidence, foresee=False)
    assert read("copies_share", held.rows[0], held).figure == at_default


def test_the_share_of_copies_is_counted_by_what_is_read_of_each_picture() -> None:
    alike = {"a": 0.8649, "b": 0.866}
    cells = {key: CellEvidence(value, Path("t.png")) for key, value in alike.items()}
    figures = Figures(copy_share=Figure.plain(1.0))
    evidence = replace(evidence_with(figures, cells=("b", "a"), count=2), cells=cells)
    assert read_of("copies_share", evidence).figure.value == 0.5  # 0.86 is not above 0.86
