from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from engine.runtime.errors import (
    BadInputError,
    JobCancelled,
    MissingFileError,
    ModelFileError,
    OutOfMemoryError,
    StorageError,
)
from engine.runtime.job import Job, request_from_record
from engine.sampling.request import ImageRequest
from engine.validation.claims import Claims
from engine.validation.filling import Filling, Keep
from engine.validation.manifest import list_grids, open_grid
from engine.validation.planning import PlannedCell, by_model_state, plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore


@dataclass
class Painter:
    """Stands for the model: paints plain cells, and breaks where it is told to."""

    drawn: list[str] = field(default_factory=list)
    calls: list[tuple[int, int]] = field(default_factory=list)
    before: Callable[[PlannedCell, ImageRequest], None] = lambda cell, image: None

    def __call__(
        self, image: ImageRequest, cells: Sequence[PlannedCell], job: Job, keep: Keep
    ) -> None:
        self.calls.append((len(cells), image.batch_size))
        for number, cell in enumerate(cells):
            job.breathe()
            self.before(cell, image)
            self.drawn.append(cell.id)
            color = [cell.image.seed * 10, len(cell.image.prompt), 9]
            keep(cell, np.full((16, 16, 3), color, np.uint8), "how it was made")
            job.progress(number + 1, len(cells))


@pytest.fixture
def request_(tmp_path: Path) -> GridRequest:
    for name in ("e1", "e2", "e3"):
        (tmp_path / f"{name}.safetensors").write_bytes(name.encode())
    return GridRequest(
        folder=str(tmp_path / "grid"),
        checkpoints=tuple(str(tmp_path / f"{name}.safetensors") for name in ("e1", "e2", "e3")),
        weights="0, 0.5 … 1",
        seeds="1 … 4",
        prompts=("red apple", "castle"),
        image=ImageRequest(batch_size=8),
    )


def fill(request: GridRequest, painter: Painter, job: Job | None = None) -> Filling:
    store = CellStore(request.cells_folder)
    filling = Filling(request, plan(request), store, job or Job.detached())
    filling.run(painter)
    return filling


def test_weight_zero_is_drawn_once_for_all_checkpoints(request_: GridRequest) -> None:
    cells = plan(request_)
    assert len(request_.positions()) == 3 * 3 * 4 * 2
    assert len(cells) == (1 + 3 * 2) * 4 * 2
    shared = [cell for cell in cells if len(cell.positions) > 1]
    assert len(shared) == 8
    assert all(cell.image.loras == () and len(cell.positions) == 3 for cell in shared)


def test_cells_of_one_model_state_come_together_and_the_base_model_first(
    request_: GridRequest,
) -> None:
    painter = Painter()
    fill(request_, painter)
    assert painter.calls == [(8, 8)] * 7
    groups = by_model_state(plan(request_))
    assert [len({cell.image.loras for cell in group}) for group in groups] == [1] * 7
    assert groups[0][0].image.loras == ()


def test_prompts_with_their_own_lora_tags_are_other_model_states(
    request_: GridRequest, tmp_path: Path
) -> None:
    tagged = f"castle <lora:{tmp_path / 'e1.safetensors'}:0.5>"
    asked = request_.with_values("prompt", ("castle", tagged)).with_values("checkpoint", ("",))
    assert len(by_model_state(plan(asked))) == 2


@pytest.mark.parametrize("stop_after", [0, 1, 7, 8, 9, 30, 55])
def test_a_cancelled_grid_goes_on_without_drawing_a_cell_again(
    request_: GridRequest, stop_after: int
) -> None:
    first, job = Painter(), Job.detached()
    job.handle.state = "running"

    def stop(cell: PlannedCell, image: ImageRequest) -> None:
        if len(first.drawn) == stop_after:
            job.handle.cancel()
            job.breathe()

    first.before = stop
    with pytest.raises(JobCancelled):
        fill(request_, first, job)
    assert len(first.drawn) == stop_after
    assert sum(cell.path is not None for cell in unique(request_)) == stop_after
    second = Painter()
    done = fill(request_, second)
    assert not set(first.drawn) & set(second.drawn)
    assert len(second.drawn) == len(set(second.drawn)) == 56 - stop_after
    assert (done.rendered, done.cached) == (56 - stop_after, stop_after)
    third = Painter()
    assert fill(request_, third).cached == 56
    assert third.drawn == []


def unique(request: GridRequest) -> list:
    grid = open_grid(Path(request.folder))
    return list({cell.id: cell for cell in grid.cells}.values())


def test_a_grid_grown_by_a_seed_draws_only_the_new_cells(request_: GridRequest) -> None:
    fill(request_, Painter())
    painter = Painter()
    fill(request_.with_values("seed", (1, 2, 3, 4, 5)), painter)
    assert len(painter.drawn) == 14


