"""Cached latents are those of these pixels and this VAE, or they are encoded anew."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.dataset.edits import Baked
from engine.runtime.job import Job
from engine.training.latents import LatentStore, encode, pixel_tensor
from tests.engine.small_models import small_model


@pytest.fixture
def model():
    return small_model("sd1")


@pytest.fixture
def picture():
    rgb = np.random.default_rng(1).integers(0, 256, (32, 24, 3), dtype=np.uint8)
    return SimpleNamespace(name="a.png", baked=lambda: Baked(rgb))


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
    found = first.encoded(picture).posterior
    second = LatentStore(model, keep=True, folder=tmp_path)
    assert torch.equal(second.encoded(picture).posterior, found)
    assert encoded == [(32, 24, 3)]
    assert torch.equal(found, encode(model, picture.baked().rgb))


def test_other_weights_of_the_vae_and_other_pixels_are_encoded_anew(
    model, picture, tmp_path, encoded
):
    LatentStore(model, keep=True, folder=tmp_path).encoded(picture)
    with torch.no_grad():
        next(model.vae.encoder.parameters()).add_(0.1)
    changed = LatentStore(model, keep=True, folder=tmp_path).encoded(picture).posterior
    assert torch.equal(changed, encode(model, picture.baked().rgb))
    other = Baked(picture.baked().rgb.reshape(24, 32, 3))
    turned = SimpleNamespace(name="a.png", baked=lambda: other)
    store = LatentStore(model, keep=True, folder=tmp_path)
    assert store.encoded(turned).posterior.shape == (8, 3, 4)
    assert len(encoded) == len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("damage", [b"", b"nothing", "half", "pickle"])
def test_a_damaged_file_is_encoded_again(model, picture, tmp_path, encoded, damage):
    expected = LatentStore(model, keep=True, folder=tmp_path).encoded(picture).posterior
    (path,) = tmp_path.iterdir()
    if damage == "pickle":
        with path.open("wb") as stream:
            np.save(stream, np.array([{"code": "would run"}], dtype=object), allow_pickle=True)
    else:
        path.write_bytes(path.read_bytes()[:-40] if damage == "half" else damage)
    again = LatentStore(model, keep=True, folder=tmp_path).encoded(picture).posterior
    assert torch.equal(again, expected)
    assert len(encoded) == 2


def test_without_caching_nothing_is_kept(model, picture, tmp_path, encoded):
    store = LatentStore(model, keep=False, folder=tmp_path)
    store.fill([picture], Job.detached())
    assert torch.equal(store.encoded(picture).posterior, store.encoded(picture).posterior)
    assert len(encoded) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("keep", [True, False])
def test_a_training_mask_is_averaged_to_the_size_of_the_latents(model, picture, keep):
    rgb = picture.baked().rgb
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[: len(mask) // 2] = 255
    mask[-1, -1] = 255
    masked = SimpleNamespace(name="b.png", baked=lambda: Baked(rgb, mask))
    store = LatentStore(model, keep=keep)
    weight = store.encoded(masked).weight
    height, width = store.encoded(masked).posterior.shape[-2:]
    scale = len(mask) // height
    assert weight[: height // 2].eq(1).all()
    assert weight[-1, -1] == pytest.approx(1 / scale**2)
    assert weight.sum() == pytest.approx(height * width / 2 + 1 / scale**2)
    assert store.encoded(picture).weight is None
