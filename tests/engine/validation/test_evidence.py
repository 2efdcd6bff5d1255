from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.runtime.errors import BadInputError
from engine.runtime.job import Job
from engine.validation.conclusions import conclude
from engine.validation.evidence import Evidence, Undrawn, assess
from engine.validation.filling import Filling, Keep
from engine.validation.judging import judge
from engine.validation.limits import Limits
from engine.validation.manifest import Grid, open_grid
from engine.validation.overfit_stats import Figure
from engine.validation.pick import pick
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from tests.engine.validation.pictures import paths, read


def subject(cell: PlannedCell) -> int:
    return 4 * (cell.image.prompt == "second") + cell.image.seed


@pytest.fixture(scope="module")
def training() -> list[Path]:
    return paths("pixel")[12:]


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    """Three checkpoints: untaught (raw art), taught (the same in pixels), and a copier."""
    folder = tmp_path_factory.mktemp("project")
    raw, pixel = read(paths("raw")[:12]), read(paths("pixel"))
    pictures = {
        "base": lambda cell: raw[subject(cell)],
        "e1": lambda cell: raw[subject(cell)],
        "e2": lambda cell: pixel[subject(cell)],
        "e3": lambda cell: pixel[12 + (cell.image.prompt == "second")],
    }

    def draw(image, cells: list[PlannedCell], job: Job, keep: Keep) -> None:
        name = Path(image.loras[0].path).stem if image.loras else "base"
        for cell in cells:
            keep(cell, pictures[name](cell), "")

    for name in ("e1", "e2", "e3"):
        (folder / f"{name}.safetensors").write_bytes(name.encode())
    request = GridRequest(
        folder=str(folder / "grid"),
        checkpoints=tuple(str(folder / f"{name}.safetensors") for name in ("e1", "e2", "e3")),
        weights=(0, 1),
        seeds=(0, 1, 2, 3),
        prompts=("first", "second"),
    )
    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)
    return open_grid(folder / "grid")


@pytest.fixture(scope="module")
def evidence(grid: Grid, training: list[Path]) -> Evidence:
    return assess(grid, training[:-6], training[-6:])


def test_the_evidence_tells_untaught_taught_and_copying_apart(
    grid: Grid, evidence: Evidence
) -> None:
    untaught, taught, copier = (evidence.row(path, 1.0) for path in grid.request.checkpoints)
    assert untaught is not None
    assert taught is not None
    assert copier is not None
    assert untaught.style_fit == pytest.approx(0.0, abs=1e-6)
    assert taught.style_fit > 0.8
    assert taught.style_distance < untaught.style_distance / 2
    assert taught.copies == 0
    assert (copier.copies, copier.count) == (8, 8)
    assert copier.copying == pytest.approx(1.0, abs=1e-3)
    assert copier.diversity < taught.diversity
    assert untaught.kept == pytest.approx(1.0, abs=1e-3)
    assert taught.kept > 0.7
    assert copier.kept < taught.kept
    assert evidence.held_out_copying < evidence.threshold


def test_each_cell_names_the_training_picture_it_is_nearest_to(
    grid: Grid, evidence: Evidence, training: list[Path]
) -> None:
    copied = [cell for cell in grid.cells if "e3" in cell.position.checkpoint]
    for cell in copied:
        if cell.position.weight:
            assert evidence.cells[cell.id].nearest == training[cell.position.prompt == "second"]
            assert evidence.cells[cell.id].copying > evidence.threshold
    assert set(evidence.cells) == {cell.id for cell in grid.cells}


def test_the_taught_checkpoint_is_picked_and_the_copier_is_flagged(
    grid: Grid, evidence: Evidence
) -> None:
    chosen = pick(evidence)
    assert chosen.checkpoint == grid.request.checkpoints[1]
    assert chosen.sound
    flagged = {(flag.checkpoint, flag.kind) for flag in chosen.flags}
    assert (grid.request.checkpoints[2], "copies") in flagged
    assert (grid.request.checkpoints[0], "unlearned") in flagged


