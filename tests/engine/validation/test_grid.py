from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from engine.commands import grid as command
from engine.models import adapter_training, adapters
from engine.models.adapter_plan import AdapterSpec
from engine.models.family import STARTER_FOLDER
from engine.models.loading import load_model
from engine.models.lora_file import write_lora
from engine.runtime.errors import BadInputError, JobCancelled, MissingFileError, ModelFileError
from engine.runtime.job import Job
from engine.sampling.picture_text import read_infotext
from engine.sampling.request import ImageRequest
from engine.validation import grid as grids
from engine.validation.manifest import open_grid
from engine.validation.request import GridRequest


@pytest.fixture(scope="module")
def starter():
    return load_model("starter", device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(scope="module")
def loras(starter, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two different small LoRAs of random weights."""
    folder = tmp_path_factory.mktemp("loras")
    paths = []
    for number in (1, 2):
        generator = torch.Generator().manual_seed(number)
        spec = AdapterSpec(rank=2, train_text=False)
        parameters = adapter_training.create(starter, "made", spec, generator)
        for tensor in parameters["unet"]:
            torch.nn.init.normal_(tensor, std=0.2, generator=generator)
        path = folder / f"style-e{number}.safetensors"
        metadata = {"ss_base_model_version": "sd_v1", "ss_network_dim": "2"}
        write_lora(path, adapter_training.state_dict(starter, "made"), metadata)
        adapters.detach(starter, "made")
        paths.append(path)
    return paths


@pytest.fixture(autouse=True)
def calls(starter, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Batch sizes that went through the UNet, guidance's second half not counted."""
    seen: list[int] = []

    class Host:
        def get(self, ref: str):
            return starter

    forward = starter.unet.forward

    def counted(sample: torch.Tensor, *args, **values):
        seen.append(len(sample) // 2)
        return forward(sample, *args, **values)

    monkeypatch.setattr(grids, "host", Host)
    monkeypatch.setattr(starter.unet, "forward", counted)
    return seen


def request(folder: Path, loras: list[Path], **values) -> GridRequest:
    return GridRequest(
        folder=str(folder / "grid"),
        checkpoints=tuple(map(str, loras)),
        weights=(0, 1),
        seeds=(1, 2),
        prompts=("red apple, flat icon", "castle, flat icon"),
        image=ImageRequest(steps=2, batch_size=8, width=64, height=64, **values),
    )


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_each_model_state_is_one_batch_and_every_checkpoint_looks_different(
    tmp_path: Path, loras: list[Path], calls: list[int]
) -> None:
    asked = request(tmp_path, loras)
    result = grids.run(asked, Job.detached())
    assert (result.rendered, result.cached, result.failed) == (12, 0, 0)
    assert calls == [4] * 3 * 2
    grid = open_grid(tmp_path / "grid")
    shown = {cell.id: pixels(cell.path).tobytes() for cell in grid.cells}
    assert len(shown) == len(set(shown.values())) == 12
    assert result.picture.is_file()


def test_ten_checkpoints_at_five_weights_load_no_file_twice(
    tmp_path: Path, loras: list[Path], calls: list[int], starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.models import hashes
    from engine.prompt.encode import PromptEncoder
    from engine.sampling.generate import _encodings

    files = [tmp_path / f"style-e{number:02}.safetensors" for number in range(10)]
    for number, path in enumerate(files):
        path.write_bytes(loras[number % 2].read_bytes())
    read: list[str] = []
    encoded: list[str] = []
    load, run = adapters.read_adapter, PromptEncoder._run

    def loading(path: Path) -> adapters.AdapterFile:
        read.append(Path(path).name)
        return load(path)

    def encoding(encoder: PromptEncoder, text: str):
        encoded.append(text)
        return run(encoder, text)

    monkeypatch.setattr(adapters, "read_adapter", loading)
    monkeypatch.setattr(PromptEncoder, "_run", encoding)
    hashes._sha256.cache_clear()
    _encodings.clear()
    asked = request(tmp_path, files).with_values("weight", "0-1 [5]").with_values("seed", (1,))
    # As if they were ten different files: two would be drawn for all.
    monkeypatch.setattr(
        "engine.validation.store.file_sha256", lambda path: f"{hashes.file_sha256(path)}{path}"
    )
    result = grids.run(asked, Job.detached())
    assert result.rendered == (1 + 10 * 4) * 2
    assert read == [path.name for path in files]
    # Each is hashed once whole and once as infotexts name it.
    assert hashes._sha256.cache_info().misses <= 2 * 10 + len(list(STARTER_FOLDER.glob("*/*")))
    assert calls == [2] * (1 + 10 * 4) * 2  # two steps for each state, both prompts at once
    # These LoRAs leave the text encoder alone.
    assert sorted(encoded) == ["", "castle, flat icon", "red apple, flat icon"]


def test_a_cell_is_the_picture_that_generate_would_draw(
    tmp_path: Path, loras: list[Path], starter
) -> None:
    from engine.sampling.generate import attach_all
    from engine.sampling.pipeline import sample

    asked = request(tmp_path, loras)
    grids.run(asked, Job.detached())
    position = asked.positions()[-1]
    image = asked.image_at(position).model_copy(update={"batch_size": 1})
    with adapters.active(starter, attach_all(starter, image.loras)):
        alone = sample(starter, image, job=Job.detached())[0]
    cell = open_grid(tmp_path / "grid").at(position)
    assert np.abs(pixels(cell.path).astype(int) - alone).max() <= 1
    infotext = read_infotext(cell.path)
    assert infotext.settings["Seed"] == str(position.seed)
    assert "<lora:style-e2:1>" in infotext.prompt


def test_a_cancelled_grid_resumes_with_the_pictures_it_would_have_had(
    tmp_path: Path, loras: list[Path], calls: list[int]
) -> None:
    asked = request(tmp_path, loras)
    whole = request(tmp_path / "whole", loras)
    grids.run(whole, Job.detached())
    calls.clear()
    job = Job.detached()
    job.handle.state = "running"
    breathe, left = job.breathe, iter(range(9))

    def cancelled_soon() -> None:
        if next(left, None) is None:
            job.handle.cancel()
        breathe()

    job.breathe = cancelled_soon
    with pytest.raises(JobCancelled):
        grids.run(asked, job)
    kept = sum(cell.path is not None for cell in open_grid(tmp_path / "grid").cells)
    assert 0 < kept < 16
    result = grids.run(asked, Job.detached())
    assert result.cached > 0
    assert result.rendered + result.cached == 12
    for one, other in zip(
        open_grid(tmp_path / "grid").cells, open_grid(tmp_path / "whole/grid").cells, strict=True
    ):
        assert one.id == other.id
        difference = np.abs(pixels(one.path).astype(int) - pixels(other.path))
        assert difference.max() <= 1


def test_a_truncated_lora_fails_its_row_and_the_rest_is_drawn(
    tmp_path: Path, loras: list[Path]
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(loras[0].read_bytes()[:2000])
    job = Job.detached()
    result = grids.run(request(tmp_path, [broken, loras[1]]), job)
    assert (result.rendered, result.failed) == (8, 4)
    cells = open_grid(tmp_path / "grid").cells
    failed = {cell.position.checkpoint for cell in cells if cell.error}
    assert failed == {str(broken)}
    assert all("broken.safetensors" in cell.error for cell in cells if cell.error)


def write_toml(folder: Path, text: str) -> Path:
    path = folder / "grid.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_command_reads_a_file_and_sees_paths_from_its_folder(tmp_path: Path) -> None:
    text = """
        checkpoints = ["", "runs/e1.safetensors"]
        weights = "0, 0.5 … 1"
        seeds = "1 … 4"
        prompts = ["red apple"]
        [image]
        steps = 6
    """
    asked = command.read_request(write_toml(tmp_path, text))
    assert asked.folder == str(tmp_path / "grid")
    assert asked.checkpoints == ("", str(tmp_path / "runs/e1.safetensors"))
    assert (asked.weights, asked.seeds) == ((0, 0.5, 1), (1, 2, 3, 4))
    assert (asked.image.model, asked.image.steps) == ("starter", 6)
    other = command.read_request(tmp_path / "grid.toml", tmp_path / "out")
    assert other.folder == str(tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("weights = ", "not valid TOML"),
        ("weights = 'a'", "not a list of numbers"),
        ("wieghts = '1'", "wieghts"),
        ("[image]\nsteps = 0", "steps"),
        ("seeds = []", "Seed"),
        ("[[axes]]\nsetting = 'steps'\nvalues = '10, 0'", "Steps"),
        ("[[axes]]\nsetting = 'output_dir'\nvalues = 'x'", "output_dir"),
    ],
)
def test_a_malformed_file_is_answered_with_one_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = write_toml(tmp_path, text)
    with pytest.raises(BadInputError, match=sentence):
        command.read_request(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="not text in UTF-8"):
        command.read_request(path)
    with pytest.raises(MissingFileError):
        command.read_request(tmp_path / "none.toml")


def test_the_command_draws_prints_the_picture_and_says_what_failed(
    tmp_path: Path, loras: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.runtime.thread import Engine

    odd = tmp_path / "broken.safetensors"  # only loading tells that it does not fit
    tensors = load_file(loras[0])
    name = next(key for key in tensors if key.endswith("lora_up.weight"))
    with safe_open(loras[0], "pt") as known:
        save_file(tensors | {name: torch.zeros(7, 1)}, odd, known.metadata())
    path = write_toml(
        tmp_path,
        f"""
        checkpoints = ["{loras[0].as_posix()}", "broken.safetensors"]
        prompts = ["castle"]
        [image]
        steps = 1
        width = 64
        height = 64
        """,
    )
    import argparse

    engine = Engine(threads=1).start()
    try:
        status = command.run(
            argparse.Namespace(file=path, out=None, dry_run=False, json=False, export=[]), engine
        )
    finally:
        engine.close()
    out, err = capsys.readouterr()
    assert status == 1
    assert Path(out.strip()) == tmp_path / "grid/grid.png"
    assert "1 drawn, 0 from before, 1 failed" in err
    assert "broken.safetensors, castle: " in err
    assert "in broken.safetensors do not belong together" in err
    assert Image.open(io.BytesIO(Path(out.strip()).read_bytes())).format == "PNG"


def test_a_base_model_that_cannot_be_loaded_fails_its_own_cells(
    tmp_path: Path, loras: list[Path], starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Host:
        def get(self, ref: str):
            asked.append(ref)
            if ref != "starter":
                raise ModelFileError("{name} ends early.", name=Path(ref).name)
            return starter

    monkeypatch.setattr(grids, "host", Host)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no model")
    wanted = request(tmp_path, loras[:1]).with_values("model", (str(broken), "starter"))
    result = grids.run(wanted, Job.detached())
    assert (result.rendered, result.failed) == (8, 8)
    errors = {cell.error for cell in open_grid(tmp_path / "grid").cells if cell.error}
    assert errors == {"broken.safetensors ends early."}
    # One model after the other, none in turns.
    assert asked == sorted(asked, key=lambda ref: ref == "starter")
    only = request(tmp_path / "only", loras[:1]).with_values("model", (str(broken),))
    with pytest.raises(ModelFileError, match="ends early"):
        grids.run(only, Job.detached())


def test_running_out_of_memory_takes_off_what_is_not_in_use_and_goes_on(
    tmp_path: Path, loras: list[Path], starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapters.attach(starter, loras[1])
    draw, idle = grids.sample, []

    def hungry(model, image, **values):
        if image.batch_size > 2:
            raise RuntimeError("CUDA out of memory")
        idle.append(str(loras[1]) in starter.adapters.attached)
        return draw(model, image, **values)

    monkeypatch.setattr(grids, "sample", hungry)
    result = grids.run(request(tmp_path, loras[:1]), Job.detached())
    assert (result.rendered, result.failed) == (8, 0)
    assert idle == [False] * 2
