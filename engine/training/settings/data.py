"""What is trained on what, and where the run lives."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class DataSettings(Settings):
    """What is trained on what, and where the run lives."""

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
    # fmt: on

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
