"""Grids in which more than checkpoint and weight makes the model."""

from __future__ import annotations

from pathlib import Path

from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis
from engine.validation.evidence import Evidence, assess
from engine.validation.filling import Filling, Keep
from engine.validation.judging import judge
from engine.validation.manifest import open_grid
from engine.validation.planning import PlannedCell, plan
from engine.validation.request import GridRequest, four_axes
from engine.validation.store import CellStore
from tests.engine.validation.pictures import paths, read
from tests.engine.validation.test_planted import HELD_OUT, TRAINING

_PIXEL, _RAW = read(paths("pixel")), read(paths("raw"))
PROMPTS, SEEDS = ("cat", "dog"), (0, 1, 2)


def measured(
    folder: Path, *axes: Axis, weights: tuple[float, ...] = (0.0, 1.0), base: bool = False
) -> Evidence:
    """A first LoRA that draws in the style, and a second one, and one on the text encoder, that
    bring training pictures back.
    """
    files = {name: folder / f"{name}.safetensors" for name in ("first", "second")}
    for name, file in files.items():
        file.write_bytes(name.encode())

    def picture(image: ImageRequest) -> int:
        return 3 * PROMPTS.index(image.prompt) + image.seed

    def draw(image: ImageRequest, cells: list[PlannedCell], job: Job, keep: Keep) -> None:
        copies = any(
            Path(use.path).stem == "second" or use.text != use.weight for use in image.loras
        )
        for cell in cells:
            at = picture(cell.image)
            keep(cell, (_PIXEL[24 + at] if copies else (_PIXEL if image.loras else _RAW)[at]), "")

    request = GridRequest(
        folder=str(folder / "grid"),
        axes=(
            *four_axes([*([""] if base else []), str(files["first"])], weights, SEEDS, PROMPTS),
            *axes,
        ),
    )
    Filling(request, plan(request), CellStore(request.cells_folder), Job.detached()).run(draw)
    return assess(open_grid(folder / "grid"), TRAINING, HELD_OUT)


def test_a_second_lora_is_a_row_of_its_own(tmp_path: Path) -> None:
    second = str(tmp_path / "second.safetensors")
    found = measured(tmp_path, Axis(setting="second_checkpoint", values=("", second)))
    rows = {row.variant.others: row for row in found.rows if row.weight}
    assert {len(row.cells) for row in rows.values()} == {len(PROMPTS) * len(SEEDS)}
    alone, together = rows[("none",)], rows[("second",)]
    assert (alone.copies, together.copies) == (0, 6)
    assert together.figures.change is not None  # read against the base model without any LoRA
    verdict = judge(found)
    flags = [flag for flag in verdict.flags if flag.kind == "copies"]
    assert flags
    assert all(str(flag.headline).startswith("first · second ") for flag in flags)


def test_the_weight_on_the_text_encoder_tells_rows_apart(tmp_path: Path) -> None:
    found = measured(tmp_path, Axis(setting="text_encoder_weight", values=(0.5, 1.0)))
    rows = {row.weight_label: row for row in found.rows if row.weight}
    assert {label: row.copies for label, row in rows.items()} == {"1 (TE 0.5)": 6, "1 (TE 1)": 0}
    assert any("1 (TE 0.5)" in str(flag.detail) for flag in judge(found).flags)


def test_no_model_is_recommended_where_a_checkpoint_and_its_weight_do_not_name_it(
    tmp_path: Path,
) -> None:
    several = Axis(setting="text_encoder_weight", values=(0.5, 1.0))
    verdict = judge(measured(tmp_path, several))
    assert verdict.pick is None
    assert "weight on the text encoder" in str(verdict.missing[-1])


def test_a_pick_names_the_weight_on_the_text_encoder(tmp_path: Path) -> None:
    apart = Axis(setting="text_encoder_weight", values=(1.0,))
    verdict = judge(measured(tmp_path, apart, weights=(1.0,), base=True))
    assert verdict.pick is not None
    assert "1 (TE 1)" in str(verdict.pick)


def test_a_lora_on_the_text_encoder_alone_is_judged(tmp_path: Path) -> None:
    apart = Axis(setting="text_encoder_weight", values=(0.0, 1.0))
    verdict = judge(measured(tmp_path, apart, weights=(0.0,)))
    assert [one.row.weight_label for one in verdict.rows] == ["0 (TE 1)"]


def test_settings_that_a_row_takes_together_are_told(tmp_path: Path) -> None:
    found = measured(tmp_path, Axis(setting="steps", values=(4, 8)))
    assert [row.count for row in found.rows] == [12, 12]
    assert "Each row takes all values of Steps together: 4, 8." in map(str, judge(found).notes)


def test_without_further_axes_a_label_is_the_weight(tmp_path: Path) -> None:
    found = measured(tmp_path)
    assert found.rows[1].weight_label == "1"
    assert not found.pooled
