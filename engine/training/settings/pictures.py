"""How the pixels of a picture are drawn, and where its mask comes from."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings

Interpolation = Literal[
    "auto", "lanczos", "nearest", "bilinear", "linear", "bicubic", "cubic", "area", "box"
]


class PictureSettings(Settings):
    """How pixels are drawn. Folders of a dataset file may have settings of their own."""

    # fmt: off
    resize_interpolation: Interpolation = setting(
        "auto", label="Resize filter", group="Buckets", kohya="resize_interpolation",
        help="How pictures are resized; auto averages when shrinking and is Lanczos else.")
    sdxl_kohya_crop: bool = setting(
        False, label="Crop numbers as kohya", group="Buckets",
        help="Tell SDXL the crop as kohya's scripts compute it, instead of the true one.")
    flip_aug: bool = setting(
        False, label="Flip", group="Augmentation", kohya="flip_aug",
        help="Mirror half of the draws left to right; not for art in which sides matter.")
    color_aug: bool = setting(
        False, label="Shift colors", group="Augmentation", kohya="color_aug",
        help="Change hue or brightness of a third of the draws; needs uncached latents.")
    random_crop: bool = setting(
        False, label="Random crop", group="Augmentation", kohya="random_crop",
        help="Cut what exceeds the bucket at a random place; needs uncached latents.")
    face_crop_aug_range: str = setting(
        "", label="Face crop", group="Augmentation", kohya="face_crop_aug_range",
        when="enable_bucket=False",
        help="Cut around faces named by file names such as a_300_200_90_90, enlarged between two "
             "numbers such as 2,4; needs uncached latents and no buckets.")
    alpha_mask: bool = setting(
        False, label="Transparency as mask", group="Masks", kohya="alpha_mask",
        help="Transparent parts of pictures are not learned.")
    conditioning_data_dir: str = setting(
        "", label="Mask folder", group="Masks", kohya="conditioning_data_dir",
        path="folder",
        help="Folder with a mask for every picture, of its name and size; black is not learned.")
    # fmt: on

    @property
    def face_range(self) -> tuple[float, float] | None:
        """Smallest and largest enlargement of ``face_crop_aug_range``, None when it is off."""
        if not self.face_crop_aug_range:
            return None
        low, high = (float(part) for part in self.face_crop_aug_range.split(","))
        return low, high

    @field_validator("face_crop_aug_range", mode="before")
    @classmethod
    def _two_numbers(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            value = ",".join(str(part) for part in value)
        text = str(value or "").replace(" ", "")
        if not text:
            return ""
        try:
            low, high = (float(part) for part in text.split(","))
        except ValueError:
            low, high = math.nan, math.nan
        if not 0 < low <= high < math.inf:
            raise SettingError("Write two numbers such as 2,4, the smaller one first.")
        return text

    @field_validator("conditioning_data_dir")
    @classmethod
    def _masks_follow_pictures(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("random_crop"):
            raise SettingError("Masks from a folder do not go with random crops.")
        if value and info.data.get("project"):
            raise SettingError("A project's pictures have masks of their own; leave this empty.")
        return value
