"""The one schema of a training run: every setting once, under kohya's name where kohya has it.

The form, the command line, TOML files and the user guide are made from these fields. A setting is
listed here only when it is in effect.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, ValidationInfo, field_validator, model_validator

from engine.runtime.job import Request
from engine.runtime.schema import setting

LrScheduler = Literal[
    "constant", "constant_with_warmup", "cosine", "cosine_with_restarts", "linear", "polynomial"
]
LONGEST_ACCUMULATION = 1024


class TrainRequest(Request):
    """Train a LoRA. Values mean the same as in kohya's scripts; a zero is a zero, never "unset"."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
    handler: ClassVar[str] = "engine.training.loop:run"
    title_key: ClassVar[str] = "Train {name}"

    # fmt: off
    output_name: str = setting(
        "last", label="Name", group="Data", level="simple", kohya="output_name",
        help="Name of the run and of the files it writes.", min_length=1, max_length=120)
    base_model: str = setting(
        "starter", label="Base model", group="Data", level="simple",
        kohya="pretrained_model_name_or_path", min_length=1,
        help="The model that learns: starter, a model file, or a diffusers folder.")
    prediction_type: Literal["auto", "epsilon", "v_prediction"] = setting(
        "auto", label="Model predicts", group="Data", kohya="v_parameterization",
        help="What the base model was trained to predict; auto reads it from the model.")
    project: str = setting(
        "", label="Project", group="Data", level="hidden",
        help="Project folder whose pictures, captions and edits are trained.")
    train_data_dir: str = setting(
        "", label="Image folder", group="Data", kohya="train_data_dir",
        help="Folder of <repeats>_<name> folders, used when no project is given.")
    output_dir: str = setting(
        "", label="Output folder", group="Data", kohya="output_dir",
        help="The run's own folder; empty means a new one in the project's runs.")
    trigger_word: str = setting(
        "", label="Trigger word", group="Captions", level="simple",
        help="Put first in every caption and never shuffled; calls the style up later.")

    resolution: str = setting(
        "", label="Resolution", group="Buckets", unit="px", kohya="resolution",
        help="Training size as one number or width,height; empty is the model's own size.")
    enable_bucket: bool = setting(
        True, label="Buckets", group="Buckets", kohya="enable_bucket",
        help="Keep the shapes of pictures apart instead of cropping all to one shape.")
    min_bucket_reso: int = setting(
        0, label="Smallest bucket side", group="Buckets", unit="px", kohya="min_bucket_reso",
        when="enable_bucket", help="Shortest side a bucket may have; 0 is half the resolution.",
        ge=0, le=8192)
    max_bucket_reso: int = setting(
        0, label="Largest bucket side", group="Buckets", unit="px", kohya="max_bucket_reso",
        when="enable_bucket", help="Longest side a bucket may have; 0 is twice the resolution.",
        ge=0, le=8192)
    bucket_reso_steps: int = setting(
        64, label="Bucket step", group="Buckets", unit="px", kohya="bucket_reso_steps",
        when="enable_bucket", ge=8, le=512,
        help="Bucket sides are multiples of this; halved where the resolution is below it.")
    bucket_no_upscale: bool = setting(
        False, label="Never enlarge", group="Buckets", kohya="bucket_no_upscale",
        when="enable_bucket",
        help="Small pictures keep their size instead of being enlarged to the resolution.")

    network_dim: int = setting(
        16, label="Rank", group="Network", level="simple", kohya="network_dim",
        help="Room for what is learned; higher follows the pictures more closely.", ge=1, le=1024)
    network_alpha: float = setting(
        16.0, label="Alpha", group="Network", kohya="network_alpha",
        help="Strength of the adapter is alpha divided by rank.", gt=0, le=1024)
    conv_dim: int = setting(
        0, label="Convolution rank", group="Network", kohya="conv_dim",
        help="Rank on the 3x3 convolutions of the UNet (LoCon); 0 leaves them alone.",
        ge=0, le=1024)
    conv_alpha: float = setting(
        1.0, label="Convolution alpha", group="Network", kohya="conv_alpha", when="conv_dim",
        help="Alpha of the convolutions; their strength is this divided by their rank.",
        gt=0, le=1024)

    unet_lr: float = setting(
        1e-4, label="UNet rate", group="Optimizer and rates", level="simple", kohya="unet_lr",
        help="Learning rate of the UNet; 0 leaves the UNet alone.", ge=0, le=1)
    text_encoder_lr: float = setting(
        5e-5, label="Text encoder rate", group="Optimizer and rates", kohya="text_encoder_lr",
        help="Learning rate of the text encoder; 0 leaves it alone.", ge=0, le=1)
    optimizer_type: Literal["AdamW"] = setting(
        "AdamW", label="Optimizer", group="Optimizer and rates", kohya="optimizer_type",
        help="The rule that turns gradients into changes.")
    weight_decay: float = setting(
        0.01, label="Weight decay", group="Optimizer and rates",
        help="Pulls every weight toward zero a little at each step.", ge=0, le=1)
    lr_scheduler: LrScheduler = setting(
        "cosine", label="Schedule", group="Optimizer and rates", kohya="lr_scheduler",
        help="How the learning rates move over the run.")
    lr_scheduler_num_cycles: int = setting(
        1, label="Arcs", group="Optimizer and rates", kohya="lr_scheduler_num_cycles",
        when="lr_scheduler=cosine_with_restarts",
        help="How many times the rate falls from full to zero.", ge=1, le=1000)
    lr_scheduler_power: float = setting(
        1.0, label="Power", group="Optimizer and rates", kohya="lr_scheduler_power",
        when="lr_scheduler=polynomial", help="Exponent of the polynomial decay.", gt=0, le=10)
    lr_warmup: float = setting(
        0.0, label="Warm-up", group="Optimizer and rates", unit="%", kohya="lr_warmup",
        help="Part of the run in which the rates rise from zero.", ge=0, le=100)
    lr_warmup_steps: int = setting(
        0, label="Warm-up steps", group="Optimizer and rates", unit="steps",
        kohya="lr_warmup_steps",
        help="The same as a number of steps; 0 uses the percentage.", ge=0)
    max_grad_norm: float = setting(
        1.0, label="Gradient limit", group="Optimizer and rates", kohya="max_grad_norm",
        help="Longest gradient of one step; 0 sets no limit.", ge=0)

    train_batch_size: int = setting(
        4, label="Batch", group="Length", level="simple", unit="pictures",
        kohya="train_batch_size", help="Pictures learned from together.", ge=1, le=256)
    gradient_accumulation_steps: int = setting(
        1, label="Accumulate", group="Length", unit="batches", kohya="gradient_accumulation_steps",
        help="Batches collected before each change of the weights.", ge=1,
        le=LONGEST_ACCUMULATION)
    max_train_epochs: int = setting(
        10, label="Epochs", group="Length", level="simple", unit="epochs",
        kohya="max_train_epochs",
        help="How often all pictures are gone through; 0 lets the steps decide.", ge=0)
    max_train_steps: int = setting(
        0, label="Steps", group="Length", unit="steps", kohya="max_train_steps",
        help="Changes of the weights; used only when epochs is 0.", ge=0)
    seed: int = setting(
        0, label="Seed", group="Length", kohya="seed",
        help="Starting point of all chance; the same seed gives the same run.", ge=0, lt=2**32)

    min_snr_gamma: float = setting(
        0.0, label="Min-SNR gamma", group="Objective", kohya="min_snr_gamma",
        help="Limits the weight of steps with little noise; 5 is usual, 0 is off.", ge=0, le=20)
    noise_offset: float = setting(
        0.0, label="Noise offset", group="Objective", kohya="noise_offset",
        help="Lets the model learn darker and brighter pictures; 0.05 is usual, 0 is off.",
        ge=0, le=1)
    prior_loss_weight: float = setting(
        1.0, label="Prior loss weight", group="Objective", kohya="prior_loss_weight",
        help="Weight of regularization pictures against the others.", ge=0, le=10)

    shuffle_caption: bool = setting(
        False, label="Shuffle captions", group="Captions", kohya="shuffle_caption",
        help="Mix the order of tags at every draw.")
    keep_tokens: int = setting(
        0, label="Keep first tags", group="Captions", unit="tags", kohya="keep_tokens",
        when="shuffle_caption", help="This many leading tags stay where they are.", ge=0, le=255)
    caption_dropout_rate: float = setting(
        0.0, label="Caption dropout", group="Captions", kohya="caption_dropout_rate",
        help="Share of draws that are learned without a caption.", ge=0, le=1)
    clip_skip: int = setting(
        1, label="Clip skip", group="Captions", kohya="clip_skip",
        help="Reads the text encoder this many layers before its end; 1 is the end.", ge=1, le=12)

    cache_latents: bool = setting(
        True, label="Cache latents", group="Memory", kohya="cache_latents",
        help="Encode every picture once and keep the result in memory.")
    cache_latents_to_disk: bool = setting(
        True, label="Cache latents on disk", group="Memory", kohya="cache_latents_to_disk",
        when="cache_latents", help="Keep encoded pictures in the project for the next run.")
    mixed_precision: Literal["no", "bf16", "fp16"] = setting(
        "no", label="Mixed precision", group="Memory", kohya="mixed_precision",
        help="Compute in half the bits; bf16 and fp16 need a graphics card that has them.")
    gradient_checkpointing: bool = setting(
        False, label="Gradient checkpointing", group="Memory", kohya="gradient_checkpointing",
        help="Less memory for about a third more time; the result is the same.")

    save_every_n_epochs: int = setting(
        1, label="Save every", group="Saving", unit="epochs", kohya="save_every_n_epochs",
        help="Writes a checkpoint this often; the last one is always written. 0 is off.", ge=0)
    save_precision: Literal["float", "fp16", "bf16"] = setting(
        "float", label="Save as", group="Saving", kohya="save_precision",
        help="Number format of the checkpoints; float loses nothing.")
    training_comment: str = setting(
        "", label="Comment", group="Saving", kohya="training_comment", max_length=2000,
        help="Stored in every checkpoint.")

    sample_prompts: tuple[str, ...] = setting(
        (), label="Sample prompts", group="Samples", kohya="sample_prompts",
        help="Pictures drawn while training; kohya's options such as --d 42 --s 20 work.")
    sample_every_n_epochs: int = setting(
        1, label="Sample every", group="Samples", unit="epochs", kohya="sample_every_n_epochs",
        when="sample_prompts", help="Draws the sample prompts this often; 0 is off.", ge=0)
    sample_at_first: bool = setting(
        True, label="Sample at start", group="Samples", kohya="sample_at_first",
        when="sample_prompts", help="Draws the sample prompts before the first step too.")
    # fmt: on

    @property
    def subject(self) -> str:
        """The name of the run."""
        return self.output_name

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of ``resolution`` in pixels, or None for the model's own size."""
        if not self.resolution:
            return None
        sides = [int(side) for side in self.resolution.split(",")]
        return sides[0], sides[-1]

    def warmup_steps(self, total: int) -> int:
        """Warm-up in steps of a run of ``total`` steps."""
        return self.lr_warmup_steps or math.floor(total * self.lr_warmup / 100)

    def smaller(self) -> TrainRequest | None:
        """Half the batch and twice the accumulation; at batch 1, gradient checkpointing."""
        half = self.train_batch_size // 2
        if half:
            times = round(self.train_batch_size / half)
            collected = self.gradient_accumulation_steps * times
            if collected <= LONGEST_ACCUMULATION:
                return self._with(train_batch_size=half, gradient_accumulation_steps=collected)
        if not self.gradient_checkpointing:
            return self._with(gradient_checkpointing=True)
        return None

    def _with(self, **changes: Any) -> TrainRequest:
        return type(self).model_validate({**self.model_dump(), **changes})

    @model_validator(mode="before")
    @classmethod
    def _steps_without_epochs(cls, values: Any) -> Any:
        # Kohya lets epochs win over steps; who names only steps means steps.
        if isinstance(values, dict) and values.get("max_train_steps"):
            values = {"max_train_epochs": 0, **values}
        return values

    @field_validator("output_name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if any(sign in value for sign in '/\\:*?"<>|') or value.strip(". ") == "":
            raise ValueError('a file name cannot contain / \\ : * ? " < > | or be only dots')
        return value.strip()

    @field_validator("output_dir")
    @classmethod
    def _pictures_from_one_place(cls, value: str, info: ValidationInfo) -> str:
        project, folder = info.data.get("project"), info.data.get("train_data_dir")
        if bool(project) == bool(folder):
            raise ValueError("give either a project or an image folder (train_data_dir)")
        if not project and not value:
            raise ValueError("an output folder (output_dir) is needed without a project")
        return value

    @field_validator("resolution", mode="before")
    @classmethod
    def _readable_size(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            value = ",".join(str(side) for side in value)
        text = str(value).replace(" ", "").replace("x", ",")
        sides = text.split(",") if text else []
        if len(sides) > 2 or not all(side.isdecimal() and 8 <= int(side) <= 8192 for side in sides):
            raise ValueError("write one side such as 512, or width,height such as 512,768")
        return text

    @field_validator("min_bucket_reso")
    @classmethod
    def _smallest_bucket(cls, value: int, info: ValidationInfo) -> int:
        sides = [int(side) for side in (info.data.get("resolution") or "").split(",") if side]
        if sides and value > min(sides) and info.data.get("enable_bucket"):
            raise ValueError(f"must not be above the resolution's shorter side, {min(sides)}")
        return value

    @field_validator("max_bucket_reso")
    @classmethod
    def _largest_bucket(cls, value: int, info: ValidationInfo) -> int:
        sides = [int(side) for side in (info.data.get("resolution") or "").split(",") if side]
        if not value or not info.data.get("enable_bucket"):
            return value
        if sides and value < max(sides):
            raise ValueError(f"must not be under the resolution's longer side, {max(sides)}")
        if value < info.data.get("min_bucket_reso", 0):
            raise ValueError("must not be under the smallest bucket side")
        return value

    @field_validator("text_encoder_lr")
    @classmethod
    def _something_learns(cls, value: float, info: ValidationInfo) -> float:
        if value == 0 and info.data.get("unet_lr") == 0:
            raise ValueError("both learning rates are 0, so nothing would be learned")
        return value

    @field_validator("lr_warmup", "lr_warmup_steps")
    @classmethod
    def _warmup_has_effect(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("lr_scheduler") == "constant":
            raise ValueError("a constant schedule has no warm-up; choose constant_with_warmup")
        return value

    @field_validator("max_train_steps")
    @classmethod
    def _some_length(cls, value: int, info: ValidationInfo) -> int:
        if value == 0 and info.data.get("max_train_epochs") == 0:
            raise ValueError("epochs and steps are both 0, so the run would have no length")
        return value
