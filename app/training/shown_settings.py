"""The settings that the window shows: all but those that only folders without a project need."""

from __future__ import annotations

from functools import cache

from engine.runtime.schema import Setting, settings_of
from engine.training.config import TrainRequest

FOR_FOLDERS = (
    "train_data_dir", "output_dir", "dataset_config", "in_json", "dataset_repeats",
    "caption_extension",
)  # fmt: skip
"""What has an effect only where no project is trained; the window always trains one."""


@cache
def shown_settings() -> dict[str, Setting]:
    """By name, in the order of the form. Do not modify it."""
    return {
        item.name: item
        for item in settings_of(TrainRequest)
        if item.level != "hidden" and item.name not in FOR_FOLDERS
    }
