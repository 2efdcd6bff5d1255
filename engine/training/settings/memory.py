"""What is kept in memory, and in which precision is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings

MixedPrecision = Literal["auto", "no", "fp16", "bf16"]
Attention = Literal["sdpa", "xformers", "sliced", "none"]


class MemorySettings(Settings):
    """What is kept in memory, and in which precision is computed."""

    # fmt: off
    mixed_precision: MixedPrecision = setting(
        "auto", label="Mixed precision", group="Memory", kohya="mixed_precision",
        help="Compute in half the bits; auto takes the best that the graphics card has.")
    full_fp16: bool = setting(
        False, label="Full fp16", group="Memory", kohya="full_fp16", when="mixed_precision=fp16",
        help="Keep the adapter and its gradients in fp16 too; saves little and learns less surely.")
    full_bf16: bool = setting(
        False, label="Full bf16", group="Memory", kohya="full_bf16", when="mixed_precision=bf16",
        help="Keep the adapter and its gradients in bf16 too; saves little and learns less surely.")
    fp8_base: bool = setting(
        False, label="Base model in fp8", group="Memory", kohya="fp8_base",
        help="Keep UNet and text encoders in a quarter of the bits; less memory, a little coarser.")
    fp8_base_unet: bool = setting(
        False, label="Only the UNet in fp8", group="Memory", kohya="fp8_base_unet",
        help="Keep the UNet alone in a quarter of the bits.")
    gradient_checkpointing: bool = setting(
        False, label="Gradient checkpointing", group="Memory", kohya="gradient_checkpointing",
        help="Less memory for about a third more time; the result is the same.")
    attention: Attention = setting(
        "sdpa", label="Attention", group="Memory", kohya="xformers",
        help="How attention is computed: PyTorch's own way is fast; in slices it is slow and needs "
             "the least.")
    cache_latents: bool = setting(
        True, label="Cache latents", group="Memory", kohya="cache_latents",
        help="Encode every picture once and keep the result in memory.")
    cache_latents_to_disk: bool = setting(
        True, label="Cache latents on disk", group="Memory", kohya="cache_latents_to_disk",
        when="cache_latents", help="Keep encoded pictures in the project for the next run.")
    vae_batch_size: int = setting(
        1, label="Pictures encoded at once", group="Memory", unit="pictures",
        kohya="vae_batch_size", help="More is faster on a graphics card and needs more memory.",
        ge=1, le=64)
    cache_text_encoder_outputs: bool = setting(
        False, label="Cache captions", group="Memory", kohya="cache_text_encoder_outputs",
        help="Encode every caption before the first step, so that the text encoder can leave.")
    cache_text_encoder_outputs_to_disk: bool = setting(
        False, label="Cache captions on disk", group="Memory",
        kohya="cache_text_encoder_outputs_to_disk", when="cache_text_encoder_outputs",
        help="Keep encoded captions in the project for the next run.")
    vae: str = setting(
        "", label="VAE", group="Memory", kohya="vae", path="file",
        help="A file or folder whose VAE is used instead of the base model's own.")
    no_half_vae: bool = setting(
        False, label="VAE in full precision", group="Memory", kohya="no_half_vae",
        help="For VAEs that give no numbers in half the bits, such as SDXL's first one.")
    offload: bool = setting(
        True, label="Move resting parts out", group="Memory",
        help="What is not needed after caching leaves the graphics card until it is.")
    num_cpu_threads_per_process: int = setting(
        0, label="Processor threads", group="Memory", kohya="num_cpu_threads_per_process",
        help="Threads that training may use; 0 leaves one for everything else.", ge=0, le=1024)
    # fmt: on

    @field_validator("full_fp16", "full_bf16")
    @classmethod
    def _full_needs_mixed(cls, value: bool, info: ValidationInfo) -> bool:
        needed = str(info.field_name).removeprefix("full_")
        if value and info.data.get("mixed_precision", needed) != needed:
            raise SettingError("It needs mixed precision {kind}.", kind=needed)
        return value

    @field_validator("fp8_base", "fp8_base_unet")
    @classmethod
    def _eight_bits_need_mixed(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("mixed_precision") == "no":
            raise SettingError("fp8 needs mixed precision fp16 or bf16.")
        return value

    @field_validator("attention", mode="before")
    @classmethod
    def _kohya_switch(cls, value: Any) -> Any:
        """Kohya's scripts switch xformers on or off."""
        if isinstance(value, bool):
            return "xformers" if value else "none"
        return value

    @field_validator("cache_latents")
    @classmethod
    def _latents_stay_the_same(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("color_aug"):
            raise SettingError("Colors that change at every draw cannot be cached.")
        around_faces = info.data.get("face_crop_aug_range") and not info.data.get("enable_bucket")
        if value and (info.data.get("random_crop") or around_faces):
            raise SettingError("Crops that change at every draw cannot be cached.")
        return value

    @field_validator("cache_text_encoder_outputs")
    @classmethod
    def _captions_stay_the_same(cls, value: bool, info: ValidationInfo) -> bool:
        if value and _learns_text(info.data):
            raise SettingError("A text encoder that learns cannot be cached; set its rate to 0.")
        if value and any(info.data.get(name) for name in _CHANGING_CAPTIONS):
            raise SettingError("Captions that change at every draw cannot be cached.")
        return value


_CHANGING_CAPTIONS = (
    "shuffle_caption",
    "caption_tag_dropout_rate",
    "token_warmup_step",
    "enable_wildcard",
)


def _learns_text(values: Mapping[str, Any]) -> bool:
    # The second encoder's rate is negative where it is the first one's.
    return any((values.get(name) or 0) > 0 for name in ("text_encoder_lr", "text_encoder_lr2"))
