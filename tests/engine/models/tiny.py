"""A tiny model of each family whose layers lie where the real ones have them."""

from __future__ import annotations

import copy
import functools
from dataclasses import replace

import torch
from diffusers import UNet2DConditionModel

from engine.models.adapters import AdapterState
from engine.models.loading import LoadedModel
from tests.engine.small_models import small_model


@functools.cache
def _built(family: str) -> LoadedModel:
    model = small_model(family)
    if family != "sdxl":
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model.unet = UNet2DConditionModel(
                sample_size=8, in_channels=4, out_channels=4, layers_per_block=1,
                block_out_channels=(8, 16), norm_num_groups=4, attention_head_dim=4,
                cross_attention_dim=16,
                down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            ).eval()  # fmt: skip
    for module in (model.unet, *model.text_encoders):
        module.requires_grad_(False)
    return model


def tiny_model(family: str) -> LoadedModel:
    """One whose UNet and text encoders a test may do with what it likes."""
    built = _built(family)
    return replace(
        built,
        unet=copy.deepcopy(built.unet),
        text_encoders=copy.deepcopy(built.text_encoders),
        adapters=AdapterState(),
    )
