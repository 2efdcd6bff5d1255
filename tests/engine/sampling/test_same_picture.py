"""One seed is one picture: whatever it is drawn beside, and however often."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from engine.models import adapter_training, adapters
from engine.models.adapter_plan import AdapterSpec
from engine.runtime.job import Job
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest, Shot
from tests.engine.small_models import small_model

SAMPLERS = ["euler", "euler_a", "dpmpp_2m", "ddim", "unipc"]
LONG = "castle, " * 60
# One and two windows of 75 tokens, on either side.
SHOTS = [
    Shot("castle", "", 3),
    Shot(LONG, "blurry", 4),
    Shot("(cow:1.3)", "", 5),
    Shot("cow", "one BREAK two", 6),
    Shot("dog", "", 7),
]


@pytest.fixture(scope="module", params=["sd1", "sdxl"])
def model(request):
    """A small model with a LoRA called "ink" that moves UNet and text encoders."""
    built = small_model(request.param)
    generator = torch.Generator().manual_seed(3)
    parts = adapter_training.create(built, "ink", AdapterSpec(rank=2, alpha=2.0), generator)
    with torch.no_grad():
        for parameter in itertools.chain(*parts.values()):
            if not parameter.any():
                parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return built


@pytest.fixture
def source(tmp_path):
    """A start picture and a mask with a soft rim, as files."""
    chance = np.random.default_rng(5)
    Image.fromarray(chance.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(tmp_path / "p.png")
    ramp = np.clip(np.linspace(-80, 400, 32), 0, 255).astype(np.uint8)
    Image.fromarray(np.tile(ramp, (32, 1))).save(tmp_path / "m.png")
    return {"init_image": str(tmp_path / "p.png"), "mask": str(tmp_path / "m.png")}


def draw(model, batch_size, sampler, weight=0.8, **values):
    request = ImageRequest(
        steps=3, guidance_scale=5, sampler=sampler, batch_size=batch_size, **values
    )
    with adapters.active(model, {"ink": (weight, weight)}):
        return np.stack(sample(model, request, job=Job.detached(), shots=SHOTS)).astype(int)


@pytest.mark.parametrize("masked", [False, True], ids=["from nothing", "masked"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_batch_size_changes_a_picture(model, source, sampler, masked):
    values = source | {"strength": 0.7} if masked else {}
    alone = draw(model, 1, sampler, **values)
    together = draw(model, 3, sampler, **values)
    # Sums of other shapes round in another order: one level of 255, and rarely.
    assert np.abs(together - alone).max() <= 1
    assert (together != alone).mean() < 0.01
    assert np.abs(alone[0] - alone[4]).max() > 10


def test_the_lora_took_part(model):
    assert np.abs(draw(model, 3, "euler") - draw(model, 3, "euler", weight=0.0)).max() > 3


def test_the_same_request_draws_the_same_pixels_whatever_came_before(model, source):
    first = draw(model, 3, "euler_a")
    draw(model, 2, "dpmpp_2m", **source)
    torch.manual_seed(12345)
    assert np.array_equal(draw(model, 3, "euler_a"), first)
