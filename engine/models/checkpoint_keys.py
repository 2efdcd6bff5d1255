"""Tensor names of single-file checkpoints: which family they tell of, and where each tensor goes.

A single file holds the UNet under ``model.diffusion_model.``, the VAE under
``first_stage_model.`` and the text encoders where :class:`engine.models.family.TextEncoder` says.
The functions that end in ``_source`` give, for a tensor of a diffusers or transformers model, the
name it has in such a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from engine.models.block_names import BlockLayout, to_original

if TYPE_CHECKING:
    from engine.models.family import TextEncoder

UNET = "model.diffusion_model."
VAE = "first_stage_model."
V_MARKER = "v_pred"  # an empty tensor that SDXL v-prediction checkpoints carry
ZERO_SNR_MARKER = "ztsnr"  # its companion for schedules with zero terminal SNR
# In SD 2.x the spread of this bias tells the prediction type apart: above the limit in every
# v-prediction checkpoint. Found by ComfyUI's authors; a rule of thumb, hence the override.
SD2_V_TENSOR = f"{UNET}output_blocks.11.1.transformer_blocks.0.norm1.bias"
SD2_V_SPREAD = 0.09

_OTHERS = (
    (f"{UNET}double_blocks.0.img_attn.norm.key_norm.scale", "Flux"),
    ("double_blocks.0.img_attn.norm.key_norm.scale", "Flux"),
    (f"{UNET}x_embedder.proj.weight", "SD3"),
    (f"{UNET}joint_blocks.0.x_block.attn.qkv.weight", "SD3"),
    ("conditioner.embedders.0.model.ln_final.weight", "the SDXL refiner"),
    ("control_model.time_embed.0.weight", "ControlNet"),
    ("effnet.down_blocks.0.0.weight", "Stable Cascade"),
)


def family_of(keys: Collection[str]) -> str:
    """The family of a single-file checkpoint with the tensors ``keys``; "" when unknown."""
    if other_family(keys) or f"{UNET}input_blocks.0.0.weight" not in keys:
        return ""
    if any(key.startswith("conditioner.") for key in keys):
        return "sdxl"
    if any(key.startswith("cond_stage_model.model.") for key in keys):
        return "sd2"
    return "sd1"


def other_family(keys: Collection[str]) -> str:
    """The name of a family that is recognised but not supported, else ""."""
    return next((label for key, label in _OTHERS if key in keys), "")


def unet_source(key: str, layout: BlockLayout) -> str:
    """Where the UNet tensor ``key`` lies in a single file."""
    return UNET + (to_original(key, layout) or key)


_VAE_NAMES = (
    (re.compile(r"(encoder|decoder)\.mid_block\.resnets\.0\."), r"\1.mid.block_1."),
    (re.compile(r"(encoder|decoder)\.mid_block\.resnets\.1\."), r"\1.mid.block_2."),
    (re.compile(r"(encoder|decoder)\.mid_block\.attentions\.0\."), r"\1.mid.attn_1."),
    (re.compile(r"\.down_blocks\.(\d+)\.resnets\.(\d+)\."), r".down.\1.block.\2."),
    (re.compile(r"\.down_blocks\.(\d+)\.downsamplers\.0\."), r".down.\1.downsample."),
    (re.compile(r"\.conv_norm_out\."), ".norm_out."),
    (re.compile(r"\.conv_shortcut\."), ".nin_shortcut."),
)
_VAE_UP = re.compile(r"\.up_blocks\.(\d+)\.(?:resnets\.(\d+)|upsamplers\.0)\.")
_VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def vae_source(key: str, stages: int) -> str:
    """Where the VAE tensor ``key`` lies in a single file; ``stages`` is the number of up blocks.

    The original counts the decoder's stages from the picture, diffusers from the latent.
    """
    for pattern, name in _VAE_NAMES:
        key = pattern.sub(name, key)
    key = _VAE_UP.sub(lambda match: _vae_up(match, stages), key)
    if ".attn_1." in key:
        start, _, rest = key.partition(".attn_1.")
        layer, _, kind = rest.rpartition(".")
        key = f"{start}.attn_1.{_VAE_ATTENTION[layer]}.{kind}"
    return VAE + key


def _vae_up(match: re.Match[str], stages: int) -> str:
    stage, layer = stages - 1 - int(match[1]), match[2]
    return f".up.{stage}.upsample." if layer is None else f".up.{stage}.block.{layer}."


def is_vae_attention(key: str) -> bool:
    """Whether the VAE tensor ``key`` is a linear weight that files store as a 1x1 convolution."""
    return ".attentions." in key and key.endswith("weight") and "group_norm" not in key


_OPEN_CLIP = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.weight": "ln_final.weight",
    "final_layer_norm.bias": "ln_final.bias",
    "text_projection.weight": "text_projection",
}
_OPEN_CLIP_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
    "self_attn.q_proj": "attn.in_proj_",
    "self_attn.k_proj": "attn.in_proj_",
    "self_attn.v_proj": "attn.in_proj_",
}
_LAYER = re.compile(r"encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")


def text_source(key: str, encoder: TextEncoder) -> str:
    """Where the text encoder tensor ``key`` (without ``text_model.``) lies in a single file.

    OpenCLIP keeps query, key and value in one tensor, in this order; the three share a source.
    """
    if not encoder.open_clip:
        return f"{encoder.single_file}.text_model.{key}"
    layer = _LAYER.fullmatch(key)
    if layer is None:
        return f"{encoder.single_file}.{_OPEN_CLIP[key]}"
    name = _OPEN_CLIP_LAYER[layer[2]]
    joint = "" if name.endswith("_") else "."
    return f"{encoder.single_file}.transformer.resblocks.{layer[1]}.{name}{joint}{layer[3]}"
