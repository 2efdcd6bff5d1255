"""Real runs on the starter model: one memorizes and is flagged, one learns and is passed.

Limits are the defaults. Runs and grids are the shortest that leave no doubt: a high learning rate
memorizes in fewer steps. ``tests/benchmarks/bench_overfit.py`` has the whole story.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.dataset.captions import from_file_name
from engine.validation.judging import Verdict
from engine.validation.manifest import Grid
from tests.engine.validation.pictures import paths
from tests.engine.validation.real_runs import CAPTION, RealRun, draw, judged, train_on

EPOCHS, EVERY, RATE = 72, 36, 2e-3
SEEN, STEPS = 3, 10


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RealRun:
    """8 pictures, each seen in every step."""
    files = paths("pixel")
    folder = tmp_path_factory.mktemp("over")
    return train_on(folder / "run", files[:8], files[8:20], epochs=EPOCHS, every=EVERY, rate=RATE)


@pytest.fixture(scope="module")
def grid(run: RealRun) -> Grid:
    return draw(run, seen=SEEN, unseen=1, seeds=2, steps=STEPS)


@pytest.fixture(scope="module")
def verdict(run: RealRun, grid: Grid) -> Verdict:
    return judged(run, grid)[1]


def test_copying_rises_over_the_checkpoints_and_the_end_is_flagged(
    run: RealRun, verdict: Verdict
) -> None:
    assert verdict.base is not None
    copying = [verdict.base.row.copying, *(row.row.copying for row in verdict.rows)]
    assert copying == sorted(copying)
    assert copying[-1] > copying[0] + 0.15
    first, last = (row.row for row in verdict.rows if row.row.weight)
    assert last.diversity < first.diversity
    assert verdict.words[run.checkpoints[-1]] in ("copies", "overfit")
    kinds = {sign.kind for sign in verdict.rows[-1].signs}
    assert "excess" in kinds
    assert len(kinds) >= 2


def test_what_is_memorized_is_nearest_to_the_picture_it_was_learned_from(
    run: RealRun, grid: Grid, verdict: Verdict
) -> None:
    source = {CAPTION.format(subject=from_file_name(p.name)): p for p in run.training[:SEEN]}
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
    run = train_on(tmp_path / "run", files[:28], files[28:], epochs=8, every=8)
    evidence, verdict = judged(run, draw(run, seen=2, unseen=2, seeds=2, steps=STEPS))
    assert verdict.words == {run.checkpoints[0]: "use"}
    assert verdict.pick is not None
    assert verdict.pick.sound
    assert not verdict.flags
    assert evidence.held_out_copying is not None