def test_another_guidance_makes_all_cells_new_and_grids_share_a_cell_folder(
    request_: GridRequest, tmp_path: Path
) -> None:
    shared = request_.model_copy(update={"cells": str(tmp_path / "cells")})
    fill(shared, Painter())
    other = shared.model_copy(update={"folder": str(tmp_path / "second")})
    painter = Painter()
    assert fill(other, painter).cached == 56
    image = other.image.model_copy(update={"guidance_scale": 7.0})
    fill(other.model_copy(update={"image": image}), painter)
    assert len(painter.drawn) == 56


def test_every_position_is_announced_and_then_filled_by_an_event(request_: GridRequest) -> None:
    job = Job.detached()
    fill(request_, Painter(), job)
    planned, *cells = job.handle.take_events()
    assert planned.kind == "grid.planned"
    assert planned.data["cached"] == 0
    announced = [(row["id"], *row["place"]) for row in planned.data["cells"]]
    filled = [(event.data["id"], *event.data["place"]) for event in cells]
    assert {event.kind for event in cells} == {"grid.cell"}
    assert sorted(filled) == sorted(announced)
    assert len(filled) == 72
    assert all(Path(event.data["path"]).is_file() and not event.data["error"] for event in cells)
    assert job.handle.progress.fraction == 1.0


def test_progress_never_runs_backward_over_the_groups(request_: GridRequest) -> None:
    job, seen = Job.detached(), []
    painter = Painter(before=lambda cell, image: seen.append(job.handle.progress.fraction))
    fill(request_, painter, job)
    assert seen == sorted(seen)
    assert seen[-1] > 0.9


def test_a_failed_cell_is_recorded_and_the_others_go_on(request_: GridRequest) -> None:
    victim = plan(request_)[20]

    def fail(cell: PlannedCell, image: ImageRequest) -> None:
        if cell.id == victim.id:
            raise BadInputError("This cell cannot be.")

    job, painter = Job.detached(), Painter(before=fail)
    done = fill(request_, painter, job)
    assert done.errors == {victim.id: "This cell cannot be."}
    assert done.rendered == 55
    assert len(painter.drawn) == len(set(painter.drawn)) == 55
    told = [e for e in job.handle.take_events() if e.kind == "grid.cell" and e.data["error"]]
    assert [event.data["id"] for event in told] == [victim.id]
    cell = next(cell for cell in open_grid(Path(request_.folder)).cells if cell.id == victim.id)
    assert (cell.path, cell.error) == (None, "This cell cannot be.")
    again = fill(request_, Painter())
    assert (again.rendered, again.errors) == (1, {})


def test_a_lora_that_cannot_be_loaded_fails_its_own_row_only(request_: GridRequest) -> None:
    def fail(cell: PlannedCell, image: ImageRequest) -> None:
        if any("e2" in use.path for use in cell.image.loras):
            raise ModelFileError("{name} ends early.", name="e2.safetensors")

    painter = Painter(before=fail)
    done = fill(request_, painter)
    assert len(done.errors) == 16
    assert set(done.errors.values()) == {"e2.safetensors ends early."}
    assert done.rendered == 40
    assert len(painter.calls) == 7


def test_running_out_of_memory_halves_the_batch_and_draws_nothing_twice(
    request_: GridRequest,
) -> None:
    def fail(cell: PlannedCell, image: ImageRequest) -> None:
        if image.batch_size > 2 and cell.image.seed == 3:
            raise RuntimeError("CUDA out of memory")

    painter = Painter(before=fail)
    done = fill(request_, painter)
    assert done.rendered == 56
    assert done.errors == {}
    assert len(set(painter.drawn)) == len(painter.drawn) == 56
    assert [size for _, size in painter.calls] == [8, 4, 2, 2, 2, 2, 2, 2, 2]


def test_a_cell_that_never_fits_ends_the_grid_with_what_to_do(request_: GridRequest) -> None:
    def fail(cell: PlannedCell, image: ImageRequest) -> None:
        if len(painter.drawn) == 5:
            raise MemoryError

    painter = Painter(before=fail)
    with pytest.raises(OutOfMemoryError, match="smaller size"):
        fill(request_, painter)
    assert fill(request_, Painter()).cached == 5


