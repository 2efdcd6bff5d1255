"""The size of the pictures that a base model was trained on. Light: no tensor is loaded."""

from __future__ import annotations

import json

from engine.models.family import FAMILIES, STARTER, STARTER_FOLDER
from engine.models.inspect import ModelInfo


def native_size(info: ModelInfo) -> int:
    """The side in pixels of the pictures ``info`` was trained on, from its header or config.

    Raises OSError, ValueError, KeyError or TypeError for configs that tell nothing.
    """
    folder = STARTER_FOLDER if info.layout == STARTER else info.path
    if folder.is_dir():
        unet = json.loads((folder / "unet" / "config.json").read_text("utf-8"))
        vae = json.loads((folder / "vae" / "config.json").read_text("utf-8"))
        return int(unet["sample_size"] * 2 ** (len(vae["block_out_channels"]) - 1))
    family = FAMILIES[info.family]
    return family.version(info.prediction_type or family.versions[0].prediction_type).native_size