def test_progress_is_told_per_picture(grid: Grid, training: list[Path]) -> None:
    seen: list[tuple[int, int]] = []
    assess(grid, training[:3], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 32) for number in range(1, 33)]


def test_training_and_held_out_pictures_are_measured_as_training_sees_them(
    grid: Grid, training: list[Path]
) -> None:
    seen: list[Path] = []
    (alike,) = read(training[:1])

    def as_trained(path: Path) -> np.ndarray:
        seen.append(path)
        return alike

    found = assess(grid, training[:3], training[3:5], read=as_trained)
    assert seen == training[:5]
    assert found.held_out_copying == pytest.approx(1, abs=1e-3)
    assert assess(grid, training[:3], training[3:5]).held_out_copying < 0.99


def test_nothing_to_compare_is_said_in_one_sentence(grid: Grid, training: list[Path]) -> None:
    empty = Grid(grid.folder, grid.request, ())
    with pytest.raises(BadInputError, match="nothing to compare"):
        assess(empty, training)


def test_planted_comparisons_are_told_by_the_kind_of_their_prompt(
    grid: Grid, training: list[Path]
) -> None:
    kinds = {"first": "unseen", "second": "off"}
    whole = assess(grid, training[:-6], training[-6:], prompts=kinds)
    found = whole.planted
    assert [one.kind for one in found] == ["unseen", "off"]
    unseen, off = found
    assert unseen.base.count == 4
    untaught, taught, copier = (unseen.row(path, 1.0) for path in grid.request.checkpoints)
    assert not conclude(unseen, untaught, whole, Limits()).good
    assert conclude(unseen, taught, whole, Limits()).good
    assert copier.copies == 4
    assert not conclude(off, off.row(taught.checkpoint, 1.0), whole, Limits()).good
    same = off.row(untaught.checkpoint, 1.0)
    assert conclude(off, same, whole, Limits()).good
    far = replace(same, figures=replace(same.figures, change=Figure.plain(1.0)))
    assert str(conclude(off, far, whole, Limits()).sentence) == "Changes what does not ask for it"
    blind = replace(same, style_fit=None, copying=None)
    assert conclude(off, blind, whole, Limits()) is None
    assert conclude(unseen, blind, whole, Limits()) is None


def test_style_fit_has_an_interval_that_holds_it(evidence: Evidence) -> None:
    for row in evidence.rows:
        if row.weight:
            assert row.figures.fit.value == pytest.approx(row.style_fit)
            assert row.figures.fit.low <= row.style_fit <= row.figures.fit.high


def test_a_grid_that_was_left_early_is_not_judged(grid: Grid, training: list[Path]) -> None:
    last = grid.request.checkpoints[-1]
    cells = tuple(
        replace(cell, path=None)
        if cell.position.uses_lora and cell.position.checkpoint == last
        else cell
        for cell in grid.cells
    )
    left = {cell.id for cell in cells if cell.path is None}
    total = {cell.id for cell in cells}
    found = assess(replace(grid, cells=cells), training[:-6], training[-6:])
    assert found.undrawn == Undrawn(len(total) - len(left), len(total), (last,))
    verdict = judge(found)
    assert verdict.pick is None
    assert (
        str(verdict.missing[0]) == f"Only {len(total - left)} of {len(total)} pictures are drawn."
    )
    failed = tuple(replace(cell, error="" if cell.path else "it broke") for cell in cells)
    assert assess(replace(grid, cells=failed), training[:-6], training[-6:]).undrawn is None


def test_excess_is_what_is_beyond_held_out_art(grid: Grid, training: list[Path]) -> None:
    found = assess(grid, training[:-6], training[-6:])
    assert found.held_out_copying is not None
    assert abs(found.held_out_copying - found.between_training) > 0.01
    for row in found.rows:
        mean, excess = row.figures.copy_mean, row.figures.excess
        assert mean is not None
        assert excess is not None
        assert excess.value == pytest.approx(mean.value - found.held_out_copying)
