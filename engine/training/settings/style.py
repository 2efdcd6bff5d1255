"""Terms that look at the predicted picture itself, beside what the model is asked to predict."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class StyleSettings(Settings):
    """Terms that look at the predicted picture itself."""

    # fmt: off
    style_loss_weight: float = setting(
        0.0, label="Style term", group="Style", step=0.01,
        help="Also compares textures, colors and strokes of the predicted picture with the "
        "training picture; 0.05 is a start, 0 is off.", ge=0, le=100)
    perceptual_loss_weight: float = setting(
        0.0, label="Perceptual term", group="Style", step=0.01,
        help="Also compares the shapes of the predicted picture with the training picture, place "
        "by place; 0.05 is a start, 0 is off.", ge=0, le=100)
    style_features: Literal["vae", "vgg"] = setting(
        "vae", label="Seen through", group="Style",
        help="What looks at the pictures: the encoder of the base model's VAE, or a VGG network "
        "you have as a file.")
    style_vgg_file: str = setting(
        "", label="VGG file", group="Style", when="style_features=vgg", path="file",
        help="A VGG16 or VGG19 as torchvision saves it, .pth or .safetensors.")
    style_min_timestep: int = setting(
        0, label="From timestep", group="Style", unit="timestep",
        help="Lowest timestep at which the predicted picture is looked at.", ge=0, le=999)
    style_max_timestep: int = setting(
        500, label="Up to timestep", group="Style", unit="timestep",
        help="With more noise than this the predicted picture is too vague to be looked at, and "
        "nothing is spent on it.", ge=1, le=1000)
    style_crop: int = setting(
        256, label="Looked-at part", group="Style", unit="px",
        help="Side of a square, elsewhere at each step, that is looked at; 0 is the whole picture "
        "and costs most.", ge=0, le=4096)
    # fmt: on

    @property
    def sees_pictures(self) -> bool:
        """Whether steps decode pictures, so that the VAE is at work during the whole run."""
        return bool(self.style_loss_weight or self.perceptual_loss_weight)

    @field_validator("style_vgg_file")
    @classmethod
    def _there_is_a_file(cls, value: str, info: ValidationInfo) -> str:
        wanted = info.data.get("style_loss_weight") or info.data.get("perceptual_loss_weight")
        if wanted and info.data.get("style_features") == "vgg" and not value:
            raise SettingError("Choose the file of the VGG network, or look through the VAE.")
        return value

    @field_validator("style_max_timestep")
    @classmethod
    def _window_holds_something(cls, value: int, info: ValidationInfo) -> int:
        if value <= info.data.get("style_min_timestep", 0):
            raise SettingError("Must be above {setting}.", setting="style_min_timestep")
        return value
