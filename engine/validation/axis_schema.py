"""The settings that a grid varies beside those of a picture: LoRAs, trigger word, texts, size."""

from __future__ import annotations

from pydantic import BaseModel

from engine.runtime.schema import setting


class GridSettings(BaseModel):
    """One field for each axis that is not a setting of a picture, with what it is without axis."""

    checkpoint: str = setting(
        "",
        label="LoRA file",
        help="LoRA files to compare; an empty name is the base model alone.",
        group="LoRA",
        level="simple",
        path="file",
    )
    weight: float = setting(
        1.0,
        label="LoRA weight",
        help="Weights to try. 0 is the base model, drawn once for all checkpoints.",
        group="LoRA",
        level="simple",
        step=0.1,
        ge=-10,
        le=10,
        allow_inf_nan=False,
    )
    unet_weight: float = setting(
        1.0,
        label="Weight on the UNet",
        help="The weight on the picture side alone; the text encoder keeps the LoRA weight.",
        group="LoRA",
        step=0.1,
        ge=-10,
        le=10,
        allow_inf_nan=False,
    )
    text_encoder_weight: float = setting(
        1.0,
        label="Weight on the text encoder",
        help="The weight on the text side alone; the UNet keeps the LoRA weight.",
        group="LoRA",
        step=0.1,
        ge=-10,
        le=10,
        allow_inf_nan=False,
    )
    second_checkpoint: str = setting(
        "",
        label="Second LoRA",
        help="LoRA files that act together with the first; an empty name is none.",
        group="LoRA",
        path="file",
    )
    second_weight: float = setting(
        1.0,
        label="Second weight",
        help="Weights of the second LoRA.",
        group="LoRA",
        step=0.1,
        ge=-10,
        le=10,
        allow_inf_nan=False,
    )
    trigger: bool = setting(
        True,
        label="Trigger word",
        help="Each prompt with the trigger word in front, and without it.",
        group="Prompt",
        level="simple",
    )
    replace: str = setting(
        "",
        label="Replace in prompt",
        help="Write what is searched for, then what stands in its place: apple, pear, plum.",
        group="Prompt",
    )
    second_replace: str = setting(
        "",
        label="Replace a second text",
        help="As the first, at other places of the same prompts.",
        group="Prompt",
    )
    size: str = setting(
        "",
        label="Size",
        help="Width and height of the picture: 512x512, 512x768.",
        group="Picture",
        unit="px",
    )
