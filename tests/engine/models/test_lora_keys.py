"""LoRA names equal the recorded ones, in every notation, for the full-size models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from engine.models import lora_keys
from engine.models.adapter_layers import targets_in
from engine.models.block_names import SD_LAYOUT, SDXL_LAYOUT, BlockLayout, to_diffusers, to_original
from engine.models.family import CONFIGS, FAMILIES

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "lora_keys.json").read_text())


def _kind(layer):
    if isinstance(layer, nn.Linear):
        return "Linear", layer.in_features, layer.out_features
    kernel = "x".join(map(str, layer.kernel_size))
    return f"Conv2d{kernel}", layer.in_channels, layer.out_channels


@pytest.fixture(scope="module")
def unet(family):
    """The full-size UNet of ``family``, without weights."""
    config = json.loads((CONFIGS / family / "unet" / "config.json").read_text())
    with torch.device("meta"):
        return UNet2DConditionModel.from_config(config)


def test_the_unets_layers_have_exactly_the_recorded_names_and_sizes(family, unet):
    layout = BlockLayout.of(unet.config)
    found = {False: {}, True: {}}
    for target in targets_in(unet):
        name = lora_keys.unet_lora_name(
            target.path, layout, original=FAMILIES[family].original_lora_names
        )
        found[target.residual][name] = list(_kind(target.layer))
    assert found[False] == GOLDEN[family]["unet"]
    assert found[True] == GOLDEN[family]["unet_conv_extra"]


def test_the_text_encoders_layers_have_exactly_the_recorded_names_and_sizes(family):
    parts = {"lora_te": "te", "lora_te1": "te1", "lora_te2": "te2"}
    for encoder in FAMILIES[family].text_encoders:
        config = CLIPTextConfig.from_pretrained(CONFIGS / family / encoder.folder)
        with torch.device("meta"):
            kind = CLIPTextModelWithProjection if encoder.projection else CLIPTextModel
            model = kind(config)
        found = {
            lora_keys.text_lora_name(target.path, encoder.lora_prefix): list(_kind(target.layer))
            for target in targets_in(model)
        }
        assert found == GOLDEN[family][parts[encoder.lora_prefix]]


def test_names_of_tensors_survive_the_way_to_the_original_and_back(family, unet):
    layout = BlockLayout.of(unet.config)
    for key in unet.state_dict():
        assert to_diffusers(to_original(key, layout), layout) == key


def test_a_name_without_counterpart_is_not_translated():
    assert to_original("something.else", SD_LAYOUT) is None
    assert to_diffusers("something.else", SD_LAYOUT) is None


NOTATIONS = {
    "kohya": "{kohya}.lora_down.weight",
    "diffusers in a kohya file": "lora_unet_{under}.lora_down.weight",
    "diffusers": "unet.{dots}.lora_A.weight",
    "older diffusers": "unet.{dots}.lora.down.weight",
    "peft": "base_model.model.{dots}.lora_A.weight",
    "peft with its adapter's name": "base_model.model.{dots}.lora_A.default.weight",
    "comfy": "diffusion_model.{original}.lora_down.weight",
    "comfy, peft endings": "diffusion_model.{original}.lora_A.weight",
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_notation_of_the_unet_is_read_as_kohyas(family, unet, notation):
    sdxl = family == "sdxl"
    layout = SDXL_LAYOUT if sdxl else SD_LAYOUT
    for target in targets_in(unet):
        kohya = lora_keys.unet_lora_name(target.path, layout, original=sdxl)
        key = NOTATIONS[notation].format(
            kohya=kohya,
            dots=target.path,
            under=target.path.replace(".", "_"),
            original=to_original(target.path, layout),
        )
        module, part = lora_keys.split_key(key)
        assert part == "down"
        assert lora_keys.kohya_name(lora_keys.parse_module(module), sdxl=sdxl) == kohya


@pytest.mark.parametrize(
    ("key", "sdxl", "kohya"),
    [
        ("text_encoder.text_model.encoder.layers.3.self_attn.q_proj.lora_A.weight", False,
         "lora_te_text_model_encoder_layers_3_self_attn_q_proj"),
        ("text_encoder.encoder.layers.3.mlp.fc1.lora_A.weight", False,
         "lora_te_text_model_encoder_layers_3_mlp_fc1"),
        ("text_encoder.text_model.encoder.layers.3.self_attn.q_proj.lora_linear_layer.down.weight",
         False, "lora_te_text_model_encoder_layers_3_self_attn_q_proj"),
        ("text_encoder_2.text_model.encoder.layers.31.mlp.fc2.lora_A.weight", True,
         "lora_te2_text_model_encoder_layers_31_mlp_fc2"),
        ("text_encoders.clip_g.transformer.text_model.encoder.layers.0.mlp.fc1.lora_down.weight",
         True, "lora_te2_text_model_encoder_layers_0_mlp_fc1"),
        ("text_encoders.clip_l.transformer.text_model.encoder.layers.0.mlp.fc1.lora_A.weight",
         True, "lora_te1_text_model_encoder_layers_0_mlp_fc1"),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", True,
         "lora_te1_text_model_encoder_layers_0_mlp_fc1"),
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight",
         False, "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0"),
    ],
)  # fmt: skip
def test_other_notations_of_single_modules(key, sdxl, kohya):
    module, part = lora_keys.split_key(key)
    assert part == "down"
    assert lora_keys.kohya_name(lora_keys.parse_module(module), sdxl=sdxl) == kohya


def _shapes(entries):
    """Header shapes of a rank-4 file with these golden entries."""
    shapes = {}
    for name, (kind, fan_in, _) in entries.items():
        kernel = {"Linear": (), "Conv2d1x1": (1, 1), "Conv2d3x3": (3, 3)}[kind]
        shapes[f"{name}.lora_down.weight"] = (4, fan_in, *kernel)
    return shapes


PARTS = [
    (family, part)
    for family in FAMILIES
    for part in GOLDEN[family]
    # Residual layers of SD 1.x and 2.x are the same; only their file's metadata tell.
    if part != "unet_conv_extra" or family == "sdxl"
]


@pytest.mark.parametrize(("family_id", "part"), PARTS)
def test_the_family_is_told_from_the_tensors_of_any_part(family_id, part):
    assert lora_keys.family_of(_shapes(GOLDEN[family_id][part]), {}) == family_id


def test_where_the_tensors_do_not_tell_the_metadata_do():
    shapes = _shapes(GOLDEN["sd2"]["unet_conv_extra"])
    assert lora_keys.family_of(shapes, {"ss_base_model_version": "sd_v2_v"}) == "sd2"
    assert (
        lora_keys.family_of(shapes, {"modelspec.architecture": "stable-diffusion-v1/lora"}) == "sd1"
    )


def test_keys_of_other_models_are_of_no_family():
    shapes = {"lora_unet_double_blocks_0_img_attn_proj.lora_down.weight": (4, 3072)}
    assert lora_keys.family_of(shapes, {}) == ""
