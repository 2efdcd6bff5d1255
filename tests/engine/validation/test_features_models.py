"""Small models with random weights, as transformers and TorchScript save them."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    Dinov2Config,
    Dinov2Model,
)

from engine.runtime.errors import MissingFileError, ModelFileError
from engine.runtime.resources import resource
from engine.validation.evidence import assess
from engine.validation.features import Extractor, PromptExtractor
from engine.validation.features_catalogue import WEIGHTS
from engine.validation.features_models import open_extractor
from tests.engine.validation.fake_grids import fake_grid
from tests.engine.validation.pictures import paths, read
from tests.engine.validation.test_planted import HELD_OUT, TRAINING, base, copier, sound

MEAN, DEVIATION = [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]


def processor(folder: Path, **values) -> None:
    settings = {
        "do_center_crop": True,
        "size": {"shortest_edge": 40},
        "crop_size": {"height": 28, "width": 28},
        "image_mean": MEAN,
        "image_std": DEVIATION,
        "resample": 3,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings | values))


@pytest.fixture(scope="module")
def dino(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dino")
    torch.manual_seed(1)
    config = Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=7
    )
    Dinov2Model(config).save_pretrained(folder)
    processor(folder)
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(2)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1,
             "num_attention_heads": 2}  # fmt: skip
    config = CLIPConfig(
        text_config={**sizes, "vocab_size": 49408, "max_position_embeddings": 77},
        vision_config={**sizes, "image_size": 28, "patch_size": 7},
        projection_dim=16,
    )
    CLIPModel(config).save_pretrained(folder)
    for file in resource("starter", "tokenizer").iterdir():
        shutil.copy(file, folder)
    processor(folder)
    return folder


class Colors(torch.nn.Module):
    """The mean of each channel in a 2 x 2 grid, around gray."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(pixels, 2).flatten(1)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sscd") / "sscd_disc_mixup.torchscript.pt"
    torch.jit.script(Colors()).save(str(path))
    return path


def test_each_is_an_extractor_and_only_clip_reads_prompts(
    dino: Path, clip: Path, script: Path
) -> None:
    pictures = read(paths("pixel")[:3])
    for path, name in ((dino, "dinov2"), (clip, "clip"), (script, "sscd")):
        extractor = open_extractor(path)
        assert isinstance(extractor, Extractor)
        assert isinstance(extractor, PromptExtractor) == (name == "clip")
        assert extractor.name == name
        described, views = extractor.describe(pictures), extractor.describe_views(pictures)
        assert np.linalg.norm(described, axis=1) == pytest.approx(1.0, abs=1e-4)
        assert views.shape == (3, 2, described.shape[1])
        flipped = extractor.describe([np.ascontiguousarray(one[:, ::-1]) for one in pictures])
        same = extractor.similarity(flipped, views)
        assert same.diagonal() == pytest.approx(1.0, abs=1e-4)
        assert (same.argmax(axis=1) == np.arange(3)).all()


def test_pictures_are_prepared_as_the_processor_of_the_model_would(clip: Path) -> None:
    picture = read(paths("raw")[:1])[0][:200, :150]
    wanted = CLIPImageProcessor.from_pretrained(clip)(
        picture, return_tensors="pt", do_convert_rgb=False
    ).pixel_values
    model = CLIPModel.from_pretrained(clip).eval()
    with torch.inference_mode():
        seen = model.vision_model(pixel_values=wanted).pooler_output
        vector = model.visual_projection(seen)[0].numpy()
    ours = open_extractor(clip).describe([picture])[0]
    assert ours @ vector / np.linalg.norm(vector) > 0.999


def test_prompt_following_is_measured_with_clip(clip: Path, tmp_path: Path) -> None:
    grid = fake_grid(tmp_path, base, {"e1": sound, "e2": copier}, prompts=2)
    evidence = assess(grid, TRAINING, HELD_OUT, extractor=open_extractor(clip))
    assert evidence.extractor.startswith("clip ")
    assert evidence.base is not None
    level = evidence.base.figures.following.value
    for row in evidence.rows:
        change = row.figures.following.value / level - 1 if level > 1e-3 else None
        found = row.figures.following_change
        assert (found.value if found else None) == pytest.approx(change, abs=1e-3)
    assert evidence.row(grid.request.checkpoints[1], 1.0).copies == 8


def test_other_weights_are_another_version(dino: Path, tmp_path: Path) -> None:
    shutil.copytree(dino, tmp_path / "other")
    model = Dinov2Model.from_pretrained(dino)
    with torch.no_grad():
        model.layernorm.weight += 1
    model.save_pretrained(tmp_path / "other")
    assert open_extractor(dino).version != open_extractor(tmp_path / "other").version


