"""Repainting with a base model and a LoRA from disk, and making the same again from the recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.canvas import repaint_job, storage
from engine.canvas.document import Document
from engine.canvas.repaint import RepaintRequest, request_of
from engine.models import adapter_training
from engine.models.adapter_plan import AdapterSpec
from engine.models.catalogue import described
from engine.models.hashes import data_sha256
from engine.models.host import host
from engine.models.loading import load_model
from engine.models.lora_file import write_lora
from engine.runtime.errors import BadInputError, ModelFileError, StylekilnError
from engine.runtime.job import Job
from engine.sampling.request import ImageRequest, LoraUse
from tests.engine.training.conftest import save_model


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small random SD 1.x model, and a LoRA for it that changes what it paints."""
    folder = tmp_path_factory.mktemp("models")
    base = save_model(folder / "tiny")
    model = load_model(str(base), device=torch.device("cpu"), dtype=torch.float32)
    noise = torch.Generator().manual_seed(3)
    adapter_training.create(model, "style", AdapterSpec(rank=4, alpha=4.0), noise)
    tensors = {
        key: value if key.endswith("alpha") else torch.randn(value.shape, generator=noise)
        for key, value in adapter_training.state_dict(model, "style").items()
    }
    write_lora(folder / "style.safetensors", tensors, {"ss_base_model_version": "sd_v1"})
    yield base, folder / "style.safetensors"
    host().release()


def request(tmp_path: Path, model: str, *loras: LoraUse) -> RepaintRequest:
    picture = np.random.default_rng(4).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "picture.png")
    image = ImageRequest(
        model=model, prompt="red apple", steps=2, strength=0.8, seed=5, loras=loras
    )
    return RepaintRequest(picture=str(tmp_path / "picture.png"), image=image, rect=(20, 20, 30, 20))


def painted(asked: RepaintRequest) -> np.ndarray:
    return repaint_job.run(asked, Job.detached()).candidates[0].pixels


def test_the_chosen_model_and_the_weight_of_its_lora_decide_what_is_painted(
    tmp_path: Path, disk: tuple[Path, Path]
) -> None:
    base, lora = disk
    plain = painted(request(tmp_path, str(base)))
    half = painted(request(tmp_path, str(base), LoraUse(path=str(lora), weight=0.5)))
    whole = painted(request(tmp_path, str(base), LoraUse(path=str(lora), weight=1.0)))
    for one, other in ((plain, half), (half, whole)):
        assert one.shape == other.shape
        assert (one != other).any()
    np.testing.assert_array_equal(painted(request(tmp_path, str(base))), plain)
    starter = painted(request(tmp_path, "starter"))
    assert starter.shape != plain.shape or (starter != plain).any()


def test_an_accepted_layer_names_model_and_lora_and_can_be_made_again(
    tmp_path: Path, disk: tuple[Path, Path]
) -> None:
    base, lora = disk
    asked = request(tmp_path, str(base), LoraUse(path=str(lora), weight=0.75))
    first = repaint_job.run(asked, Job.detached()).candidates[0]
    document = Document(80, 60)
    document.add_layer("apple", first.pixels, x=first.x, y=first.y, recipe=first.recipe)
    storage.save(document, tmp_path / "canvas.kiln")
    recipe = storage.load(tmp_path / "canvas.kiln").layers[0].recipe
    assert recipe is not None
    assert recipe["image"]["model"] == str(base)
    assert recipe["image"]["loras"] == [LoraUse(path=str(lora), weight=0.75).model_dump()]
    assert "Model: tiny" in recipe["infotext"]
    assert f"Model hash: {recipe['model_hash']}" in recipe["infotext"]
    assert f"style: {data_sha256(lora)[:12]}" in recipe["infotext"]
    host().release()
    np.testing.assert_array_equal(painted(request_of(recipe)), first.pixels)


def test_a_recipe_from_elsewhere_is_refused() -> None:
    with pytest.raises(BadInputError, match="picture"):
        request_of({"image": {}})


def test_a_lora_of_another_size_is_refused_before_and_while_painting(
    tmp_path: Path, disk: tuple[Path, Path]
) -> None:
    _, lora = disk
    misfit = described(lora).misfit(described("starter"))
    assert isinstance(misfit, ModelFileError)
    assert "another size" in str(misfit)
    assert described(lora).misfit(described(disk[0])) is None
    with pytest.raises(ModelFileError, match="another model"):
        painted(request(tmp_path, "starter", LoraUse(path=str(lora))))


def test_a_model_that_was_removed_between_two_requests_is_named(
    tmp_path: Path, disk: tuple[Path, Path]
) -> None:
    base, _ = disk
    asked = request(tmp_path, str(base))
    before = painted(asked)
    elsewhere = base.with_name("elsewhere")
    base.rename(elsewhere)
    try:
        with pytest.raises(StylekilnError, match="tiny"):
            painted(asked)
    finally:
        elsewhere.rename(base)
    np.testing.assert_array_equal(painted(asked), before)


def test_a_lora_that_was_removed_between_two_requests_is_named(
    tmp_path: Path, disk: tuple[Path, Path]
) -> None:
    base, lora = disk
    asked = request(tmp_path, str(base), LoraUse(path=str(lora)))
    painted(asked)
    elsewhere = lora.with_name("elsewhere.safetensors")
    lora.rename(elsewhere)
    try:
        with pytest.raises(StylekilnError, match="style"):
            painted(asked)
    finally:
        elsewhere.rename(lora)
