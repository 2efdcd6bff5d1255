from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from engine.project.settings import data_dir
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest
from engine.validation.axes import Axis, AxisError
from engine.validation.filling import Filling
from engine.validation.pace import Pace, seconds_for, work_of
from engine.validation.planning import plan
from engine.validation.request import GridRequest
from engine.validation.store import CellStore
from engine.validation.survey import BYTES_PER_PIXEL, Survey, dry_run


def grid(folder: Path, image: ImageRequest | None = None, **values: object) -> GridRequest:
    axes = tuple(Axis.model_validate({"setting": k, "values": v}) for k, v in values.items())
    image = image or ImageRequest(prompt="castle", steps=5, width=64, height=64)
    return GridRequest(folder=str(folder / "grid"), image=image, axes=axes)


def test_work_is_counted_in_evaluations_and_pixels() -> None:
    image = ImageRequest(steps=10, guidance_scale=4)
    assert work_of(image, 1_000_000) == 20
    assert work_of(image.model_copy(update={"guidance_scale": 1.0}), 1_000_000) == 10
    sketch = image.model_copy(update={"init_image": "a.png", "strength": 0.5})
    assert work_of(sketch, 500_000) == 5


def test_what_was_drawn_tells_how_long_the_rest_takes(tmp_path: Path) -> None:
    asked = grid(tmp_path, seed=(1, 2, 3, 4))
    first = dry_run(asked)
    assert (first.cells, first.distinct, first.cached, first.problems) == (4, 4, 0, ())
    assert first.seconds is None
    assert first.bytes == round(4 * 64 * 64 * BYTES_PER_PIXEL)
    pace = Pace()
    for seconds in (1.0, 2.0, 30.0):
        pace.note("starter", work_of(asked.image, 64 * 64), seconds)
    pace.keep("cpu")
    assert dry_run(asked).seconds == pytest.approx(4 * 2.0)
    CellStore(asked.cells_folder).put(plan(asked)[0].id, np.zeros((64, 64, 3), np.uint8), "")
    later = dry_run(asked)
    assert (later.cached, later.seconds) == (1, pytest.approx(3 * 2.0))
    assert 0 < later.bytes < first.bytes / 4
    assert dry_run(asked.with_values("steps", (5, 10))).seconds == pytest.approx(3 * 2 + 4 * 4)


def test_a_damaged_history_is_none(tmp_path: Path) -> None:
    data_dir().mkdir(parents=True, exist_ok=True)
    for text in ("", "[]", '{"device": 1, "paces": {}}', '{"device": "cpu", "paces": {"cpu": 3}}'):
        (data_dir() / "pace.json").write_text(text)
        assert seconds_for("starter", 1.0) is None
    pace = Pace()
    pace.note("starter", 1.0, 2.0)
    (data_dir() / "pace.json").write_text("{")
    pace.keep("cpu")
    assert json.loads((data_dir() / "pace.json").read_text())["device"] == "cpu"
    assert seconds_for("starter", 3.0) == 6.0


def problems(survey: Survey) -> list[tuple[str, str]]:
    return [(problem.setting, str(problem.error)) for problem in survey.problems]


def test_everything_that_is_wrong_is_said_before_the_first_step(tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"short")
    (tmp_path / "sketch.png").write_bytes(b"no picture")
    asked = grid(
        tmp_path,
        image=ImageRequest(prompt=" "),
        checkpoint=("", str(tmp_path / "gone.safetensors"), str(broken)),
        second_weight=(0, 1),
        init_image=(str(tmp_path / "sketch.png"), str(tmp_path / "none.png")),
        replace=[("apple", "pear")],
        model=("starter", str(tmp_path / "model.safetensors")),
    )
    found = problems(dry_run(asked))
    assert [setting for setting, _ in found] == [
        "prompt", "replace", "model", "checkpoint", "checkpoint", "second_weight", "init_image",
        "init_image",
    ]  # fmt: skip
    sentences = " ".join(sentence for _, sentence in found)
    for name in ("model.safetensors", "gone.safetensors", "broken.safetensors", "sketch.png",
                 "none.png", "apple"):  # fmt: skip
        assert name in sentences
    survey = dry_run(asked)
    assert (survey.cells, survey.cached, survey.seconds) == (3 * 2 * 2 * 2, 0, None)


