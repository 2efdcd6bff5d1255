"""When checkpoints and states are written, and how."""

from __future__ import annotations

from typing import Literal

from engine.runtime.schema import setting
from engine.training.settings.base import Settings


class SavingSettings(Settings):
    """When checkpoints and states are written, and how."""

    # fmt: off
    save_every_n_epochs: int = setting(
        1, label="Save every", group="Saving", unit="epochs", kohya="save_every_n_epochs",
        help="Writes a checkpoint this often; the last one is always written. 0 is off.", ge=0)
    save_n_epoch_ratio: int = setting(
        0, label="Checkpoints in all", group="Saving", kohya="save_n_epoch_ratio",
        help="Spreads about this many checkpoints evenly over the epochs; 0 is off.", ge=0)
    save_every_n_steps: int = setting(
        0, label="Save every steps", group="Saving", unit="steps", kohya="save_every_n_steps",
        help="Writes a checkpoint after this many steps too; 0 is off.", ge=0)
    save_last_n_epochs: int = setting(
        0, label="Newest epochs kept", group="Saving", unit="checkpoints",
        kohya="save_last_n_epochs",
        help="Keeps only this many of the newest checkpoints of epochs; 0 keeps all.", ge=0)
    save_last_n_steps: int = setting(
        0, label="Newest steps kept", group="Saving", unit="checkpoints", kohya="save_last_n_steps",
        when="save_every_n_steps",
        help="Keeps only this many of the newest checkpoints of steps; 0 keeps all.", ge=0)
    save_precision: Literal["float", "fp16", "bf16"] = setting(
        "float", label="Save as", group="Saving", kohya="save_precision",
        help="Number format of the checkpoints; 32-bit float loses nothing.")
    save_model_as: Literal["safetensors", "ckpt", "pt"] = setting(
        "safetensors", label="File format", group="Saving", kohya="save_model_as",
        help="The formats ckpt and pt are for old tools: they cannot tell how they were trained.")
    save_state: bool = setting(
        True, label="Save states", group="Saving", kohya="save_state",
        help="Keeps what a run needs to go on exactly beside its checkpoints. While it goes on, "
        "the newest one is kept in any case.")
    save_state_on_train_end: bool = setting(
        False, label="Save a state at the end", group="Saving", kohya="save_state_on_train_end",
        help="Saves a state after the last step, so that the run can be made longer later.")
    save_last_n_epochs_state: int = setting(
        1, label="Keep states of epochs", group="Saving", unit="states",
        kohya="save_last_n_epochs_state", when="save_state",
        help="Keeps only this many of the newest states of epochs; 0 keeps all.", ge=0)
    save_last_n_steps_state: int = setting(
        1, label="Keep states of steps", group="Saving", unit="states",
        kohya="save_last_n_steps_state", when="save_state",
        help="Keeps only this many of the newest states of steps; 0 keeps all.", ge=0)
    resume: str = setting(
        "", label="Go on from", group="Saving", kohya="resume", path="folder",
        help="A saved state, or a run that was cut off: training goes on exactly where it was.")
    log_with: Literal["none", "tensorboard"] = setting(
        "tensorboard", label="Log with", group="Saving", kohya="log_with",
        help="Writes losses and rates for TensorBoard beside the run's own log.")
    logging_dir: str = setting(
        "", label="Log folder", group="Saving", kohya="logging_dir", when="log_with=tensorboard",
        path="folder",
        help="Folder for the logs of all runs; empty keeps them in the run's own folder.")
    log_prefix: str = setting(
        "", label="Log prefix", group="Saving", kohya="log_prefix", when="logging_dir",
        help="Put before the date in the name of this run's log folder.", max_length=120)
    no_metadata: bool = setting(
        False, label="Leave out settings", group="Saving", kohya="no_metadata",
        help="Checkpoints do not tell the settings and pictures they were trained with.")
    training_comment: str = setting(
        "", label="Comment", group="Saving", kohya="training_comment", max_length=2000,
        help="Stored in every checkpoint.")
    metadata_title: str = setting(
        "", label="Title", group="Saving", kohya="metadata_title", max_length=2000,
        help="Title in the checkpoints; empty is the name of the run.")
    metadata_author: str = setting(
        "", label="Author", group="Saving", kohya="metadata_author", max_length=2000,
        help="Who made the style, stored in every checkpoint.")
    metadata_description: str = setting(
        "", label="Description", group="Saving", kohya="metadata_description", max_length=20000,
        help="What the style is, stored in every checkpoint.")
    metadata_license: str = setting(
        "", label="License", group="Saving", kohya="metadata_license", max_length=2000,
        help="What others may do with the checkpoints, stored in every one.")
    metadata_tags: str = setting(
        "", label="Tags", group="Saving", kohya="metadata_tags", max_length=2000,
        help="Words to find the checkpoints by, divided by commas, stored in every one.")
    # fmt: on
