"""Which layers an adapter is put on: kohya's sets, blocks and presets, and filters."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from engine.models import adapter_training, adapters
from engine.models.adapter_blocks import block_of, block_weights, numbers, side_weights
from engine.models.adapter_plan import AdapterSpec, Blocks, Filter
from engine.models.family import CONFIGS, FAMILIES
from engine.models.loading import LoadedModel
from engine.runtime.errors import BadInputError
from tests.engine.models.test_lora_keys import GOLDEN
from tests.engine.models.tiny import tiny_model


def _empty(family_id):
    """The full-size model of a family, without weights."""
    family = FAMILIES[family_id]
    folder = CONFIGS / family_id
    encoders = []
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(
            json.loads((folder / "unet" / "config.json").read_text())
        )
        for encoder in family.text_encoders:
            kind = CLIPTextModelWithProjection if encoder.projection else CLIPTextModel
            encoders.append(kind(CLIPTextConfig.from_pretrained(folder / encoder.folder)))
    return LoadedModel(
        ref="", path=folder, family=family, unet=unet, vae=None, text_encoders=encoders,
        tokenizers=[], scheduler_config={}, prediction_type="epsilon", native_size=512,
        device=torch.device("meta"), dtype=torch.float32,
    )  # fmt: skip


def _shapes(kind, fan_in, fan_out, rank, conv_rank):
    wide = conv_rank if kind == "Conv2d3x3" else rank
    kernel = {"Linear": (), "Conv2d1x1": (1, 1), "Conv2d3x3": (3, 3)}[kind]
    flat = {"Linear": (), "Conv2d1x1": (1, 1), "Conv2d3x3": (1, 1)}[kind]
    return {"lora_down.weight": (wide, fan_in, *kernel), "lora_up.weight": (fan_out, wide, *flat)}


@pytest.mark.parametrize("conv_rank", [0, 1])
@pytest.mark.parametrize(
    ("family", "unet", "text", "more"),
    [("sd1", 192, 72, 86), ("sd2", 192, 138, 86), ("sdxl", 722, 264, 66)],
)
def test_names_and_shapes_of_full_size_models_are_the_recorded_ones(
    family, unet, text, more, conv_rank
):
    model = _empty(family)
    spec = AdapterSpec(rank=2, alpha=1.0, conv_rank=conv_rank)
    adapter_training.create(model, "new", spec, torch.Generator().manual_seed(0))
    found = {
        key: {ending: tuple(tensor.shape) for ending, tensor in adapter.tensors.items()}
        for _, key, adapter in adapters.modules_of(model, "new")
    }
    recorded = {k: v for part, rows in GOLDEN[family].items() for k, v in rows.items()}
    if not conv_rank:
        recorded = {k: v for k, v in recorded.items() if k not in GOLDEN[family]["unet_conv_extra"]}
    assert found == {key: _shapes(*row, 2, conv_rank) for key, row in recorded.items()}
    assert len(found) == unet + text + (more if conv_rank else 0)


@pytest.mark.parametrize(
    ("module", "block"),
    [
        ("lora_unet_down_blocks_0_attentions_0_proj_in", 1),
        ("lora_unet_down_blocks_1_attentions_1_proj_in", 5),
        ("lora_unet_down_blocks_2_downsamplers_0_conv", 9),
        ("lora_unet_down_blocks_3_resnets_1_conv1", 11),
        ("lora_unet_mid_block_attentions_0_proj_in", 12),
        ("lora_unet_up_blocks_0_resnets_0_conv1", 13),
        ("lora_unet_up_blocks_0_upsamplers_0_conv", 15),
        ("lora_unet_up_blocks_3_attentions_2_proj_out", 24),
        ("lora_unet_input_blocks_4_1_proj_in", 5),
        ("lora_unet_input_blocks_8_1_proj_in", 9),
        ("lora_unet_middle_block_1_proj_in", 11),
        ("lora_unet_output_blocks_0_1_proj_in", 13),
        ("lora_unet_output_blocks_8_0_in_layers_2", 21),
    ],
)
def test_blocks_are_numbered_as_kohya_numbers_them(module, block):
    assert block_of(module) == block


def test_presets_are_kohyas_curves():
    assert side_weights("linear", 5) == [0, 0.25, 0.5, 0.75, 1]
    assert side_weights("reverse_linear", 5) == [1, 0.75, 0.5, 0.25, 0]
    assert side_weights("sine+0.5", 3) == pytest.approx([0.5, 0.5 + math.sqrt(0.5), 1.5])
    assert side_weights("cosine", 3) == pytest.approx([1, math.sqrt(0.5), 0])
    assert side_weights("zeros+.25", 2) == [0.25, 0.25]


def test_a_list_that_is_short_ends_in_ones_and_an_empty_item_is_zero():
    assert side_weights("0.5,,2", 5) == [0.5, 0, 2, 1, 1]
    assert side_weights("1,2,3", 2) == [1, 2]
    with pytest.raises(ValueError, match="many"):
        numbers("1, many")


def test_the_threshold_makes_small_weights_zero():
    weights = block_weights("linear", "0.1", "", 0.1, sdxl=True)
    assert len(weights) == 23
    assert weights[0] == weights[22] == 1
    assert weights[1:4] == (0, 0.125, 0.25)
    assert weights[10:13] == (0, 1, 1)
    assert len(block_weights("", "", "cosine", 0, sdxl=False)) == 25
    assert block_weights(" ", "", "", 0.5, sdxl=False) == ()


def _created(spec):
    model = tiny_model("sd1")
    adapter_training.create(model, "new", spec, torch.Generator().manual_seed(0))
    return {key: adapter for _, key, adapter in adapters.modules_of(model, "new")}


PLAIN = AdapterSpec(rank=4, alpha=2.0, conv_rank=3, conv_alpha=1.5)


def test_block_ranks_and_alphas_reach_their_blocks_and_zero_leaves_one_alone():
    ranks = [2.0] * 25
    ranks[12], ranks[16] = 0.0, 6.0
    alphas = [1.0] * 25
    found = _created(replace(PLAIN, blocks=Blocks(tuple(ranks), tuple(alphas))))
    rank = {key: adapter.tensors["lora_down.weight"].shape[0] for key, adapter in found.items()}
    attention = "attentions_0_transformer_blocks_0_attn1_to_q"
    assert f"lora_unet_mid_block_{attention}" not in rank
    assert rank[f"lora_unet_up_blocks_1_{attention}"] == 6
    assert rank[f"lora_unet_down_blocks_0_{attention}"] == 2
    assert found[f"lora_unet_up_blocks_1_{attention}"].alpha == 1.0
    assert rank["lora_unet_mid_block_resnets_0_conv1"] == 3  # convolutions have their own list
    assert rank["lora_te_text_model_encoder_layers_0_mlp_fc1"] == 4


def test_block_ranks_of_convolutions_switch_them_on():
    conv = [0.0] * 25
    conv[12] = 5.0
    spec = replace(PLAIN, conv_rank=0, blocks=Blocks(conv_ranks=tuple(conv)))
    wide = {
        key: adapter.tensors["lora_down.weight"].shape[0]
        for key, adapter in _created(spec).items()
        if key.endswith("_conv1")
    }
    assert wide == {f"lora_unet_mid_block_resnets_{n}_conv1": 5 for n in (0, 1)}


def test_a_weight_of_zero_removes_the_adapters_of_a_block():
    weights = block_weights("", "0", "", 0, sdxl=False)
    found = _created(replace(PLAIN, blocks=Blocks(weights=weights)))
    assert found
    assert not any("mid_block" in key for key in found)


@pytest.mark.parametrize(
    ("chosen", "kept", "gone"),
    [
        (Filter(("attn2",)), "attn2_to_k", "attn1_to_k"),
        (Filter((), ("attn1", "/_ff_/")), "attn2_to_k", "ff_net_2"),
        (Filter(("/attn[12].to_[qv]$/",)), "attn1_to_q", "attn1_to_k"),
        (Filter(("mid_block.attentions",)), "mid_block_attentions_0_proj_in", "down_blocks_0"),
    ],
)
def test_a_filter_goes_by_both_names_of_a_layer(chosen, kept, gone):
    names = _created(replace(PLAIN, layers=chosen))
    assert any(kept in name for name in names)
    assert not any(gone in name for name in names)


def test_a_filter_that_leaves_no_layer_is_refused_and_leaves_the_model_plain():
    model = tiny_model("sd1")
    with pytest.raises(BadInputError, match="no layer to learn with"):
        adapter_training.create(
            model, "new", replace(PLAIN, layers=Filter(("typo",))), torch.Generator()
        )
    assert not model.adapters.active


def test_single_text_encoders_stay_plain_when_asked():
    model = tiny_model("sdxl")
    spec = AdapterSpec(rank=1, without=frozenset({"te1"}))
    adapter_training.create(model, "new", spec, torch.Generator().manual_seed(0))
    parts = {part.name for part, _, _ in adapters.modules_of(model, "new")}
    assert parts == {"unet", "te2"}
