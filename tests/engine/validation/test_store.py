from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.models import hashes
from engine.models.family import SDXL
from engine.models.host import _state_of, host
from engine.models.inspect import inspect
from engine.models.native import native_size
from engine.models.sources import TOKENIZER, Folder
from engine.runtime.errors import MissingFileError, ModelFileError
from engine.sampling.request import ImageRequest, LoraUse
from engine.validation.store import CellStore, cell_id, model_hash, recipe_of
from tests.engine.swapped import overwrite_unseen, replace_unseen


@pytest.fixture
def image(tmp_path: Path) -> ImageRequest:
    (tmp_path / "base.safetensors").write_bytes(b"weights")
    (tmp_path / "a.safetensors").write_bytes(b"lora a")
    return ImageRequest(
        model=str(tmp_path / "base.safetensors"),
        prompt="castle",
        loras=(LoraUse(path=str(tmp_path / "a.safetensors"), weight=0.8),),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "Castle"},
        {"negative_prompt": "text"},
        {"seed": 2},
        {"steps": 24},
        {"guidance_scale": 4.5},
        {"sampler": "euler"},
        {"schedule": "normal"},
        {"width": 64},
        {"clip_skip": 2},
        {"emphasis": "comfy"},
        {"loras": ()},
    ],
)
def test_whatever_changes_the_picture_changes_the_cell(image: ImageRequest, change: dict) -> None:
    assert cell_id(image.model_copy(update=change)) != cell_id(image)


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 1},
        {"count": 7},
        {"output_dir": "/elsewhere"},
        {"file_name": "x"},
        {"strength": 0.2},
    ],
)
def test_what_does_not_change_the_picture_keeps_the_cell(image: ImageRequest, change: dict) -> None:
    assert cell_id(image.model_copy(update=change)) == cell_id(image)


def test_files_count_by_content_and_not_by_name(image: ImageRequest, tmp_path: Path) -> None:
    first = cell_id(image)
    moved = tmp_path / "renamed.safetensors"
    Path(image.loras[0].path).rename(moved)
    use = LoraUse(path=str(moved), weight=0.8)
    assert cell_id(image.model_copy(update={"loras": (use,)})) == first
    moved.write_bytes(b"lora b, trained again")
    assert cell_id(image.model_copy(update={"loras": (use,)})) != first


def test_a_lora_of_weight_zero_is_no_lora(image: ImageRequest) -> None:
    idle = image.loras[0].model_copy(update={"weight": 0.0})
    without = image.model_copy(update={"loras": ()})
    assert cell_id(image.model_copy(update={"loras": (idle,)})) == cell_id(without)


def test_minus_zero_is_the_same_weight_as_zero(image: ImageRequest, tmp_path: Path) -> None:
    def cell(text: float) -> str:
        use = image.loras[0].model_copy(update={"text_weight": text})
        return cell_id(image.model_copy(update={"loras": (use,)}))

    def tagged(text: str) -> str:
        prompt = f"castle <lora:{tmp_path / 'a.safetensors'}:te={text}:unet=0.5>"
        return cell_id(image.model_copy(update={"loras": (), "prompt": prompt}))

    assert cell(-0.0) == cell(0.0) != cell(0.5)
    assert tagged("-0") == tagged("0") != tagged("0.5")


def test_prompts_that_were_only_words_before_keep_their_cells(image: ImageRequest) -> None:
    for prompt in ("castle", "[old] castle", "SAND", "[a:b:c]"):
        assert "prompt_grammar" not in recipe_of(image.model_copy(update={"prompt": prompt}))
    for prompt in ("[a:b:0.5]", "[a|b]", "castle AND moat"):
        changed = image.model_copy(update={"prompt": prompt})
        assert recipe_of(changed)["prompt_grammar"] == 2
        as_text = changed.model_copy(update={"emphasis": "comfy"})
        assert "prompt_grammar" not in recipe_of(as_text)
    elsewhere = {"wildcards": "/some/folder", "lora_folders": ("/runs",)}
    assert cell_id(image.model_copy(update=elsewhere)) == cell_id(image)


def test_a_tag_in_the_prompt_is_hashed_like_a_lora(image: ImageRequest, tmp_path: Path) -> None:
    plain = image.model_copy(update={"loras": ()})
    path = tmp_path / "a.safetensors"
    tagged = plain.model_copy(update={"prompt": f"castle <lora:{path}:0.8>"})
    assert cell_id(tagged) != cell_id(plain)
    before = cell_id(tagged)
    path.write_bytes(b"other weights")
    assert cell_id(tagged) != before


def test_a_missing_file_is_named(image: ImageRequest, tmp_path: Path) -> None:
    Path(image.loras[0].path).unlink()
    with pytest.raises(MissingFileError, match=r"a\.safetensors"):
        cell_id(image)


def test_an_unchanged_file_is_read_only_once(tmp_path: Path) -> None:
    path = tmp_path / "base.safetensors"
    path.write_bytes(b"weights")
    hashes._sha256.cache_clear()
    first = model_hash(str(path))
    assert model_hash(str(path)) == first
    assert hashes._sha256.cache_info().misses == 1
    path.write_bytes(b"WEIGHTS")
    os.utime(path, ns=(1, 1))
    assert model_hash(str(path)) != first


