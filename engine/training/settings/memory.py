"""What is kept in memory, and in which precision is computed."""

from __future__ import annotations

from typing import Literal

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class MemorySettings(Settings):
    """What is kept in memory, and in which precision is computed."""

    # fmt: off
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
    # fmt: on
