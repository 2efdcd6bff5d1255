"""Real runs on the starter model: one memorizes and is flagged, one learns and is passed.

Limits are the defaults. Runs and grids are the shortest that leave no doubt: a high learning rate
memorizes in fewer steps. ``tests/benchmarks/bench_overfit.py`` has the whole story.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.dataset.library import Library
from engine.validation.judging import GOOD, Verdict
from engine.validation.manifest import Grid
from tests.engine.validation.pictures import paths
from tests.engine.validation.real_runs import RealRun, caption_of, draw, judged, train_on

EPOCHS, EVERY, RATE, SEED = 72, 36, 2e-3, 13
DRAWN = {"seeds": 2, "first_seed": 500, "steps": 7, "weights": (0.0, 0.6, 1.0)}
SEEN = 3


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RealRun:
    """8 pictures, each seen in every step."""
    files = paths("pixel")
    folder = tmp_path_factory.mktemp("over") / "run"
    return train_on(
        folder, files[:8], files[8:20], epochs=EPOCHS, every=EVERY, rate=RATE, seed=SEED
    )


@pytest.fixture(scope="module")
def grid(run: RealRun) -> Grid:
    return draw(run, seen=SEEN, unseen=2, **DRAWN)


@pytest.fixture(scope="module")
def verdict(run: RealRun, grid: Grid) -> Verdict:
    return judged(run, grid)[1]


def test_the_captions_of_the_training_are_drawn(run: RealRun, grid: Grid) -> None:
    library = Library(run.project.database)
    try:
        captions = {one.caption for one in library.pictures() if not one.held_out}
    finally:
        library.close()
    assert len(captions & set(grid.request.prompts)) == SEEN


def test_copying_rises_over_the_checkpoints_at_every_weight(run: RealRun, verdict: Verdict) -> None:
    assert verdict.base is not None
    for weight in (0.6, 1.0):
        rows = [verdict.evidence.row(path, weight) for path in run.checkpoints]
        copying = [verdict.base.row.copying, *(row.copying for row in rows)]
        assert copying == sorted(copying)
        assert copying[-1] > copying[0] + 0.1
        first, last = rows
        assert last.diversity < first.diversity


def test_the_end_is_flagged_and_no_weight_of_it_is_called_sound(
    run: RealRun, verdict: Verdict
) -> None:
    last = run.checkpoints[-1]
    assert verdict.words[last] in ("copies", "overfit")
    assert not {one.word for one in verdict.rows if one.row.checkpoint == last} & set(GOOD)
    full = next(one for one in verdict.rows if (one.row.checkpoint, one.row.weight) == (last, 1.0))
    kinds = {sign.kind for sign in full.signs}
    assert "excess" in kinds
    assert len(kinds) >= 2


def test_what_is_suggested_as_sound_is_flagged_at_no_weight_that_is_used(verdict: Verdict) -> None:
    assert verdict.pick is not None
    rows = [one for one in verdict.rows if one.row.checkpoint == verdict.pick.checkpoint]
    near = [one for one in rows for sign in one.signs if sign.kind == "excess"]
    flagged = [one for one in rows if any(flag.kind != "unlearned" for flag in one.flags)]
    assert verdict.pick.sound is not bool(near or flagged)


def test_what_is_memorized_is_nearest_to_the_picture_it_was_learned_from(
    run: RealRun, grid: Grid, verdict: Verdict
) -> None:
    source = {caption_of(path): path for path in run.training[:SEEN]}
    last = [
        cell
        for cell in grid.cells
        if cell.position.checkpoint == run.checkpoints[-1]
        and cell.position.weight == 1.0
        and cell.position.prompt in source
    ]
    assert len(last) == SEEN * 2
    right = [verdict.evidence.cells[c.id].nearest == source[c.position.prompt] for c in last]
    assert sum(right) >= len(last) - 1


def test_a_short_run_over_the_whole_sample_is_passed(tmp_path: Path) -> None:
    files = paths("pixel")
    run = train_on(tmp_path / "run", files[:28], files[28:], epochs=8, every=8, seed=SEED)
    grid = draw(run, seen=SEEN, unseen=2, **{**DRAWN, "weights": (0.0, 1.0)})
    evidence, verdict = judged(run, grid)
    assert verdict.words == {run.checkpoints[0]: "use"}
    assert verdict.pick is not None
    assert verdict.pick.sound
    assert not verdict.flags
    assert evidence.held_out_copying is not None
