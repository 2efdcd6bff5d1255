"""BLIP and Florence-2 with random weights, from a folder as the real ones come."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.dataset.tagging import CaptionRequest
from engine.dataset.tagging_blip import Blip
from engine.dataset.tagging_florence import Florence
from engine.runtime.errors import ModelFileError
from tests.engine.dataset.small_captioners import WORDS, small_blip, small_florence

RED = np.full((30, 20, 3), (255, 0, 0), np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)


@pytest.fixture(scope="module")
def blip_folder(tmp_path_factory):
    return small_blip(tmp_path_factory.mktemp("models") / "blip")


@pytest.fixture(scope="module")
def florence_folder(tmp_path_factory):
    return small_florence(tmp_path_factory.mktemp("models") / "florence")


def ask(**values):
    return CaptionRequest(project="p", captioner="c", **({"max_tokens": 8} | values))


def words(said):
    return [one.sentence.split() for one in said]


def test_blip_says_the_same_of_a_picture_alone_and_among_others(blip_folder):
    blip = Blip(blip_folder)
    red, noise = words(blip.describe([RED, NOISE], ask()))
    assert red
    assert {*red, *noise} <= {*WORDS}
    assert red != noise
    assert words(blip.describe([NOISE], ask())) == [noise]


def test_blip_goes_on_from_the_words_it_is_given(blip_folder):
    blip = Blip(blip_folder)
    said = words(blip.describe([RED, NOISE], ask(opening="a drawing of")))
    assert all(one[:3] == ["a", "drawing", "of"] and len(one) > 3 for one in said)


def test_a_description_is_not_longer_than_asked(blip_folder):
    short, long = (words(Blip(blip_folder).describe([RED], ask(max_tokens=n)))[0] for n in (4, 9))
    assert len(short) <= 4 < len(long) <= 9


def test_florence_is_asked_for_the_detail_that_was_chosen(florence_folder):
    florence = Florence(florence_folder)
    said = {
        detail: words(florence.describe([RED, NOISE], ask(detail=detail)))
        for detail in ("short", "detailed", "paragraph")
    }
    assert len({str(one) for one in said.values()}) == 3
    assert said["short"][0] != said["short"][1]
    inputs = florence._processor(
        **florence._inputs([], ask(detail="paragraph"))
        | {"images": None, "text": ["<MORE_DETAILED_CAPTION>"]}
    )
    assert "paragraph" in florence._processor.tokenizer.decode(inputs["input_ids"][0])


@pytest.mark.parametrize(("make", "kind"), [(small_blip, Blip), (small_florence, Florence)])
def test_a_model_that_is_cut_short_is_one_sentence(tmp_path, make, kind):
    weights = make(tmp_path / "m") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelFileError, match="cannot be read; a file may be cut short"):
        kind(tmp_path / "m")


def test_a_model_with_parts_missing_does_not_go_on_with_random_ones(tmp_path):
    from safetensors.torch import load_file, save_file

    weights = small_blip(tmp_path / "m") / "model.safetensors"
    tensors = load_file(weights)
    tensors.pop(next(name for name in tensors if "crossattention" in name))
    save_file(tensors, weights, {"format": "pt"})
    with pytest.raises(ModelFileError, match="of another model"):
        Blip(tmp_path / "m")


def test_a_damaged_tokenizer_is_one_sentence(tmp_path):
    (small_florence(tmp_path / "m") / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelFileError, match="cannot be read"):
        Florence(tmp_path / "m")


def test_code_in_the_folder_is_never_run(tmp_path):
    folder = small_blip(tmp_path / "m")
    mark = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w')\n", encoding="utf-8")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    names = ("AutoConfig", "AutoModel", "AutoProcessor")
    config["auto_map"] = {name: f"evil.{name}" for name in names}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    Blip(folder)
    assert not mark.exists()
