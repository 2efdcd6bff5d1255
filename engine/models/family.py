"""The model families: what differs between SD 1.x, SD 2.x and SDXL, as data."""

from __future__ import annotations

from dataclasses import dataclass

from engine.runtime.resources import resource

CONFIGS = resource("configs")
STARTER = "starter"
STARTER_FOLDER = resource("starter")
CLIP_VOCABULARY = 49408
"""Tokens of CLIP's vocabulary, which every family uses unless a folder brings one of its own."""
STARTER_UNIT, STARTER_TEXT_LAYERS, STARTER_WIDTH = 32, 4, 128


@dataclass(frozen=True)
class TextEncoder:
    """One text encoder of a family.

    ``folder`` and ``tokenizer`` are its folders in a diffusers layout, ``lora_prefix`` its name in
    LoRA files, ``single_file`` where it lies in a single-file checkpoint. ``open_clip`` says that
    the single file uses OpenCLIP's names; ``projection`` that a pooled projection belongs to it.
    ``pad_id`` is the token that fills a prompt up (49407 is the end token, 0 is "!").
    """

    folder: str
    tokenizer: str
    lora_prefix: str
    single_file: str
    pad_id: int
    open_clip: bool = False
    projection: bool = False


@dataclass(frozen=True)
class Version:
    """A published variant of a family: kohya's and ModelSpec's names, and its size in pixels."""

    prediction_type: str
    lora_version: str
    architecture: str
    native_size: int


@dataclass(frozen=True)
class Family:
    """What a family of checkpoints has in common.

    Of the full-size model ``context_width`` is the channels of the text conditioning, ``unit`` the
    pixels that sides of pictures are multiples of, ``text_layers`` those of the first text encoder.
    ``original_lora_names`` says that LoRA files name the UNet's layers as the original code did
    (``input_blocks_4_1``) and not as diffusers does. ``pooled`` says that the UNet also takes a
    pooled text vector and six size numbers.
    """

    id: str
    label: str
    context_width: int
    unit: int
    text_layers: int
    text_encoders: tuple[TextEncoder, ...]
    original_lora_names: bool
    pooled: bool
    versions: tuple[Version, ...]

    def version(self, prediction_type: str) -> Version:
        """The published variant with this prediction type."""
        return next(v for v in self.versions if v.prediction_type == prediction_type)

    def lora_version(self, prediction_type: str) -> str:
        """kohya's ``ss_base_model_version`` for a base model with this prediction type."""
        return self.version(prediction_type).lora_version

    def architecture(self, prediction_type: str) -> str:
        """ModelSpec's architecture of a base model with this prediction type."""
        return self.version(prediction_type).architecture


_CLIP_L = TextEncoder(
    folder="text_encoder",
    tokenizer="tokenizer",
    lora_prefix="lora_te",
    single_file="cond_stage_model.transformer",
    pad_id=49407,
)

SD1 = Family(
    id="sd1",
    label="SD 1.x",
    context_width=768,
    unit=64,
    text_layers=12,
    text_encoders=(_CLIP_L,),
    original_lora_names=False,
    pooled=False,
    versions=(
        Version("epsilon", "sd_v1", "stable-diffusion-v1", 512),
        Version("v_prediction", "sd_v1_v", "stable-diffusion-v1", 512),
    ),
)
SD2 = Family(
    id="sd2",
    label="SD 2.x",
    context_width=1024,
    unit=64,
    text_layers=23,
    text_encoders=(
        TextEncoder(
            folder="text_encoder",
            tokenizer="tokenizer",
            lora_prefix="lora_te",
            single_file="cond_stage_model.model",
            pad_id=0,
            open_clip=True,
        ),
    ),
    original_lora_names=False,
    pooled=False,
    versions=(
        Version("epsilon", "sd_v2", "stable-diffusion-v2-512", 512),
        Version("v_prediction", "sd_v2_v", "stable-diffusion-v2-768-v", 768),
    ),
)
SDXL = Family(
    id="sdxl",
    label="SDXL",
    context_width=2048,
    unit=32,
    text_layers=12,
    text_encoders=(
        TextEncoder(
            folder="text_encoder",
            tokenizer="tokenizer",
            lora_prefix="lora_te1",
            single_file="conditioner.embedders.0.transformer",
            pad_id=49407,
        ),
        TextEncoder(
            folder="text_encoder_2",
            tokenizer="tokenizer_2",
            lora_prefix="lora_te2",
            single_file="conditioner.embedders.1.model",
            pad_id=0,
            open_clip=True,
            projection=True,
        ),
    ),
    original_lora_names=True,
    pooled=True,
    versions=(
        Version("epsilon", "sdxl_base_v1-0", "stable-diffusion-xl-v1-base", 1024),
        Version("v_prediction", "sdxl_base_v1-0", "stable-diffusion-xl-v1-base", 1024),
    ),
)

FAMILIES: dict[str, Family] = {family.id: family for family in (SD1, SD2, SDXL)}
