"""What is trained on what, and where the run lives."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from engine.runtime.refusals import SettingError
from engine.runtime.schema import setting
from engine.training.settings.base import Settings
from engine.training.settings.names import refuse_file_name


class DataSettings(Settings):
    """What is trained on what, and where the run lives."""

    # fmt: off
    output_name: str = setting(
        "last", label="Name", group="Data", level="simple", kohya="output_name",
        help="Name of the run and of the files it writes.", min_length=1)
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
    categories: tuple[str, ...] = setting(
        (), label="Categories", group="Data",
        help="Only pictures of these categories are learned; without any, all are. Folders such as "
             "10_bird are categories too.")
    train_data_dir: str = setting(
        "", label="Image folder", group="Data", kohya="train_data_dir",
        help="Folder of <repeats>_<name> folders, used when no project is given.")
    reg_data_dir: str = setting(
        "", label="Regularization folder", group="Data", kohya="reg_data_dir", path="folder",
        help="Folder of <repeats>_<name> folders whose pictures only hold the model in place.")
    dataset_config: str = setting(
        "", label="Dataset file", group="Data", kohya="dataset_config",
        help="A dataset TOML or JSON of kohya's scripts, with folders, sizes and captions.")
    in_json: str = setting(
        "", label="Metadata file", group="Data", kohya="in_json",
        help="A JSON or JSONL of pictures, captions and tags; the image folder is where its "
             "paths start.")
    dataset_repeats: int = setting(
        1, label="Repeats", group="Data", kohya="dataset_repeats", ge=1, le=9999,
        help="How often an epoch draws each picture of a metadata or dataset file that does not "
             "say it.")
    caption_extension: str = setting(
        ".txt", label="Caption file ending", group="Data", kohya="caption_extension",
        help="Captions lie beside the pictures under this ending.", min_length=2)
    output_dir: str = setting(
        "", label="Output folder", group="Data", kohya="output_dir",
        help="The run's own folder; empty means a new one in the project's runs.")
    # fmt: on

    @field_validator("output_name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        name = value.strip()
        refuse_file_name(name)
        return name

    @field_validator("categories")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.strip() for name in value))

    @field_validator("caption_extension", mode="before")
    @classmethod
    def _with_its_dot(cls, value: Any) -> Any:
        text = str(value).strip()
        return text if text.startswith(".") else f".{text}"

    @field_validator("caption_extension")
    @classmethod
    def _an_ending(cls, value: str) -> str:
        if any(sign in value for sign in "/\\"):
            raise SettingError("Write an ending such as .txt.")
        return value

    @field_validator("output_dir")
    @classmethod
    def _pictures_from_one_place(cls, value: str, info: ValidationInfo) -> str:
        given = info.data
        files = bool(given.get("dataset_config")) + bool(given.get("in_json"))
        folder = bool(given.get("train_data_dir"))
        if given.get("project"):
            alone = not folder and not files
        else:
            # Beside a file, the folder is where its paths start, or is not read at all.
            alone = files == 1 or (folder and not files)
        if not alone:
            raise SettingError(
                "Give either a project or an image folder (train_data_dir), a dataset file "
                "(dataset_config) or a metadata file (in_json)."
            )
        if not given.get("project") and not value:
            raise SettingError("An output folder (output_dir) is needed without a project.")
        return value
