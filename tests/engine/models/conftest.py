"""Models shared by the tests of this folder: they are not changed, or put back as they were."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from engine.models import adapters
from engine.models.loading import load_model
from tests.engine.models import narrow
from tests.engine.models.original_layout import NARROW, random_state

CPU = {"device": torch.device("cpu"), "dtype": torch.float32}


@pytest.fixture(scope="session")
def narrow_configs(tmp_path_factory):
    """Narrow configs of every family."""
    return narrow.write_configs(tmp_path_factory.mktemp("configs"))


@pytest.fixture(scope="session", params=["sd1", "sd2", "sdxl"])
def family(request):
    """Each family's id in turn."""
    return request.param


@pytest.fixture(scope="session")
def checkpoint(family, tmp_path_factory):
    """A single file with random weights in the true layout of ``family``, and its tensors."""
    state = random_state(NARROW[family])
    path = tmp_path_factory.mktemp(family) / f"{family}.safetensors"
    save_file(state, path)
    return path, state


@pytest.fixture(scope="session")
def narrow_model(checkpoint, narrow_configs):
    """The narrow model of ``family``, loaded from its single file."""
    return load_model(str(checkpoint[0]), configs=narrow_configs, **CPU)


@pytest.fixture(scope="session")
def plain():
    """A starter model that no test puts an adapter on."""
    return load_model("starter", **CPU)


@pytest.fixture(scope="session")
def _shared_starter():
    return load_model("starter", **CPU)


@pytest.fixture
def starter(_shared_starter):
    """A starter model without adapters; what a test puts on it is taken off afterwards."""
    yield _shared_starter
    state = _shared_starter.adapters
    for name in [*state.created, *state.attached]:
        adapters.detach(_shared_starter, name)
