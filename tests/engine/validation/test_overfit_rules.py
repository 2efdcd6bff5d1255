"""What speaks against a row: single signs, other weights, and copies that are few."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.validation.conclusions import conclude
from engine.validation.evidence import CellEvidence, Evidence
from engine.validation.evidence_rows import Planted
from engine.validation.judging import judge
from engine.validation.limits import Limits
from engine.validation.overfit import Figures
from engine.validation.overfit_rules import Rules
from engine.validation.overfit_stats import Figure
from engine.validation.soundness import Standing, readings
from tests.engine.validation.test_pick import BASE, row

NAMES = {"run-1.safetensors": "1"}


@pytest.mark.parametrize(
    ("spread", "of_base", "is_sign"), [(0.3, 0.8, True), (0.3, 0.2, False), (0.9, 0.95, False)]
)
def test_attraction_is_a_sign_only_below_the_limit_and_the_base_model(
    spread: float, of_base: float, is_sign: bool
) -> None:
    tested = row("1", figures=Figures(entropy=Figure.plain(spread)))
    base = replace(BASE, figures=Figures(entropy=Figure.plain(of_base)))
    rules = Rules(Evidence((tested,), base, 0.6, 0.55, 0.86, {}), Limits(), NAMES)
    assert ("entropy" in {sign.kind for sign in rules.signs(tested)}) is is_sign


def test_copies_at_another_weight_are_told_of_a_row_that_has_none() -> None:
    rows = (row("1", 0.6), row("1", 1.0, copies=4), row("1", 1.4, copies=4))
    found = readings(rows, Rules(Evidence(rows, BASE, 0.6, 0.55, 0.86, {}), Limits(), NAMES))
    low, full, beyond = found
    assert [(flag.kind, flag.weight) for flag in low.elsewhere] == [("copies", 1.0)]
    assert (low.standing, full.standing) == (Standing.HIDDEN, Standing.FLAGGED)
    assert full.elsewhere == ()  # what is above full weight is on purpose
    assert [flag.weight for flag in beyond.elsewhere] == [1.0]


def with_copies(count: int) -> Evidence:
    ids = tuple(f"{at:02}" for at in range(24))
    cells = {
        key: CellEvidence(0.95 if at < count else 0.5, Path("t.png"), "cat")
        for at, key in enumerate(ids)
    }
    return Evidence((row("1", count=24, cells=ids),), BASE, 0.6, 0.55, 0.86, cells)


def test_copies_too_few_for_a_flag_are_told_with_their_pictures() -> None:
    verdict = judge(with_copies(2))
    assert "copies" not in {flag.kind for flag in verdict.flags}
    assert "1 at weight 1: 2 of 24 pictures are above 0.86." in str(verdict.notes[-1])
    assert verdict.to_json()["few_copies"] == [
        {"checkpoint": "run-1.safetensors", "weight": 1.0, "cells": ["00", "01"]}
    ]


@pytest.mark.parametrize("count", [0, 20])
def test_without_copies_or_with_many_there_is_no_note(count: int) -> None:
    assert judge(with_copies(count)).few_copies == ()


def test_a_planted_comparison_holds_to_the_copy_limit_of_the_project() -> None:
    evidence = with_copies(20)
    (tested,) = evidence.rows
    planted = Planted("seen", "cat", BASE, (tested,))
    usual = conclude(planted, tested, evidence, Limits())
    loose = conclude(planted, tested, evidence, Limits(copy_similarity=0.97))
    assert usual is not None
    assert loose is not None
    assert (usual.good, loose.good) == (False, True)


@pytest.mark.parametrize("held_out", [0.55, None])
def test_real_art_is_spoken_of_only_where_some_was_held_out(held_out: float | None) -> None:
    near = Figures(copy_mean=Figure.plain(0.8), excess=Figure.plain(0.2))
    verdict = judge(Evidence((row("1", figures=near),), BASE, 0.6, held_out, 0.86, {}))
    assert verdict.pick is not None
    said = str(verdict.pick)
    assert ("than real art that was not trained on" in said) is (held_out is not None)
    assert ("than these are to each other" in said) is (held_out is None)
