"""What the window can tell of a base model before it is loaded, and what must fit to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.models.family import CONFIGS, FAMILIES, STARTER_FOLDER
from engine.models.host import host
from engine.models.inspect import ModelInfo, inspect
from engine.runtime.refusals import RefusedError
from engine.runtime.schema import validated
from engine.training.checks import traits_of
from engine.training.config import TrainRequest
from engine.training.traits import Traits, refuse_what_does_not_fit, traits_of_file


def info(family: str, prediction: str = "epsilon", width: int | None = None) -> ModelInfo:
    width = FAMILIES[family].context_width if width is None else width
    return ModelInfo(Path("base.safetensors"), "base", "single", 1, family, prediction, width)


def refused(model: Traits, **values) -> dict[str, str]:
    try:
        refuse_what_does_not_fit(validated(TrainRequest, {"project": "p", **values}), model, {})
    except RefusedError as error:
        return {item.setting: str(item) for item in error.refusals}
    return {}


def test_what_is_told_of_the_starter_is_what_its_weights_say():
    assert traits_of_file(inspect(STARTER_FOLDER)) == traits_of(host().get("starter"))


@pytest.mark.parametrize(
    ("family", "unit", "layers"), [("sd1", 64, 12), ("sd2", 64, 23), ("sdxl", 32, 12)]
)
def test_a_family_tells_unit_and_layers_as_its_configuration_has_them(family, unit, layers):
    traits = traits_of_file(info(family))
    assert (traits.unit, traits.layers) == (unit, layers)
    unet, vae, text = (_config(family, part) for part in ("unet", "vae", "text_encoder"))
    halvings = len(unet["block_out_channels"]) + len(vae["block_out_channels"]) - 2
    assert (2**halvings, text["num_hidden_layers"]) == (unit, layers)


def _config(family: str, part: str) -> dict:
    return json.loads((CONFIGS / family / part / "config.json").read_text())


def test_a_small_relative_of_a_family_is_not_measured_by_it():
    traits = traits_of_file(info("sdxl", width=64))
    assert (traits.unit, traits.layers) == (0, 0)
    assert refused(traits, bucket_reso_steps=48, clip_skip=12) == {}


SDXL = traits_of_file(info("sdxl"))


@pytest.mark.parametrize(
    ("values", "setting", "words"),
    [
        ({"bucket_reso_steps": 48}, "bucket_reso_steps", "Use a multiple of 32 with base."),
        ({"resolution": "24"}, "resolution", "Must be 32 or more for base."),
        ({"resolution": "1024,1000", "enable_bucket": False}, "resolution",
         "Use multiples of 32 with base, or turn buckets on."),
        ({"block_dims": "4,4"}, "block_dims", "It has 2 numbers, and SDXL has 23 blocks."),
        ({"block_alphas": "4"}, "block_alphas", "It has 1 numbers, and SDXL has 23 blocks."),
        ({"conv_block_dims": "4,4"}, "conv_block_dims",
         "It has 2 numbers, and SDXL has 23 blocks."),
        ({"conv_block_alphas": "4,4"}, "conv_block_alphas",
         "It has 2 numbers, and SDXL has 23 blocks."),
        ({"scale_v_pred_loss_like_noise_pred": True}, "scale_v_pred_loss_like_noise_pred",
         "This weighting is made for models that predict v."),
    ],
)  # fmt: skip
def test_what_a_model_cannot_do_is_said_of_its_setting(values, setting, words):
    assert refused(SDXL, **values) == {setting: words}


def test_what_fits_is_not_refused():
    assert refused(SDXL, bucket_reso_steps=32, resolution="1024,1000", clip_skip=2) == {}
    sd2 = traits_of_file(info("sd2", "v_prediction"))
    assert refused(sd2, scale_v_pred_loss_like_noise_pred=True) == {}
    assert "v_pred_like_loss" in refused(sd2, v_pred_like_loss=0.5)
    assert refused(sd2, v_pred_like_loss=0.5, prediction_type="epsilon") == {}


def test_all_that_does_not_fit_is_told_at_once():
    found = refused(SDXL, bucket_reso_steps=48, block_dims="4,4")
    assert list(found) == ["bucket_reso_steps", "block_dims"]