def test_a_lora_of_another_family_is_named(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    name = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    tensors = {
        f"{name}.lora_down.weight": np.zeros((4, 2048), np.float32),
        f"{name}.lora_up.weight": np.zeros((640, 4), np.float32),
        f"{name}.alpha": np.full((), 4, np.float32),
    }
    path = tmp_path / "xl.safetensors"
    save_file(tensors, path, {"ss_base_model_version": "sdxl_base_v1-0"})
    ((setting, sentence),) = problems(dry_run(grid(tmp_path, checkpoint=(str(path),))))
    assert setting == "checkpoint"
    assert "xl.safetensors is a LoRA for" in sentence


def test_a_lora_that_a_prompt_names_is_looked_for(tmp_path: Path) -> None:
    asked = grid(tmp_path, prompt=("castle", "castle <lora:nowhere:0.8>"))
    assert problems(dry_run(asked)) == [
        ("prompt", "There is no LoRA called nowhere. Put its file into a model folder, or name its "
         "path.")
    ]  # fmt: skip


def test_a_strength_without_a_start_picture_is_no_axis(tmp_path: Path) -> None:
    asked = grid(tmp_path, strength=(0.3, 0.6))
    ((setting, sentence),) = problems(dry_run(asked))
    assert setting == "strength"
    assert "changes nothing without a start picture" in sentence
    Image.new("RGB", (32, 32)).save(tmp_path / "sketch.png")
    assert not dry_run(asked.with_values("init_image", (str(tmp_path / "sketch.png"),))).problems


def test_a_start_picture_tells_the_size(tmp_path: Path) -> None:
    Image.new("RGB", (320, 160)).save(tmp_path / "sketch.png")
    image = ImageRequest(prompt="castle")
    asked = grid(tmp_path, image, init_image=(str(tmp_path / "sketch.png"),))
    assert dry_run(asked).bytes == round(320 * 160 * BYTES_PER_PIXEL)
    assert dry_run(grid(tmp_path, image)).bytes == round(128 * 128 * BYTES_PER_PIXEL)


def test_the_survey_needs_no_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, engine.validation.survey; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_filled_grid_costs_nothing_more(tmp_path: Path) -> None:
    asked = grid(tmp_path, seed=(1, 2))

    def draw(image, cells, job, keep) -> None:
        for cell in cells:
            keep(cell, np.zeros((64, 64, 3), np.uint8), "")

    Filling(asked, plan(asked), CellStore(asked.cells_folder), Job.detached()).run(draw)
    survey = dry_run(asked)
    assert (survey.cached, survey.bytes, survey.seconds) == (2, 0, 0)


@pytest.mark.parametrize("damage", [b"", b"not a picture", None])
def test_a_damaged_cell_is_not_counted_as_drawn(tmp_path: Path, damage: bytes | None) -> None:
    asked = grid(tmp_path, seed=(1, 2))
    store, (first, second) = CellStore(asked.cells_folder), plan(asked)
    for cell in (first, second):
        store.put(cell.id, np.zeros((64, 64, 3), np.uint8), "")
    assert dry_run(asked).cached == 2
    path = store.path(first.id)
    path.write_bytes(path.read_bytes()[:-20] if damage is None else damage)
    assert dry_run(asked).cached == 1
    assert dry_run(asked).bytes > 0


def test_a_folder_in_the_place_of_a_cell_is_told(tmp_path: Path) -> None:
    asked = grid(tmp_path, seed=(1, 2))
    path = CellStore(asked.cells_folder).path(plan(asked)[0].id)
    path.mkdir(parents=True)
    (problem,) = dry_run(asked).problems
    assert f"{path} is a folder, not a file." in str(problem.error)


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = grid(tmp_path, seed=(1, 2))
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path)
    assert "Nothing can be written" in str(dry_run(asked).problems[0].error)
    monkeypatch.undo()
    (tmp_path / "grid").write_text("a file")
    assert "is a file, not a folder" in str(dry_run(asked).problems[0].error)


def test_a_disk_with_too_little_room_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = grid(tmp_path, seed=(1, 2, 3, 4))
    needed = dry_run(asked).bytes
    for free, told in ((needed - 1, True), (needed, False)):
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr("shutil.disk_usage", lambda path, usage=usage: usage)
        problems = dry_run(asked).problems
        assert [("are free in" in str(one.error)) for one in problems] == [True] * told


@pytest.mark.parametrize("setting", ["prompt", "negative_prompt"])
def test_half_a_character_in_a_prompt_is_told(tmp_path: Path, setting: str) -> None:
    asked = grid(tmp_path, **{setting: ("a cat", "a \ud83d cat")})
    (problem,) = dry_run(asked).problems
    assert problem.setting == setting
    assert "half a character" in str(problem.error)
    with pytest.raises(AxisError, match="half a character"):
        plan(asked)
