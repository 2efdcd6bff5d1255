"""Cached latents are those of these pixels and this VAE, or they are encoded anew."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.runtime.job import Job
from engine.training.latents import LatentStore, encode, pixel_tensor
from tests.engine.small_models import small_model


@pytest.fixture
def model():
    return small_model("sd1")


@pytest.fixture
def picture():
    rgb = np.random.default_rng(1).integers(0, 256, (32, 24, 3), dtype=np.uint8)
    return SimpleNamespace(name="a.png", pixels=lambda: rgb)


@pytest.fixture
def encoded(monkeypatch):
    """How often a picture went through the VAE."""
    calls = []

    def counting(model, rgb):
        calls.append(rgb.shape)
        return encode(model, rgb)

    monkeypatch.setattr("engine.training.latents.encode", counting)
    return calls


def test_pixels_reach_from_minus_one_to_one():
    rgb = np.array([[[0, 255, 51]]], np.uint8)
    torch.testing.assert_close(pixel_tensor(rgb).flatten(), torch.tensor([-1.0, 1.0, -0.6]))


def test_a_second_run_reads_what_the_first_has_encoded(model, picture, tmp_path, encoded):
    first = LatentStore(model, keep=True, folder=tmp_path)
    first.fill([picture], Job.detached())
    found = first.posterior(picture)
    assert torch.equal(LatentStore(model, keep=True, folder=tmp_path).posterior(picture), found)
    assert encoded == [(32, 24, 3)]
    assert torch.equal(found, encode(model, picture.pixels()))


def test_other_weights_of_the_vae_and_other_pixels_are_encoded_anew(
    model, picture, tmp_path, encoded
):
    LatentStore(model, keep=True, folder=tmp_path).posterior(picture)
    with torch.no_grad():
        next(model.vae.encoder.parameters()).add_(0.1)
    changed = LatentStore(model, keep=True, folder=tmp_path).posterior(picture)
    assert torch.equal(changed, encode(model, picture.pixels()))
    turned = SimpleNamespace(name="a.png", pixels=lambda: picture.pixels().reshape(24, 32, 3))
    assert LatentStore(model, keep=True, folder=tmp_path).posterior(turned).shape == (8, 3, 4)
    assert len(encoded) == len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("damage", [b"", b"nothing", "half", "pickle"])
def test_a_damaged_file_is_encoded_again(model, picture, tmp_path, encoded, damage):
    expected = LatentStore(model, keep=True, folder=tmp_path).posterior(picture)
    (path,) = tmp_path.iterdir()
    if damage == "pickle":
        with path.open("wb") as stream:
            np.save(stream, np.array([{"code": "would run"}], dtype=object), allow_pickle=True)
    else:
        path.write_bytes(path.read_bytes()[:-40] if damage == "half" else damage)
    again = LatentStore(model, keep=True, folder=tmp_path).posterior(picture)
    assert torch.equal(again, expected)
    assert len(encoded) == 2


def test_without_caching_nothing_is_kept(model, picture, tmp_path, encoded):
    store = LatentStore(model, keep=False, folder=tmp_path)
    store.fill([picture], Job.detached())
    assert torch.equal(store.posterior(picture), store.posterior(picture))
    assert len(encoded) == 2
    assert not list(tmp_path.iterdir())
