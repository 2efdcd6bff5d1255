"""The kind of the adapter, and how much it can learn."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class RoomSettings(Settings):
    """The kind of the adapter, and how much it can learn."""

    # fmt: off
    network_type: Literal["lora", "loha", "lokr"] = setting(
        "lora", label="Adapter", group="Network", kohya="algo",
        help="LoRA suits nearly everything; LoHa and LoKr learn more freely in small files, but "
        "fewer tools read them.")
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
        1.0, label="Convolution alpha", group="Network", kohya="conv_alpha",
        help="Alpha of the convolutions; their strength is this divided by their rank.",
        gt=0, le=1024)
    dora_wd: bool = setting(
        False, label="DoRA", group="Network", kohya="dora_wd",
        help="Learns direction and size of every weight apart, which is closer to full training "
        "and takes more time.")
    rs_lora: bool = setting(
        False, label="Rank-stabilized", group="Network", kohya="rs_lora",
        help="Divides alpha by the root of the rank, so that high ranks do not grow weak.")
    factor: int = setting(
        -1, label="LoKr factor", group="Network", kohya="factor", when="network_type=lokr",
        help="Size of LoKr's small factor; -1 takes about the root of each layer.", ge=-1, le=1024)
    decompose_both: bool = setting(
        False, label="Decompose both factors", group="Network", kohya="decompose_both",
        when="network_type=lokr",
        help="Gives LoKr's small factor a rank too, where that makes it smaller.")
    # fmt: on

    @field_validator("network_type", mode="before")
    @classmethod
    def _names_of_lycoris(cls, value: Any) -> Any:
        # LoCon is a LoRA with convolutions.
        return "lora" if value == "locon" else value

    @field_validator("factor")
    @classmethod
    def _some_factor(cls, value: int, info: ValidationInfo) -> int:
        if value == 0 and info.data.get("network_type") == "lokr":
            raise SettingError("It is a size such as 8, or -1 for about the root.")
        return value
