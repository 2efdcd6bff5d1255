"""The held-out loss of checkpoints, paired by picture, and what its rise does to a verdict."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from engine.training.config import TrainRequest
from engine.training.runs import Run
from engine.validation import overfit
from engine.validation.evidence import Evidence, assess
from engine.validation.held_out import HeldOut, held_out_of
from engine.validation.judging import judge
from engine.validation.limits import Limits
from engine.validation.overfit_rules import Rules, leak
from engine.validation.overfit_stats import Figure, student
from tests.engine.validation.fake_grids import fake_grid
from tests.engine.validation.test_pick import BASE, GOOD
from tests.engine.validation.test_planted import HELD_OUT, TRAINING, base, sound

USUAL = np.linspace(0.05, 0.5, 10)  # some pictures are hard at every checkpoint
WOBBLE = 0.001 * np.array([1, -1, 2, -2, 1, -1, 2, -2, 1, -1])


def run_with(folder: Path, rows: list[np.ndarray], *, pictures: bool = True) -> Run:
    """A run that measured ``rows`` at steps 0, 10, 20 …, with checkpoints at all but the first."""
    run = Run.create(folder / "run", TrainRequest(project=str(folder), output_name="moss"))
    names = [f"{number}.png" for number in range(len(rows[0]))]
    for at, losses in enumerate(rows):
        mean = float(losses.mean())
        told = [{"name": n, "loss": float(v)} for n, v in zip(names, losses, strict=True)]
        measured = {"epoch": at, "step": 10 * at, "loss": mean, "seen_loss": mean, "bands": []}
        run.log_event("train.held_out", measured | ({"pictures": told} if pictures else {}))
        if at:
            path = run.folder / "checkpoints" / f"moss-{at}.safetensors"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"lora %d" % at)
            place = {"epoch": at, "step": 10 * at, "path": str(path), "loss": 0.1}
            run.log_event("train.checkpoint", place | {"held_out_loss": mean})
    return run


def test_the_rise_is_paired_by_picture_and_told_from_the_lowest_before(tmp_path: Path) -> None:
    rows = [USUAL * 1.2, USUAL, USUAL * 1.04 + WOBBLE, USUAL * 0.9]
    first, second, third = held_out_of(run_with(tmp_path, rows)).values()
    assert (first.rise.value, first.rise.low, first.rise.high) == (0.0, 0.0, 0.0)
    assert second.rise.value == pytest.approx(0.04)
    assert 0.03 < second.rise.low < 0.04 < second.rise.high < 0.05
    assert third.rise.value == 0.0  # the lowest itself, until then
    assert second.loss.value == pytest.approx(USUAL.mean() * 1.04)
    alone = overfit.copy_mean(rows[2], [str(n) for n in range(10)])
    assert second.loss.high - second.loss.low < (alone.high - alone.low) / 4


def test_the_rise_is_a_ratio_of_means_as_sure_as_draws_of_the_pictures_tell() -> None:
    chance = np.random.default_rng(3)
    losses, lowest = USUAL * chance.uniform(0.9, 1.2, 10), USUAL
    found = overfit.loss_rise(losses, lowest)
    drawn = chance.integers(0, 10, (20_000, 10))
    ratios = losses[drawn].mean(axis=1) / lowest[drawn].mean(axis=1) - 1.0
    assert found.value == pytest.approx(losses.mean() / lowest.mean() - 1.0)
    half = student(9) * ratios.std() * np.sqrt(10 / 9)
    assert found.value - found.low == pytest.approx(half, rel=0.3)
    assert found.high - found.value == pytest.approx(half, rel=0.3)
    assert overfit.loss_rise(losses[:3], lowest[:3]).few


@pytest.mark.parametrize(("count", "told"), [(3, False), (10, True)])
def test_a_rise_of_too_few_pictures_is_no_sign_and_that_is_said(count: int, told: bool) -> None:
    usual = USUAL[:count]
    losses = usual * 1.1 + WOBBLE[:count]
    figures = dataclasses.replace(
        GOOD.figures,
        held_out_loss=overfit.held_out_loss(losses, usual),
        loss_rise=overfit.loss_rise(losses, usual),
    )
    row = dataclasses.replace(GOOD, checkpoint="a", figures=figures)
    verdict = judge(Evidence((row,), BASE, 0.6, 0.55, 0.86, {}))
    assert [sign.kind for sign in verdict.rows[0].signs] == (["loss"] if told else [])
    assert any("Too few held-out pictures" in str(one) for one in verdict.notes) is not told


def test_a_run_that_tells_no_pictures_has_numbers_without_intervals(tmp_path: Path) -> None:
    rows = [USUAL, USUAL * 1.1]
    (found,) = held_out_of(run_with(tmp_path, rows, pictures=False)).values()
    assert found == HeldOut(Figure.plain(USUAL.mean() * 1.1), found.rise)
    assert found.rise.value == found.rise.low == pytest.approx(0.1)


def test_other_pictures_than_before_are_no_pairs(tmp_path: Path) -> None:
    run = run_with(tmp_path, [USUAL, USUAL * 1.1])
    told = [{"name": f"other {n}.png", "loss": 0.6} for n in range(10)]
    row = {"epoch": 1, "step": 10, "loss": 0.6, "seen_loss": 0.6, "bands": [], "pictures": told}
    run.log_event("train.held_out", row)
    (found,) = held_out_of(run).values()
    assert found.rise is None
    assert found.loss.value == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("rise", "limit", "told"),
    [
        (Figure(0.05, 0.01, 0.09), 0.02, True),
        (Figure(0.05, -0.01, 0.11), 0.02, False),  # chance alone explains it
        (Figure(0.05, 0.01, 0.09), 0.06, False),
        (Figure(0.015, 0.01, 0.02), 0.02, False),
        (None, 0.0, False),
    ],
)
def test_a_rise_beyond_its_limit_is_a_sign(rise: Figure | None, limit: float, told: bool) -> None:
    row = dataclasses.replace(
        GOOD, checkpoint="a", figures=dataclasses.replace(GOOD.figures, loss_rise=rise)
    )
    evidence = Evidence((row,), BASE, 0.6, 0.55, 0.86, {})
    signs = Rules(evidence, Limits(loss_rise=limit), {"a": "a"}).signs(row)
    assert [sign.kind for sign in signs] == (["loss"] if told else [])
    alone = Rules(evidence, Limits(loss_rise=limit, signs_needed=1), {"a": "a"}).flags(row)
    assert [flag.kind for flag in alone] == (["overfit"] if told else [])


def test_losses_of_several_runs_are_not_held_against_each_other(tmp_path: Path) -> None:
    grid = fake_grid(tmp_path, base, {"e1": sound, "e2": sound}, prompts=2)
    losses = dict(zip(grid.request.checkpoints, map(HeldOut.plain, (0.3, 0.2)), strict=True))
    found = assess(grid, TRAINING, HELD_OUT, losses=losses)
    assert judge(found).pick.checkpoint == grid.request.checkpoints[1]
    rows = tuple(
        dataclasses.replace(row, checkpoint=row.checkpoint.replace("e2", "other/e2"))
        for row in found.rows
    )
    judged = judge(dataclasses.replace(found, rows=rows))
    assert judged.losses == {}
    assert "loss" not in str(judged.pick)


@pytest.mark.parametrize(("limit", "flagged"), [(0.75, True), (0.95, False)])
def test_a_style_that_comes_without_its_word_is_flagged(limit: float, flagged: bool) -> None:
    figures = dataclasses.replace(GOOD.figures, bleed=Figure(0.72, 0.64, 0.8))
    row = dataclasses.replace(GOOD, checkpoint="a", figures=figures)
    evidence = Evidence((row,), BASE, 0.6, 0.55, 0.86, {})
    assert leak(row, evidence).value == pytest.approx(0.9)  # two seeds differ by 0.8
    judged = judge(evidence, Limits(leak=limit))
    assert [flag.kind for flag in judged.flags] == (["leaks"] if flagged else [])
    assert judged.words == {"a": "leaks" if flagged else "use"}
    if flagged:
        assert "change without the trigger 0.90" in str(judged.flags[0].detail)
