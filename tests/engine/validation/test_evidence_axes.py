"""Evidence of grids with more axes than the four usual ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.runtime.job import Job
from engine.validation.axes import Axis
from engine.validation.evidence import Evidence, assess
from engine.validation.features_embedded import EmbeddedExtractor
from engine.validation.filling import Filling, Keep
from engine.validation.manifest import Grid, open_grid
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore
from tests.engine.validation.pictures import paths, read
from tests.engine.validation.test_planted import HELD_OUT, TRAINING

_PIXEL, _RAW = read(paths("pixel")), read(paths("raw"))
PROMPTS, SEEDS, STEPS = ("cat", "dog"), (0, 1, 2), (4, 8)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    """A LoRA that draws in the style only when its trigger word is there. More steps are another
    picture of the base model as well.
    """
    folder = tmp_path_factory.mktemp("axes")
    (folder / "e1.safetensors").write_bytes(b"e1")

    def draw(image, cells: list[PlannedCell], job: Job, keep: Keep) -> None:
        for cell in cells:
            number = 12 * ("dog" in cell.image.prompt) + 6 * (cell.image.steps == 8)
            styled = bool(image.loras) and "pxl" in cell.image.prompt
            keep(cell, (_PIXEL if styled else _RAW)[number + cell.image.seed], "")

    request = GridRequest(
        folder=str(folder / "grid"),
        trigger="pxl",
        axes=(
            *four_axes([str(folder / "e1.safetensors")], (0.0, 1.0), SEEDS, PROMPTS),
            Axis(setting="trigger", values=(True, False)),
            Axis(setting="steps", values=STEPS),
        ),
    )
    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)
    return open_grid(folder / "grid")


@pytest.fixture(scope="module")
def evidence(grid: Grid) -> Evidence:
    return assess(grid, TRAINING, HELD_OUT)


def test_a_row_has_the_pictures_of_all_other_axes(evidence: Evidence) -> None:
    row = evidence.rows[1]
    assert (row.weight, row.count) == (1.0, len(PROMPTS) * len(SEEDS) * 2 * len(STEPS))
    assert evidence.base is not None
    assert Path(row.checkpoint).stem == "e1"


def test_each_picture_is_compared_with_the_base_model_at_its_own_place(evidence: Evidence) -> None:
    figures = evidence.rows[1].figures
    assert figures.bleed.value == pytest.approx(0.0, abs=1e-3)
    assert figures.change.value > 0.05
    assert evidence.rows[0].figures.change.value == pytest.approx(0.0, abs=1e-3)


def test_the_trigger_word_makes_the_style(evidence: Evidence) -> None:
    assert evidence.rows[1].figures.trigger_effect.value > 0.6
    assert evidence.rows[0].figures.trigger_effect.value == pytest.approx(0.0, abs=0.05)


def test_without_pictures_of_the_style_the_word_is_known_by_what_it_moves(grid: Grid) -> None:
    none, styled = (row.figures for row in assess(grid, ()).rows)
    assert styled.trigger_effect is not None
    assert styled.change is not None
    # Nothing moves without the word, so the mean over both halves is half of what it does.
    assert styled.trigger_effect.value == pytest.approx(2 * styled.change.value, abs=1e-6)
    assert styled.trigger_effect.value > 0.1
    assert none.trigger_effect is not None
    assert none.trigger_effect.value == pytest.approx(0.0, abs=1e-6)


def test_diversity_is_between_seeds_and_not_between_steps(evidence: Evidence) -> None:
    means = []
    for number in (0, 6, 12, 18):
        features = EmbeddedExtractor().describe([_RAW[number + seed] for seed in SEEDS])
        means.append(1 - np.mean([features[i] @ features[j] for i in range(3) for j in range(i)]))
    assert evidence.base.diversity == pytest.approx(np.mean(means), abs=1e-3)
