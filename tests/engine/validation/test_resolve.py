"""What the weights of a place act on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.validation.axes import Axis
from engine.validation.request import GridRequest


@pytest.mark.parametrize(
    ("weights", "unet", "text", "shown"),
    [
        ({"weight": 0.8}, 0.8, 0.8, 0.8),
        ({"weight": 0.8, "unet_weight": 0.5}, 0.5, 0.8, 0.5),
        ({"weight": 0.8, "text_encoder_weight": 0.5}, 0.8, 0.5, 0.8),
        ({"unet_weight": 0.5}, 0.5, 1.0, 0.5),
        ({"text_encoder_weight": 0.5}, 1.0, 0.5, 1.0),
    ],
)
def test_a_weight_acts_on_both_unless_one_has_its_own(
    tmp_path: Path, weights: dict[str, float], unet: float, text: float, shown: float
) -> None:
    axes = {"checkpoint": "a.safetensors", **weights}
    request = GridRequest(
        folder=str(tmp_path),
        axes=tuple(Axis(setting=name, values=(value,)) for name, value in axes.items()),
    )
    (position,) = request.positions()
    (use,) = request.image_at(position).loras
    assert (use.weight, use.text, position.weight) == (unet, text, shown)
