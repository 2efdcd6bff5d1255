"""Cached latents are those of these pixels and this VAE, or they are encoded anew."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from engine.dataset.buckets import assign
from engine.dataset.edits import Baked, Fill, Recipe
from engine.runtime.errors import TrainingError
from engine.runtime.job import Job
from engine.training.distributed import Crew
from engine.training.latents import LatentStore, encode, pixel_tensor
from engine.training.pictures import TrainingPicture, bucket_spec
from engine.training.settings.buckets import BucketSettings
from engine.training.settings.pictures import PictureSettings
from engine.training.ways import TrainingSample, Way
from tests.engine.small_models import small_model


@pytest.fixture
def model():
    return small_model("sd1")


def showing(rgb, mask=None, key="a.png"):
    """A picture with one look."""
    height, width = rgb.shape[:2]
    found = SimpleNamespace(
        name=key, key=key, bucket=(width, height), baked=lambda: Baked(rgb, mask)
    )
    found.looks = (found,)
    return found


def painted(seed, height=32, width=24):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def picture():
    return showing(painted(1))


@pytest.fixture
def encoded(monkeypatch):
    """The shapes of the pictures that went through the VAE, one entry for each time it was used."""
    calls = []

    def counting(model, pictures):
        calls.append([rgb.shape for rgb in pictures])
        return encode(model, pictures)

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
    assert encoded == [[(32, 24, 3)]]
    assert torch.equal(found, encode(model, [picture.baked().rgb])[0])


def test_other_weights_of_the_vae_and_other_pixels_are_encoded_anew(
    model, picture, tmp_path, encoded
):
    LatentStore(model, keep=True, folder=tmp_path).encoded(picture)
    with torch.no_grad():
        next(model.vae.encoder.parameters()).add_(0.1)
    changed = LatentStore(model, keep=True, folder=tmp_path).encoded(picture).posterior
    assert torch.equal(changed, encode(model, [picture.baked().rgb])[0])
    turned = showing(picture.baked().rgb.reshape(24, 32, 3))
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
    masked = showing(rgb, mask, key="b.png")
    store = LatentStore(model, keep=keep)
    weight = store.encoded(masked).weight
    height, width = store.encoded(masked).posterior.shape[-2:]
    scale = len(mask) // height
    assert weight[: height // 2].eq(1).all()
    assert weight[-1, -1] == pytest.approx(1 / scale**2)
    assert weight.sum() == pytest.approx(height * width / 2 + 1 / scale**2)
    assert store.encoded(picture).weight is None


def test_a_picture_with_and_without_its_transparency_as_mask_are_two(model, tmp_path):
    rgba = np.full((32, 32, 4), 255, np.uint8)
    rgba[:16, :, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "a.png")
    store = LatentStore(model, keep=True)
    weights = []
    for masked in (False, True):
        way = Way(pictures=PictureSettings(alpha_mask=masked))
        sample = TrainingSample(
            tmp_path / "a.png", "", 1, (32, 32), Recipe(), Fill(), False, str(tmp_path), way=way
        )
        place = assign(bucket_spec(BucketSettings(resolution="32", bucket_reso_steps=8), 32),
                       (32, 32))  # fmt: skip
        weights.append(store.encoded(TrainingPicture(sample, place, 1)).weight)
    assert weights[0] is None
    assert weights[1][0, 0] == 0
    assert weights[1][-1, -1] == 1


def test_the_dtype_of_the_vae_is_part_of_the_name(model, picture, tmp_path, encoded):
    LatentStore(model, keep=True, folder=tmp_path).encoded(picture)
    model.vae.to(torch.bfloat16)
    LatentStore(model, keep=True, folder=tmp_path).encoded(picture)
    assert len(encoded) == len(list(tmp_path.iterdir())) == 2


def test_both_sides_of_a_mirrored_picture_are_encoded_once(model, tmp_path, encoded):
    rgb = painted(1)
    plain, mirrored = showing(rgb), showing(rgb[:, ::-1], key="a.png mirrored")
    plain.looks = (plain, mirrored)
    store = LatentStore(model, keep=True, folder=tmp_path)
    store.fill([plain], Job.detached())
    assert len(encoded) == len(list(tmp_path.iterdir())) == 2
    one, other = store.batch([plain, mirrored])
    assert torch.equal(other.posterior, encode(model, [rgb[:, ::-1]])[0])
    assert not torch.equal(one.posterior, other.posterior)
    assert len(encoded) == 2


def test_a_picture_that_looks_different_at_every_draw_is_not_kept(model, tmp_path, encoded):
    moving = showing(painted(1))
    moving.looks = ()
    store = LatentStore(model, keep=True)
    store.fill([moving], Job.detached())
    assert encoded == []
    store.encoded(moving)
    store.encoded(moving)
    assert len(encoded) == 2


def test_as_many_pictures_as_asked_for_go_through_the_vae_together(model, encoded):
    pictures = [showing(painted(seed), key=f"{seed}.png") for seed in range(5)]
    pictures.insert(2, showing(painted(9, 24, 32), key="wide.png"))
    store = LatentStore(model, keep=True, at_once=3)
    store.fill(pictures, Job.detached())
    assert sorted(len(call) for call in encoded) == [1, 2, 3]
    for picture in pictures:
        alone = encode(model, [picture.baked().rgb])[0]
        torch.testing.assert_close(store.encoded(picture).posterior, alone, atol=1e-5, rtol=1e-4)
    uncached = LatentStore(model, keep=False, at_once=3)
    uncached.batch([p for p in pictures if p.name != "wide.png"])
    assert [len(call) for call in encoded[-2:]] == [3, 2]


def test_what_has_no_room_in_memory_is_read_back_from_disk(model, tmp_path, encoded):
    pictures = [showing(painted(seed), key=f"{seed}.png") for seed in range(3)]
    pictures[2] = showing(painted(2), np.zeros((32, 24), np.uint8), key="2.png")
    size = encode(model, [painted(0)])[0].nbytes
    store = LatentStore(model, keep=True, folder=tmp_path, room=size)
    store.fill(pictures, Job.detached())
    fresh = [encode(model, [painted(seed)])[0] for seed in range(3)]
    assert all(
        torch.equal(one.posterior, wanted)
        for one, wanted in zip(store.batch(pictures), fresh, strict=True)
    )
    assert store.encoded(pictures[2]).weight.eq(0).all()
    assert len(encoded) == 3
    assert torch.equal(store.encoded(pictures[0]).posterior, fresh[0])
    for path in tmp_path.iterdir():
        path.unlink()
    store.encoded(pictures[0])  # in memory
    assert len(encoded) == 3
    assert torch.equal(store.encoded(pictures[1]).posterior, fresh[1])
    assert len(encoded) == 4


def test_processes_share_the_work_where_the_disk_shares_the_result(model, tmp_path, encoded):
    pictures = [showing(painted(seed), key=f"{seed}.png") for seed in range(5)]
    done = []

    class Pair(Crew):
        def wait(self):
            """The other process has finished its share."""
            done.append(len(encoded))
            other = Crew(2, 1 - self.rank)
            LatentStore(model, keep=True, folder=tmp_path).fill(
                other.share(pictures), Job.detached()
            )

    LatentStore(model, keep=True, folder=tmp_path).fill(pictures, Job.detached(), Pair(2, 0))
    assert done == [3]
    assert len(encoded) == 5


def test_a_vae_that_gives_no_numbers_is_told_with_the_picture(model, picture, tmp_path):
    with torch.no_grad():
        model.vae.encoder.conv_in.weight.fill_(torch.nan)
    with pytest.raises(TrainingError, match=r"a\.png.*full precision"):
        LatentStore(model, keep=True, folder=tmp_path).encoded(picture)
    assert not list(tmp_path.iterdir())
