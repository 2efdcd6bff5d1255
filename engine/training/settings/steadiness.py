"""What keeps the adapter from learning too much by heart, and evens out its steps."""

from __future__ import annotations

from typing import Literal

from engine.runtime.schema import setting
from engine.training.settings.base import Settings

_HIGHEST = 0.95


class SteadinessSettings(Settings):
    """What keeps the adapter from learning too much by heart, and evens out its steps."""

    # fmt: off
    network_dropout: float = setting(
        0.0, label="Dropout", group="Network", kohya="network_dropout", when="network_type=lora",
        help="Chance that a single number inside the adapter is left out of a step; 0 is off.",
        ge=0, le=_HIGHEST)
    rank_dropout: float = setting(
        0.0, label="Rank dropout", group="Network", kohya="rank_dropout",
        help="Chance that a whole rank is left out for a picture; 0 is off.", ge=0, le=_HIGHEST)
    module_dropout: float = setting(
        0.0, label="Module dropout", group="Network", kohya="module_dropout",
        help="Chance that the adapter of a layer is left out of a step; 0 is off.",
        ge=0, le=_HIGHEST)
    scale_weight_norms: float = setting(
        0.0, label="Weight limit", group="Network", kohya="scale_weight_norms",
        help="Longest change that a layer may learn; longer ones are shrunk after each step. 1 is "
        "usual, 0 is off.", ge=0, le=1000)
    loraplus_lr_ratio: float = setting(
        0.0, label="LoRA+ ratio", group="Network", kohya="loraplus_lr_ratio",
        help="How many times faster the half of the adapter learns that starts at zero; 16 is "
        "usual, 0 is off.", ge=0, le=1000)
    loraplus_unet_lr_ratio: float = setting(
        0.0, label="LoRA+ ratio of the UNet", group="Network", kohya="loraplus_unet_lr_ratio",
        help="The same for the UNet alone; 0 takes the common ratio.", ge=0, le=1000)
    loraplus_text_encoder_lr_ratio: float = setting(
        0.0, label="LoRA+ ratio of the text encoder", group="Network",
        kohya="loraplus_text_encoder_lr_ratio",
        help="The same for the text encoder alone; 0 takes the common ratio.", ge=0, le=1000)
    ema_decay: float = setting(
        0.0, label="Average of weights", group="Network",
        help="Keeps a slow average of the weights (EMA), often calmer than the last step; 0.999 "
        "keeps about the last thousand steps, 0 is off.", ge=0, lt=1)
    save_ema: Literal["average", "both"] = setting(
        "average", label="Checkpoints hold", group="Network", when="ema_decay",
        help="Only the average, or both: the weights of the last step, and the average beside them "
        "as -ema.")
    # fmt: on

    def plus_ratio(self, part: str) -> float:
        """How many times faster the half that starts at zero learns in ``part``; 0 is off."""
        own = self.loraplus_unet_lr_ratio if part == "unet" else self.loraplus_text_encoder_lr_ratio
        return own or self.loraplus_lr_ratio
