"""What a batch draws of its pictures, and that every setting of captions and pixels reaches it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from engine.runtime.job import Job
from engine.training.config import TrainRequest
from engine.training.drawing import draw_batch
from engine.training.pictures import bucket_spec, find_sources, open_pictures
from engine.training.settings.captions import CaptionRules
from engine.training.settings.pictures import PictureSettings

CAPTION = "a ||| b;;;c, {d|e}, f, g, h\nsecond, line"


@pytest.fixture
def opened(tmp_path):
    """The pictures of a folder under these settings: one of noise, with a face in its name."""

    def go(**values):
        path = tmp_path / "art" / "1_x" / "a_30_20_16_16.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(1).integers(0, 256, (48, 80, 4), dtype=np.uint8)
        pixels[..., 3] = 255
        pixels[:24, :, 3] = 0
        Image.fromarray(pixels).save(path)
        path.with_suffix(".txt").write_text(CAPTION)
        masks = tmp_path / "masks"
        masks.mkdir(exist_ok=True)
        Image.new("L", (80, 48), 128).save(masks / path.name)
        given = {
            "train_data_dir": str(tmp_path / "art"), "output_dir": "out", "resolution": 32,
            "bucket_reso_steps": 8,
        } | values  # fmt: skip
        if given.get("conditioning_data_dir"):
            given["conditioning_data_dir"] = str(masks)
        request = TrainRequest(**given)
        return open_pictures(
            find_sources(request), bucket_spec(request, 32), Job.detached()
        ).training

    return go


def drawn(pictures, names=range(20), step=3):
    """Pixels, masks and captions of some draws."""
    found = []
    for name in names:
        looks, captions = draw_batch(pictures, "", str(name), epoch=2, step=step, steps=40)
        baked = looks[0].baked()
        mask = b"" if baked.mask is None else baked.mask.tobytes()
        found.append((baked.rgb.tobytes(), mask, captions[0]))
    return found


CHANGED = {
    "trigger_word": "kiln",
    "caption_prefix": "x",
    "caption_suffix": "x",
    "caption_separator": "|||",
    "shuffle_caption": True,
    "keep_tokens": 3,
    "keep_tokens_separator": "|||",
    "secondary_separator": ";;;",
    "enable_wildcard": True,
    "caption_dropout_rate": 0.5,
    "caption_dropout_every_n_epochs": 2,
    "caption_tag_dropout_rate": 0.5,
    "token_warmup_step": 8,
    "token_warmup_min": 3,
    "resize_interpolation": "nearest",
    "flip_aug": True,
    "color_aug": True,
    "random_crop": True,
    "face_crop_aug_range": "1,2",
    "alpha_mask": True,
    "conditioning_data_dir": "masks",
}
NEEDED = {
    "caption_separator": {"shuffle_caption": True},
    "keep_tokens": {"shuffle_caption": True},
    "token_warmup_min": {"token_warmup_step": 8},
    "color_aug": {"cache_latents": False},
    "random_crop": {"cache_latents": False, "enable_bucket": False},
    "face_crop_aug_range": {"cache_latents": False, "enable_bucket": False},
}


@pytest.mark.parametrize("name", CHANGED)
def test_every_setting_changes_what_is_drawn(opened, name):
    needed = NEEDED.get(name, {})
    trigger = CHANGED[name] if name == "trigger_word" else ""
    plain = drawn(opened(**needed))
    pictures = opened(**needed, **{name: CHANGED[name]})
    if trigger:
        assert draw_batch(pictures, trigger, "0", epoch=1, step=0, steps=9)[1][0][:4] == "kiln"
    else:
        assert drawn(pictures) != plain


def test_no_setting_is_left_out_of_the_test_above():
    told_to_sdxl = {"sdxl_kohya_crop"}
    assert (
        CHANGED.keys()
        == (CaptionRules.model_fields.keys() | PictureSettings.model_fields.keys()) - told_to_sdxl
    )


def test_the_same_name_draws_the_same(opened):
    pictures = opened(shuffle_caption=True, random_crop=True, color_aug=True, cache_latents=False)
    assert drawn(pictures) == drawn(pictures)
    assert len(set(drawn(pictures))) > 4


def test_chances_of_looks_and_captions_do_not_move_each_other(opened):
    plain = drawn(opened(shuffle_caption=True))
    mirrored = drawn(opened(shuffle_caption=True, flip_aug=True))
    assert [row[2] for row in plain] == [row[2] for row in mirrored]


def test_a_mirrored_picture_has_two_looks_that_are_told_apart(opened):
    (picture,) = opened(flip_aug=True)
    plain, mirrored = picture.looks
    assert plain.key != mirrored.key
    assert (plain.baked().rgb == mirrored.baked().rgb[:, ::-1]).all()
    looks = [draw_batch([picture], "", str(n), epoch=1, step=0, steps=1)[0][0] for n in range(20)]
    assert {look.key for look in looks} == {plain.key, mirrored.key}


def test_pictures_that_always_differ_have_no_looks_to_keep(opened):
    assert opened(random_crop=True, cache_latents=False)[0].looks == ()
    assert opened(color_aug=True, cache_latents=False)[0].looks == ()
    assert len(opened()[0].looks) == 1


def test_without_buckets_a_random_cut_keeps_the_size_of_the_picture(opened):
    values = {"enable_bucket": False, "cache_latents": False}
    (picture,) = opened(random_crop=True, **values)
    assert picture.assignment.resized == (80, 48)
    assert picture.baked().rgb.shape == (32, 32, 3)
    (middle,) = opened(**values)
    assert middle.assignment.resized == (53, 32)


def test_sdxl_is_told_the_true_cut_or_kohyas(opened):
    (picture,) = opened(resolution="32,40", enable_bucket=False)
    left = picture.assignment.crop_left_top[0]
    assert left > 0
    assert picture.sdxl_crop == (left, 0)
    (picture,) = opened(resolution="32,40", enable_bucket=False, sdxl_kohya_crop=True)
    assert picture.sdxl_crop[0] == 0
    assert picture.sdxl_crop[1] > 0
