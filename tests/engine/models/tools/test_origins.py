from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

from engine.models.adapter_file import read_adapter
from engine.models.headers import read_header
from engine.models.tools import bake, convert, merge, resize
from engine.models.tools.requests import BakeRequest, ConvertRequest, MergeRequest, ResizeRequest
from engine.runtime.errors import BadInputError
from tests.engine.models.tools.conftest import use

NAME = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
TRAINED = {
    "ss_base_model_version": "sd_v1", "ss_sd_model_name": "base.safetensors", "ss_epoch": "5",
    "ss_steps": "20", "ss_num_train_images": "30", "ss_output_name": "first",
    "ss_learning_rate": "0.0001", "ss_network_module": "networks.lora",
    "ss_training_comment": "red", "ss_tag_frequency": "{}", "modelspec.title": "First",
    "modelspec.trigger_phrase": "ember", "modelspec.hash_sha256": "0xold", "ssmd_rating": "5",
    "stylekiln.loss": "0.1", "sshs_model_hash": "old",
}  # fmt: skip


@pytest.fixture
def make(tmp_path):
    """Writes a LoRA of one layer with a header."""

    def write(name, alpha=2.0, **said):
        tensors = {f"{NAME}.lora_down.weight": torch.ones(4, 768),
                   f"{NAME}.lora_up.weight": torch.ones(320, 4) * 0.01,
                   f"{NAME}.alpha": torch.tensor(alpha)}  # fmt: skip
        save_file(tensors, tmp_path / name, {**TRAINED, **said})
        return str(tmp_path / name)

    return write


def test_a_sum_tells_its_parts_and_claims_no_training(make, tmp_path):
    second = {"ss_epoch": "10", "ss_steps": "40", "modelspec.trigger_phrase": "frost"}
    files = make("one.safetensors"), make("two.safetensors", **second)
    out = tmp_path / "sum.safetensors"
    use(merge.run, MergeRequest(files=files, ratios=(1.0, -0.5), out=str(out)))
    said = read_header(out).metadata
    assert said["modelspec.merged_from"] == "one.safetensors, two.safetensors"
    assert json.loads(said["ss_merged_ratios"]) == [1, -0.5]
    assert said["modelspec.trigger_phrase"] == "ember, frost"
    assert said["ss_sd_model_name"] == "base.safetensors"
    assert said["ssmd_rating"] == "5"
    of_one = {key for key in TRAINED if key.startswith(("ss_", "stylekiln.", "modelspec."))}
    kept = {"ss_base_model_version", "ss_sd_model_name", "ss_network_module",
            "modelspec.trigger_phrase"}  # fmt: skip
    assert of_one & said.keys() == kept


def test_of_what_the_parts_say_differently_a_sum_says_nothing(make, tmp_path):
    files = make("one.safetensors"), make("two.safetensors", ss_sd_model_name="b", ssmd_rating="1")
    out = tmp_path / "sum.safetensors"
    use(merge.run, MergeRequest(files=files, out=str(out)))
    assert not {"ss_sd_model_name", "ssmd_rating"} & read_header(out).metadata.keys()


def test_a_resized_file_tells_what_it_was(make, tmp_path):
    out = tmp_path / "small.safetensors"
    use(resize.run, ResizeRequest(file=make("one.safetensors"), rank=2, out=str(out)))
    said = read_header(out).metadata
    assert said["ss_resized_from"] == "one.safetensors"
    assert said["ss_training_comment"] == "resized to rank 2 (fixed); red"
    assert (said["ss_output_name"], said["ss_epoch"]) == ("first", "5")
    assert "modelspec.hash_sha256" not in said


@pytest.mark.parametrize("family", ["sd1"], indirect=True)
def test_a_baked_model_tells_its_base_and_what_is_in_it(checkpoint, loras, tmp_path):
    out = tmp_path / "baked.safetensors"
    use(bake.run, BakeRequest(model=str(checkpoint[0]), files=tuple(map(str, loras)),
                              ratios=(0.5, 2.0), out=str(out)))  # fmt: skip
    said = read_header(out).metadata
    assert said["modelspec.merged_from"] == "one.safetensors, two.safetensors"
    assert json.loads(said["ss_merged_ratios"]) == [0.5, 2]
    assert said["ss_baked_into"] == checkpoint[0].name


def test_the_strength_that_a_header_told_is_not_told_twice(tmp_path):
    peft = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
    source, out = tmp_path / "peft.safetensors", tmp_path / "again.safetensors"
    save_file({f"{peft}.lora_A.weight": torch.ones(4, 768),
               f"{peft}.lora_B.weight": torch.ones(320, 4)}, source,
              {"lora_adapter_metadata": json.dumps({"unet.lora_alpha": 8})})  # fmt: skip
    use(convert.run, ConvertRequest(file=str(source), naming="diffusers", out=str(out)))
    (before,), (after,) = (read_adapter(path).modules.values() for path in (source, out))
    weight = torch.zeros(320, 768)
    assert before.scale == 2
    assert torch.equal(after.change(weight), before.change(weight))


def test_alphas_of_different_signs_are_refused_in_the_way_of_kohya(make, tmp_path):
    files = make("one.safetensors"), make("two.safetensors", alpha=-2.0)
    out = tmp_path / "sum.safetensors"
    with pytest.raises(BadInputError, match="different signs"):
        use(merge.run, MergeRequest(files=files, method="kohya", out=str(out)))
    use(merge.run, MergeRequest(files=files, out=str(out)))
    (module,) = read_adapter(out).modules.values()
    assert not module.change(torch.zeros(320, 768)).any()