def test_a_full_disk_ends_the_grid_at_once_and_what_is_finished_stays(
    request_: GridRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, kept = CellStore.put, []

    def full(store: CellStore, cell: str, picture: np.ndarray, infotext: str) -> Path:
        if len(kept) == 5:
            raise StorageError("The disk is full; {name} was not written.", name="cell")
        kept.append(cell)
        return put(store, cell, picture, infotext)

    monkeypatch.setattr(CellStore, "put", full)
    painter = Painter()
    with pytest.raises(StorageError, match="disk is full"):
        fill(request_, painter)
    assert len(painter.drawn) == 6
    found = [cell.id for cell in unique(request_) if cell.path is not None]
    assert sorted(found) == sorted(kept)
    monkeypatch.setattr(CellStore, "put", put)
    assert fill(request_, Painter()).cached == 5


def test_a_missing_checkpoint_is_named_before_anything_is_drawn(request_: GridRequest) -> None:
    Path(request_.checkpoints[2]).unlink()
    with pytest.raises(MissingFileError, match=r"e3\.safetensors"):
        plan(request_)


def test_a_grid_can_be_reopened_and_moved(request_: GridRequest, tmp_path: Path) -> None:
    fill(request_, Painter())
    (tmp_path / "grid").rename(tmp_path / "elsewhere")
    grid = open_grid(tmp_path / "elsewhere")
    assert [cell.position for cell in grid.cells] == request_.positions()
    assert all(cell.path is not None and cell.path.is_file() for cell in grid.cells)
    assert grid.request.weights == request_.weights
    assert grid.at(request_.positions()[5]) == grid.cells[5]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/grid.json").write_text('{"format_version": 1}')
    assert [found.folder for found in list_grids(tmp_path)] == [tmp_path / "elsewhere"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": 1}', '{"format_version": 9}'])
def test_a_damaged_grid_file_gets_one_clear_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "grid.json").write_text(text)
    with pytest.raises(BadInputError, match=r"grid\.json"):
        open_grid(tmp_path)
    with pytest.raises(MissingFileError, match="does not exist"):
        open_grid(tmp_path / "none")


def test_the_request_survives_the_queue_and_can_be_made_smaller(request_: GridRequest) -> None:
    assert request_from_record(request_.to_record()) == request_
    smaller = request_.smaller()
    assert smaller is not None
    assert smaller.image.batch_size == 4


def test_progress_counts_cells_and_the_steps_within_them(request_: GridRequest) -> None:
    request = request_.with_values("weight", (0.0,)).with_values("seed", (1, 2))
    request = request.with_values("prompt", ("a",))
    told: list[tuple[int, int, float]] = []
    job = Job.detached()

    def draw(image: ImageRequest, cells: Sequence[PlannedCell], inner: Job, keep: Keep) -> None:
        for step in range(3):
            inner.progress(step, 2)
            told.append(_told(job))
        for cell in cells:
            keep(cell, np.zeros((8, 8, 3), np.uint8), "")
            told.append(_told(job))

    Filling(request, plan(request), CellStore(request.cells_folder), job).run(draw)
    assert [(step, total) for step, total, _ in told] == [(0, 2), (0, 2), (0, 2), (1, 2), (2, 2)]
    assert [share for *_, share in told] == pytest.approx([0, 0.475, 0.95, 0.975, 1])


def _told(job: Job) -> tuple[int, int, float]:
    progress = job.handle.progress
    return progress.step, progress.total, progress.fraction


def test_cells_that_another_process_draws_are_waited_for_and_not_drawn(
    request_: GridRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, job, painter = CellStore(request_.cells_folder), Job.detached(), Painter()
    theirs = [cell.id for cell in plan(request_)[:5]]
    other, waited = Claims(store.folder), []

    def draw_one(seconds: float) -> None:
        """The other one, while this one sleeps: it draws all but the last, and lets go of it."""
        waited.append(job.handle.progress.text)
        if len(waited) < 5:
            store.put(theirs[len(waited) - 1], np.zeros((8, 8, 3), np.uint8), "theirs")
        elif len(waited) == 5:
            other.__exit__(None, None, None)

    monkeypatch.setattr("engine.validation.filling.time.sleep", draw_one)
    other.__enter__().take(theirs)
    done = fill(request_, painter, job)
    assert set(waited) == {"Waiting for cells that another program draws"}
    assert painter.drawn[-1] == theirs[4]
    assert not set(theirs[:4]) & set(painter.drawn)
    assert (done.rendered, done.cached, done.errors) == (52, 4, {})
    told = [event.data for event in job.handle.take_events() if event.kind == "grid.cell"]
    assert {row["id"] for row in told if row["cached"]} == set(theirs[:4])
    assert job.handle.progress.fraction == 1.0


def test_what_nobody_foresaw_is_in_the_log_with_where_it_came_from(
    request_: GridRequest, caplog: pytest.LogCaptureFixture
) -> None:
    victim = plan(request_)[3]

    def fail(cell: PlannedCell, image: ImageRequest) -> None:
        if cell.id == victim.id:
            raise KeyError("down_blocks")

    assert fill(request_, Painter(before=fail)).errors == {victim.id: "KeyError: 'down_blocks'"}
    assert "in fail" in caplog.text
    caplog.clear()
    fill(request_, Painter(before=lambda cell, image: _refuse()))
    assert caplog.text == ""


def _refuse() -> None:
    raise BadInputError("This cell cannot be.")


def test_a_cell_that_failed_here_and_was_drawn_by_another_process_is_no_failure(
    request_: GridRequest,
) -> None:
    victim, store = plan(request_)[3], CellStore(request_.cells_folder)

    def fail(cell: PlannedCell, image: ImageRequest) -> None:
        if cell.id == victim.id:
            raise BadInputError("This cell cannot be.")
        if victim.id in failed.errors and store.find(victim.id) is None:
            store.put(victim.id, np.zeros((8, 8, 3), np.uint8), "theirs")

    failed = Filling(request_, plan(request_), store, Job.detached())
    failed.run(Painter(before=fail))
    assert failed.errors
    assert store.find(victim.id) is not None
    assert all(cell.path is not None and not cell.error for cell in unique(request_))
