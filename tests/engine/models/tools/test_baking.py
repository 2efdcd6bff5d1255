from __future__ import annotations

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.models.family import STARTER_FOLDER
from engine.models.headers import read_header
from engine.models.loading import load_model
from engine.models.tools import bake, extract
from engine.models.tools.places import weight_places
from engine.models.tools.requests import BakeRequest, ExtractRequest
from engine.models.tools.streams import keys_of
from engine.runtime.errors import BadInputError, ModelFileError
from tests.engine.models.conftest import CPU
from tests.engine.models.tools.conftest import all_layers, answers, differ, random_lora, use


def test_every_layer_that_loras_act_on_is_found_in_the_file(checkpoint, narrow_model):
    family, (file,) = weight_places(str(checkpoint[0]), keys_of)
    shapes = {key: tensor.ndim for key, tensor in checkpoint[1].items()}
    found = {slot.name for key, slots in file.slots.items() if shapes[key] > 1 for slot in slots}
    assert family == narrow_model.family.id
    assert all_layers(narrow_model) <= found
    # SD 2.x has a last text layer that no model uses.
    assert all("_layers_" in name for name in found - all_layers(narrow_model))


def test_a_baked_checkpoint_answers_as_the_model_with_its_loras(
    checkpoint, narrow_model, loras, baked_model, tmp_path
):
    out = tmp_path / "baked.safetensors"
    request = BakeRequest(model=str(checkpoint[0]), files=tuple(map(str, loras)),
                          ratios=(0.5, -0.25), out=str(out))  # fmt: skip
    result = use(bake.run, request)
    assert result.notes == {"layers": len(all_layers(narrow_model)), "left_out": []}
    wanted = answers(narrow_model, dict(zip(loras, (0.5, -0.25), strict=True)))
    assert differ(answers(baked_model(out)), wanted) < 1e-4
    assert differ(answers(narrow_model), wanted) > 1e-2


def test_what_is_not_baked_into_stays_bit_by_bit(checkpoint, loras, tmp_path):
    out = tmp_path / "baked.safetensors"
    use(bake.run, BakeRequest(model=str(checkpoint[0]), files=(str(loras[0]),), out=str(out)))
    before, after = load_file(checkpoint[0]), load_file(out)
    _, (file,) = weight_places(str(checkpoint[0]), keys_of)
    assert list(read_header(out).tensors) == list(keys_of(checkpoint[0]))
    assert {k: (t.dtype, t.shape) for k, t in before.items()} == {
        k: (t.dtype, t.shape) for k, t in after.items()
    }
    assert all(torch.equal(before[key], after[key]) for key in before if key not in file.slots)


@pytest.mark.parametrize("family", ["sdxl"], indirect=True)
def test_what_was_baked_in_is_extracted_again(checkpoint, narrow_model, loras, tmp_path):
    tuned, out = tmp_path / "tuned.safetensors", tmp_path / "found.safetensors"
    use(bake.run, BakeRequest(model=str(checkpoint[0]), files=(str(loras[0]),), out=str(tuned)))
    request = ExtractRequest(base=str(checkpoint[0]), tuned=str(tuned), rank=3, conv_rank=3,
                             min_difference=0, out=str(out))  # fmt: skip
    result = use(extract.run, request)
    assert result.notes["unchanged"] == []
    wanted = answers(narrow_model, {loras[0]: 1.0})
    assert differ(answers(narrow_model, {out: 1.0}), wanted) < 1e-3


@pytest.mark.parametrize("family", ["sd1", "sd2"], indirect=True)
def test_a_text_encoder_that_hardly_moved_is_left_out(checkpoint, tmp_path):
    state = {key: tensor + (0.001 if "resblocks" in key or "text_model" in key else 0.1)
             for key, tensor in checkpoint[1].items()}  # fmt: skip
    tuned, out = tmp_path / "tuned.safetensors", tmp_path / "found.safetensors"
    save_file(state, tuned)
    request = ExtractRequest(base=str(checkpoint[0]), tuned=str(tuned), rank=1, out=str(out))
    result = use(extract.run, request)
    assert result.notes["unchanged"]
    names = {key.partition(".")[0] for key in load_file(out)}
    assert names
    assert all(name.startswith("lora_unet_") for name in names)
    assert not any("resnets" in name or "in_layers" in name for name in names)


@pytest.mark.parametrize("family", ["sd1"], indirect=True)
def test_half_precision_stays_half_precision(checkpoint, loras, tmp_path):
    half = {key: tensor.half() for key, tensor in checkpoint[1].items()}
    save_file(half, tmp_path / "half.safetensors", {"modelspec.title": "mine"})
    out = tmp_path / "baked.safetensors"
    use(bake.run, BakeRequest(model=str(tmp_path / "half.safetensors"), files=(str(loras[0]),),
                              out=str(out)))  # fmt: skip
    assert {tensor.dtype for tensor in load_file(out).values()} == {torch.float16}
    assert read_header(out).metadata["modelspec.title"] == "mine"


@pytest.mark.parametrize("family", ["sd1"], indirect=True)
def test_nothing_that_is_read_is_written_over(checkpoint, loras, tmp_path):
    for out in (checkpoint[0], loras[0]):
        request = BakeRequest(model=str(checkpoint[0]), files=(str(loras[0]),), out=str(out))
        with pytest.raises(BadInputError, match="over itself"):
            use(bake.run, request)


@pytest.mark.parametrize("family", ["sdxl"], indirect=True)
def test_a_lora_of_another_family_is_not_baked(checkpoint, tmp_path):
    name = "lora_unet_mid_block_attentions_0_proj_in"
    tensors = {f"{name}.lora_down.weight": torch.zeros(1, 64, 1, 1),
               f"{name}.lora_up.weight": torch.zeros(64, 1, 1, 1)}  # fmt: skip
    save_file(tensors, tmp_path / "sd1.safetensors", {"ss_base_model_version": "sd_v1"})
    request = BakeRequest(model=str(checkpoint[0]), files=(str(tmp_path / "sd1.safetensors"),),
                          out=str(tmp_path / "x.safetensors"))  # fmt: skip
    with pytest.raises(ModelFileError, match="another kind of model"):
        use(bake.run, request)


@pytest.fixture
def whole_starter(tmp_path):
    """The starter's folder in float32, so that rounding hides nothing."""
    folder = tmp_path / "whole"
    shutil.copytree(STARTER_FOLDER, folder)
    for path in folder.rglob("*.safetensors"):
        save_file({key: tensor.float() for key, tensor in load_file(path).items()}, path)
    return folder


def test_a_folder_is_baked_into_a_folder(whole_starter, tmp_path):
    model = load_model(str(whole_starter), **CPU)
    lora = random_lora(model, tmp_path / "lora.safetensors", 1)
    wanted = answers(model, {lora: 0.5})
    out = tmp_path / "folder"
    request = BakeRequest(model=str(whole_starter), files=(str(lora),), ratios=(0.5,), out=str(out))
    use(bake.run, request)
    assert differ(answers(load_model(str(out), **CPU)), wanted) < 1e-4
    names = [{path.relative_to(root) for path in root.rglob("*")} for root in (whole_starter, out)]
    assert names[0] == names[1]
    with pytest.raises(BadInputError, match="exists already"):
        use(bake.run, request)
