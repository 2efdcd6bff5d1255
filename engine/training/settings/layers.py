"""Which layers of the model the adapter is put on, and how fast each block learns."""

from __future__ import annotations

import re

from pydantic import ValidationInfo, field_validator

from engine.models.adapter_blocks import is_preset, numbers
from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings

_LISTS = ("block_dims", "block_alphas", "conv_block_dims", "conv_block_alphas")


class LayerSettings(Settings):
    """Which layers of the model the adapter is put on, and how fast each block learns."""

    # fmt: off
    layers_include: str = setting(
        "", label="Only layers", group="Network",
        help="Only layers whose names hold one of these, such as attn2, ff; between slashes a "
        "regular expression such as /to_[qk]$/. Empty takes all.")
    layers_exclude: str = setting(
        "", label="Without layers", group="Network",
        help="Leaves out layers whose names hold one of these texts or /regular expressions/.")
    block_dims: str = setting(
        "", label="Block ranks", group="Network", kohya="block_dims",
        help="A rank for each block of the UNet, with commas: 25 for SD 1.x and 2.x, 23 for SDXL; "
        "0 leaves a block alone.")
    block_alphas: str = setting(
        "", label="Block alphas", group="Network", kohya="block_alphas",
        help="An alpha for each block of the UNet, as many as for the ranks.")
    conv_block_dims: str = setting(
        "", label="Block convolution ranks", group="Network", kohya="conv_block_dims",
        help="A convolution rank for each block of the UNet; 0 leaves its convolutions alone.")
    conv_block_alphas: str = setting(
        "", label="Block convolution alphas", group="Network", kohya="conv_block_alphas",
        when="conv_block_dims",
        help="A convolution alpha for each block of the UNet.")
    down_lr_weight: str = setting(
        "", label="Rates of down blocks", group="Network", kohya="down_lr_weight",
        help="What the UNet's rate is multiplied by in each down block: 12 numbers, 9 for SDXL, or "
        "sine, cosine, linear, reverse_linear, zeros, each with an offset such as +0.2. 0 leaves a "
        "block alone.")
    mid_lr_weight: str = setting(
        "", label="Rates of the middle", group="Network", kohya="mid_lr_weight",
        help="The same for the middle: one number, 3 for SDXL.")
    up_lr_weight: str = setting(
        "", label="Rates of up blocks", group="Network", kohya="up_lr_weight",
        help="The same for the up blocks: 12 numbers, 9 for SDXL, or a preset.")
    block_lr_zero_threshold: float = setting(
        0.0, label="Zero threshold of blocks", group="Network", kohya="block_lr_zero_threshold",
        help="Blocks whose number is this or less are left alone.", ge=0, le=1)
    # fmt: on

    @property
    def included_layers(self) -> tuple[str, ...]:
        """The entries of the filter that a layer must match one of."""
        return _entries(self.layers_include)

    @property
    def excluded_layers(self) -> tuple[str, ...]:
        """The entries of the filter that a layer must match none of."""
        return _entries(self.layers_exclude)

    @field_validator("layers_include", "layers_exclude")
    @classmethod
    def _expressions_are_right(cls, value: str) -> str:
        for entry in _entries(value):
            if entry.startswith("/"):
                _compiled(entry)
        return value

    @field_validator(*_LISTS, mode="before")
    @classmethod
    def _list_of_numbers(cls, value: object) -> object:
        text = _joined(value)
        if isinstance(text, str):
            _numbers(text, "8, 8, 4, 0")
        return text

    @field_validator("down_lr_weight", "up_lr_weight", "mid_lr_weight", mode="before")
    @classmethod
    def _list_or_preset(cls, value: object, info: ValidationInfo) -> object:
        text = _joined(value)
        if isinstance(text, str) and (info.field_name == "mid_lr_weight" or not is_preset(text)):
            _numbers(text, "1, 0.5, 0")
        return text

    @field_validator("block_lr_zero_threshold", mode="before")
    @classmethod
    def _empty_is_zero(cls, value: object) -> object:
        return 0.0 if value == "" else value


def _joined(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _numbers(text: str, example: str) -> None:
    try:
        numbers(text)
    except ValueError:
        raise SettingError(
            "Write numbers with commas between, such as {example}.", example=example
        ) from None


def _entries(text: str) -> tuple[str, ...]:
    """The entries of a filter: expressions between slashes may hold commas."""
    found = re.findall(r"/(?:[^/\\]|\\.)+/|[^,]+", text)
    return tuple(entry for item in found if (entry := item.strip()))


def _compiled(entry: str) -> None:
    if not (len(entry) > 2 and entry.endswith("/")):
        raise SettingError("The regular expression {entry} lacks its second slash.", entry=entry)
    try:
        re.compile(entry[1:-1])
    except re.error as error:
        # What is wrong, the library says in English; where it is, stands in the entry by itself.
        before = 0 if error.pos is None else error.pos
        raise SettingError(
            "The regular expression {entry} is not right from its part {part} on.",
            entry=entry, part=entry[1:-1][before:] or entry,
        ) from None  # fmt: skip
