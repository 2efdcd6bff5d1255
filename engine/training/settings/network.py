"""The adapter: its kind, its layers and its room."""

from __future__ import annotations

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class NetworkSettings(Settings):
    """The adapter: its kind, its layers and its room."""

    # fmt: off
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
    # fmt: on