def test_a_folder_of_something_else_is_refused(dino: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        open_extractor(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelFileError, match="no model that compares pictures"):
        open_extractor(tmp_path)
    for broken in ("{", "[1]", "[" * 5000):
        (tmp_path / "config.json").write_text(broken)
        with pytest.raises(ModelFileError, match="damaged"):
            open_extractor(tmp_path)


@pytest.mark.parametrize("what", ["weights", "no weights", "processor", "huge", "zero"])
def test_a_damaged_model_is_refused_in_one_sentence(dino: Path, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(dino, folder)
    weights = folder / "model.safetensors"
    if what == "weights":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif what == "no weights":
        weights.rename(folder / "pytorch_model.bin")
    elif what == "processor":
        (folder / "preprocessor_config.json").write_text('{"size": "large"}')
    elif what == "huge":
        processor(folder, crop_size=10**9)
    else:
        processor(folder, image_std=[0, 0, 0])
    with pytest.raises((ModelFileError, MissingFileError)):
        open_extractor(folder)


def test_a_pickle_is_never_loaded_as_a_script(script: Path, tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    plain = tmp_path / "pickle.pt"
    torch.save({"weights": torch.zeros(1), "rest": Hostile()}, plain)
    old = tmp_path / "old.pt"
    torch.save({"rest": Hostile()}, old, _use_new_zipfile_serialization=False)
    short = tmp_path / "short.pt"
    short.write_bytes(script.read_bytes()[:-300])
    for path in (plain, old, short):
        with pytest.raises(ModelFileError, match="no TorchScript file"):
            open_extractor(path)
    assert not (tmp_path / "ran").exists()


class Writer(torch.nn.Module):
    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        torch.save(pixels, "WHERE")
        return pixels.mean((2, 3))


class WritesWhenLoaded(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shift = torch.nn.Parameter(torch.zeros(3))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.mean((2, 3)) + self.shift

    @torch.jit.export
    def __getstate__(self) -> tuple[torch.Tensor, bool]:
        return self.shift, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]) -> None:
        torch.save(state[0], "WHERE")
        self.shift = state[0]
        self.training = state[1]


def rewritten(path: Path, target: Path, was: bytes, now: bytes) -> Path:
    """The script ``path`` with other code."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as made:
        for name in source.namelist():
            data = source.read(name)
            assert was in data or not name.endswith(".py")
            made.writestr(name, data.replace(was, now))
    return target


@pytest.mark.parametrize("module", [Writer, WritesWhenLoaded])
@pytest.mark.parametrize(
    "call",
    [
        b"torch.save(",
        b"torch . save(",
        b"ops.aten.save(",
        b'getattr(torch, "save")(',
        b'getattr(torch, "sa" "ve")(',
        b'getattr(torch, "sa\\166e")(',
    ],
)
def test_a_script_that_writes_files_is_never_loaded(
    tmp_path: Path, module: type[torch.nn.Module], call: bytes
) -> None:
    torch.jit.script(module()).save(str(tmp_path / "first.pt"))
    hostile = rewritten(tmp_path / "first.pt", tmp_path / "second.pt", b"torch.save(", call)
    where = tmp_path / "written"
    path = rewritten(hostile, tmp_path / "third.pt", b"WHERE", str(where).encode())
    with pytest.raises(ModelFileError, match="could open other files"):
        open_extractor(path)
    torch.jit.load(str(path))(torch.zeros(1, 3, 2, 2))
    assert where.exists()  # so the program was one


class Numbered(torch.nn.Module):
    """With what scripts of real networks have: layers by number, and sizes that were traced."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        found = self.layers(pixels).clamp(min=1e-6).pow(3)
        pooled = torch.nn.functional.avg_pool2d(found, (found.size(-2), found.size(-1)))
        return torch.nn.functional.normalize(pooled.reshape(len(pixels), -1))


@pytest.mark.parametrize("traced", [True, False])
def test_a_script_of_a_usual_network_is_loaded(tmp_path: Path, traced: bool) -> None:
    path = tmp_path / "usual.pt"
    sample = torch.rand(2, 3, 32, 32)
    made = torch.jit.trace(Numbered(), sample) if traced else torch.jit.script(Numbered())
    made.save(str(path))
    with zipfile.ZipFile(path) as archive:
        code = b"".join(archive.read(name) for name in archive.namelist() if ".py" in name)
    assert b"getattr(" in code
    assert (b"ops.prim." in code) == traced
    assert open_extractor(path).describe(read(paths("pixel")[:2])).shape == (2, 4)


def test_a_script_of_something_else_is_refused_when_it_answers(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.jit.script(torch.nn.Flatten(0)).save(str(path))
    with pytest.raises(ModelFileError, match="cannot compare pictures"):
        open_extractor(path).describe(read(paths("pixel")[:2]))


class Raises(torch.nn.Module):
    """A script with an error of its own, which is none of Python's."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        if pixels.size(0) > 0:
            raise ValueError("made for other pictures")
        return pixels.flatten(1)


class Broken(torch.nn.Module):
    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.flatten(1)[:, :4] * float("nan")


@pytest.mark.parametrize(
    ("module", "sentence"), [(Raises, "cannot compare pictures"), (Broken, "gives no numbers")]
)
def test_a_script_that_fails_or_gives_no_numbers_is_one_sentence(
    tmp_path: Path, module: type[torch.nn.Module], sentence: str
) -> None:
    path = tmp_path / "odd.pt"
    torch.jit.script(module()).save(str(path))
    with pytest.raises(ModelFileError, match=f"odd.pt {sentence}"):
        open_extractor(path).describe(read(paths("pixel")[:2]))


def test_weights_that_are_no_numbers_are_told_and_not_measured_as_nothing(
    dino: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "dino"
    shutil.copytree(dino, broken)
    weights = load_file(broken / WEIGHTS)
    name = next(key for key in weights if key.endswith("weight"))
    weights[name].fill_(float("nan"))
    save_file(weights, broken / WEIGHTS, {"format": "pt"})
    with pytest.raises(ModelFileError, match="gives no numbers for a picture"):
        open_extractor(broken).describe(read(paths("pixel")[:2]))
