from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from engine.models.loading import load_model
from tests.engine.small_models import small_model


@pytest.fixture(scope="package")
def starter():
    return load_model("starter", device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(scope="package")
def small():
    """A quick model of random weights, for what does not depend on what is drawn."""
    return small_model("sd1")


@pytest.fixture
def picture(tmp_path):
    """A 64 x 64 picture file with different pixels everywhere."""
    random = np.random.default_rng(5)
    array = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(array).save(path)
    return path