@pytest.mark.parametrize("swap", [overwrite_unseen, replace_unseen])
def test_another_file_of_the_same_size_and_time_is_another(
    swap: Callable[[Path, bytes], None], tmp_path: Path
) -> None:
    path = tmp_path / "style.safetensors"
    path.write_bytes(b"weights")
    first = model_hash(str(path))
    swap(path, b"WEIGHTS")
    assert model_hash(str(path)) == hashlib.sha256(b"WEIGHTS").hexdigest() != first


def test_a_folder_counts_by_its_weights_and_configs(tmp_path: Path) -> None:
    for name in ("unet/config.json", "unet/weights.safetensors", "README.md"):
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_text(name)
    first = model_hash(str(tmp_path / "m"))
    (tmp_path / "m/README.md").write_text("changed")
    assert model_hash(str(tmp_path / "m")) == first
    (tmp_path / "m/unet/config.json").write_text("changed")
    assert model_hash(str(tmp_path / "m")) != first
    assert len(model_hash("starter")) == 64


@pytest.mark.parametrize(("vocabulary", "counts"), [(49408, False), (1000, True)])
def test_byte_pairs_count_where_the_folder_has_a_vocabulary_of_its_own(
    tmp_path: Path, vocabulary: int, counts: bool
) -> None:
    (tmp_path / "text_encoder_2").mkdir()
    (tmp_path / "text_encoder_2/config.json").write_text(json.dumps({"vocab_size": vocabulary}))
    (tmp_path / "tokenizer_2").mkdir()
    merges = tmp_path / "tokenizer_2/merges.txt"
    merges.write_text("c a\n")
    first = model_hash(str(tmp_path))
    merges.write_text("c a\nca t\n")
    assert (model_hash(str(tmp_path)) != first) is counts
    assert Folder(tmp_path).tokenizer_folder(SDXL.text_encoders[1], vocabulary) == (
        merges.parent if counts else TOKENIZER
    )


def test_a_model_whose_name_no_file_can_have_is_missing() -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        model_hash("x" * 5000)


def test_a_folder_that_is_no_model_is_not_walked_to_be_refused(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c.txt"
    deep.parent.mkdir(parents=True)
    deep.write_text("deep")
    before = _state_of(tmp_path)
    deep.write_text("changed and longer")
    assert _state_of(tmp_path) == before
    (tmp_path / "a" / "weights.bin").write_text("here the parts of a model lie")
    assert _state_of(tmp_path) != before
    with pytest.raises(ModelFileError, match="holds no model"):
        host().get(str(tmp_path))


def test_the_same_picture_has_one_cell_however_its_numbers_were_written() -> None:
    image = ImageRequest(prompt="castle")
    side = native_size(inspect(image.model))
    explicit = image.model_copy(update={"width": side, "height": side})
    assert cell_id(explicit) == cell_id(image)
    assert cell_id(image.model_copy(update={"width": side * 2})) != cell_id(image)
    sums = image.model_copy(update={"guidance_scale": 0.1 + 0.2})
    assert cell_id(sums) == cell_id(image.model_copy(update={"guidance_scale": 0.3}))
    assert cell_id(sums) != cell_id(image.model_copy(update={"guidance_scale": 0.3001}))


def test_weights_that_are_sums_are_those_that_were_meant(image: ImageRequest) -> None:
    path = image.loras[0].path
    ids = {
        cell_id(image.model_copy(update={"loras": (LoraUse(path=path, weight=weight),)}))
        for weight in (0.1 + 0.2, 0.3)
    }
    assert len(ids) == 1


def test_over_a_start_picture_the_size_is_what_was_asked_for(
    image: ImageRequest, tmp_path: Path
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "start.png")
    start = ImageRequest(prompt="castle", init_image=str(tmp_path / "start.png"))
    side = native_size(inspect(start.model))
    explicit = start.model_copy(update={"width": side, "height": side})
    assert cell_id(explicit) != cell_id(start)  # which is as large as the start picture


def test_a_picture_of_another_size_is_not_the_cell(tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells")
    path = store.put("a", np.zeros((32, 64, 3), np.uint8), "")
    for size in ((0, 0), (64, 32), (64, 0), (0, 32)):
        assert store.find("a", size) == path
    for size in ((32, 64), (64, 64), (8, 0)):
        assert store.find("a", size) is None


def test_a_damaged_cell_counts_as_not_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CellStore(tmp_path / "cells")
    assert store.find("a") is None
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    path = store.put("a", picture, "castle\nSteps: 3")
    assert store.find("a") == path
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), picture)
    path.write_bytes(path.read_bytes()[:-40])
    assert store.find("a") is None
    path.write_bytes(b"")
    assert store.find("a") is None
    Image.new("1", (1, 1)).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 0)  # a header that promises too much
    assert store.find("a") is None


@pytest.mark.parametrize("name", ["init_image", "mask"])
def test_a_start_picture_and_its_mask_count_by_what_is_in_them(
    image: ImageRequest, tmp_path: Path, name: str
) -> None:
    files = {"init_image": tmp_path / "start.png", "mask": tmp_path / "mask.png"}
    for number, path in enumerate(files.values()):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
    before = image.model_copy(update={key: str(path) for key, path in files.items()})
    first = cell_id(before)
    copy = tmp_path / "copy.png"
    copy.write_bytes(files[name].read_bytes())
    assert cell_id(before.model_copy(update={name: str(copy)})) == first
    Image.new("RGB", (8, 8), "white").save(copy)
    assert cell_id(before.model_copy(update={name: str(copy)})) != first
    assert cell_id(before.model_copy(update={"strength": 0.1})) != first
    assert cell_id(before.model_copy(update={"mask": None})) != first
