from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis
from engine.validation.filling import PART, Filling
from engine.validation.manifest import open_grid
from engine.validation.planning import PlannedCell, by_model_state, plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from tests.engine.swapped import overwrite_unseen, replace_unseen


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"{name}.safetensors" for name in ("e1", "e2", "e3")]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 8)
    return [str(path) for path in paths]


def grid(folder: Path, **values: object) -> GridRequest:
    axes = tuple(Axis.model_validate({"setting": k, "values": v}) for k, v in values.items())
    image = ImageRequest(prompt="castle", batch_size=8)
    return GridRequest(folder=str(folder / "grid"), axes=axes, image=image)


def states(request: GridRequest) -> list[ImageRequest]:
    return [group[0].image for group in by_model_state(plan(request))]


def test_what_is_costly_to_change_is_changed_last(tmp_path: Path, files: list[str]) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"another base model")
    asked = grid(
        tmp_path,
        seed=(1, 2),
        steps=(4, 8),
        prompt=("castle", "apple"),
        weight=(0, 0.5, 1),
        checkpoint=files,
        model=("starter", str(other)),
    )
    found = [(i.model, [u.path for u in i.loras], [u.weight for u in i.loras], i.steps)
             for i in states(asked)]  # fmt: skip
    one = [(names, weights, steps) for model, names, weights, steps in found if model == "starter"]
    assert len(found) == len(one) * 2 == 2 * (1 + 3 * 2) * 2
    assert [row[0] for row in found[: len(one)]] == ["starter"] * len(one)
    assert one[:2] == [([], [], 4), ([], [], 8)]
    expected = [
        ([name], [weight], steps) for name in files for weight in (0.5, 1) for steps in (4, 8)
    ]
    assert one[2:] == expected
    assert sum(len(group) for group in by_model_state(plan(asked))) == len(plan(asked))


def test_seeds_prompts_and_negative_prompts_share_forward_passes(tmp_path: Path) -> None:
    asked = grid(
        tmp_path, seed=(1, 2), prompt=("castle", "apple"), negative_prompt=("text", "blur")
    )
    (group,) = by_model_state(plan(asked))
    assert len({(c.image.prompt, c.image.negative_prompt, c.image.seed) for c in group}) == 8
    assert len(by_model_state(plan(asked.with_values("clip_skip", (1, 2))))) == 2


def test_many_cells_of_one_state_are_drawn_in_parts(tmp_path: Path) -> None:
    asked = grid(tmp_path, seed="1 … 150")
    sizes = []

    def draw(image, cells, job, keep) -> None:
        sizes.append(len(cells))
        for cell in cells:
            keep(cell, np.zeros((8, 8, 3), np.uint8), "")

    Filling(asked, plan(asked), CellStore(asked.cells_folder), Job.detached()).run(draw)
    assert sizes == [PART, PART, 150 - 2 * PART]


def paint(image: ImageRequest, cells: list[PlannedCell], job: Job, keep) -> None:
    for cell in cells:
        keep(cell, np.full((8, 8, 3), cell.image.seed, np.uint8), "")


def fill(request: GridRequest, draw=paint) -> Filling:
    filling = Filling(request, plan(request), CellStore(request.cells_folder), Job.detached())
    filling.run(draw)
    return filling


@pytest.mark.parametrize("removed", [False, True])
def test_a_checkpoint_that_changes_while_the_grid_is_drawn_fails_its_cells(
    tmp_path: Path, files: list[str], removed: bool
) -> None:
    asked = grid(tmp_path, checkpoint=files, seed=(1, 2))

    def replacing(image: ImageRequest, cells: list[PlannedCell], job: Job, keep) -> None:
        if image.loras[0].path == files[0]:
            victim = Path(files[1])
            victim.unlink() if removed else victim.write_bytes(b"trained for longer")
        paint(image, cells, job, keep)

    found = fill(asked, replacing)
    assert (found.rendered, len(found.errors)) == (4, 2)
    (sentence,) = set(found.errors.values())
    assert "e2.safetensors" in sentence
    failed = {cell.position.checkpoint for cell in open_grid(tmp_path / "grid").cells if cell.error}
    assert failed == {files[1]}
    Path(files[1]).write_bytes(b"trained for longer")
    again = fill(asked)
    assert (again.rendered, again.cached, again.errors) == (2, 4, {})


def test_a_picture_is_not_kept_when_its_file_changed_under_way(
    tmp_path: Path, files: list[str]
) -> None:
    asked = grid(tmp_path, checkpoint=files[:1], seed=(1, 2, 3))

    def replacing(image: ImageRequest, cells: list[PlannedCell], job: Job, keep) -> None:
        keep(cells[0], np.zeros((8, 8, 3), np.uint8), "")
        Path(files[0]).write_bytes(b"other weights")
        keep(cells[1], np.zeros((8, 8, 3), np.uint8), "")

    found = fill(asked, replacing)
    assert (found.rendered, len(found.errors)) == (1, 2)
    assert "was replaced while the grid was drawn" in next(iter(found.errors.values()))


@pytest.mark.parametrize("swap", [overwrite_unseen, replace_unseen])
def test_a_file_of_the_same_size_and_time_is_told_from_the_one_it_replaces(
    tmp_path: Path, files: list[str], swap
) -> None:
    asked = grid(tmp_path, checkpoint=files, seed=(1, 2))

    def replacing(image: ImageRequest, cells: list[PlannedCell], job: Job, keep) -> None:
        keep(cells[0], np.zeros((8, 8, 3), np.uint8), "")
        if image.loras[0].path == files[1]:
            swap(Path(files[1]), b"8 others")
        keep(cells[1], np.zeros((8, 8, 3), np.uint8), "")

    found = fill(asked, replacing)
    assert (found.rendered, len(found.errors)) == (5, 1)
    assert "was replaced while the grid was drawn" in next(iter(found.errors.values()))
    again = fill(asked)
    assert (again.rendered, again.cached, again.errors) == (2, 4, {})


def test_a_picture_of_another_size_in_place_of_a_cell_is_drawn_over(tmp_path: Path) -> None:
    asked = grid(tmp_path, seed=(1, 2), size="8x8")
    assert fill(asked).rendered == 2
    victim = min(asked.cells_folder.glob("*.png"))
    Image.new("RGB", (5, 5)).save(victim)
    again = fill(asked)
    assert (again.rendered, again.cached) == (1, 1)
    with Image.open(victim) as image:
        assert image.size == (8, 8)


def test_two_names_of_one_file_are_one_cell(tmp_path: Path, files: list[str]) -> None:
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(Path(files[0]).read_bytes())
    asked = grid(tmp_path, checkpoint=[files[0], str(copy)], seed=(1,))
    (cell,) = plan(asked)
    assert len(cell.positions) == 2


def test_words_drawn_by_the_seed_are_in_the_cell_itself(tmp_path: Path) -> None:
    (tmp_path / "animals.txt").write_text("cat\ndog\ncow\nowl\n", "utf-8")
    asked = grid(tmp_path, seed=tuple(range(12)))
    image = asked.image.model_copy(
        update={"prompt": "__animals__ {red|blue}", "wildcards": str(tmp_path)}
    )
    cells = plan(asked.model_copy(update={"image": image}))
    for cell in cells:
        assert (
            cell.image.prompt
            == image.model_copy(update={"seed": cell.image.seed}).shots()[0].prompt
        )
        assert cell.image.wildcards is None
    assert len({cell.image.prompt for cell in cells}) > 4
