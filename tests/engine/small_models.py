"""Small models with random weights in the shapes of the real families, built in memory."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

from engine.models.family import FAMILIES, STARTER_FOLDER
from engine.models.loading import LoadedModel

BETAS = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}


def small_model(family: str, prediction_type: str = "epsilon", width: int = 16) -> LoadedModel:
    """A model of ``family`` that draws 32 px pictures of nothing in particular."""
    torch_state = torch.random.get_rng_state()
    torch.manual_seed(0)
    try:
        return _build(family, prediction_type, width)
    finally:
        torch.random.set_rng_state(torch_state)


def _build(family: str, prediction_type: str, width: int) -> LoadedModel:
    tokenizer = CLIPTokenizer.from_pretrained(STARTER_FOLDER / "tokenizer")
    encoders = [
        _text_encoder(encoder.projection, width) for encoder in FAMILIES[family].text_encoders
    ]
    return LoadedModel(
        ref="small",
        path=Path("small"),
        family=FAMILIES[family],
        unet=_unet(width * len(encoders), width if FAMILIES[family].pooled else 0).eval(),
        vae=_vae().eval(),
        text_encoders=encoders,
        tokenizers=[tokenizer] * len(encoders),
        scheduler_config=dict(BETAS),
        prediction_type=prediction_type,
        native_size=32,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


def _text_encoder(projection: bool, width: int) -> torch.nn.Module:
    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=2,
        projection_dim=width,
        bos_token_id=49406,
        eos_token_id=49407,
        vocab_size=49408,
    )
    kind = CLIPTextModelWithProjection if projection else CLIPTextModel
    encoder = kind(config).eval()
    # As in trained encoders, the mean of the states is not zero.
    torch.nn.init.constant_(getattr(encoder, "text_model", encoder).final_layer_norm.bias, 0.2)
    return encoder


def _unet(context: int, pooled: int) -> UNet2DConditionModel:
    added = {}
    if pooled:
        added = {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": pooled + 6 * 8,
        }
    return UNet2DConditionModel(
        sample_size=4,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=context,
        attention_head_dim=4,
        norm_num_groups=4,
        **added,
    )


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=2,
        layers_per_block=1,
        scaling_factor=0.18215,
    )
