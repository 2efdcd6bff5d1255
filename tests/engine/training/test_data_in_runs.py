"""Whole runs in which sources, looks and readings of captions are in effect."""

from __future__ import annotations

import pytest

from engine.runtime.errors import BadInputError

from .conftest import paint


@pytest.fixture
def losses(train):
    """The losses of a run of one epoch under these settings."""

    def go(**changes):
        _, events = train(**{"max_train_epochs": 1, "mixed_precision": "no"} | changes)
        return [event.data["loss"] for event in events if event.kind == "train.step"]

    return go


@pytest.fixture
def plain(losses):
    return losses()


def test_mirrored_pictures_train_the_same_from_the_cache(losses, plain):
    cached = losses(flip_aug=True)
    assert cached == losses(flip_aug=True, cache_latents=False)
    assert cached != plain


FLAT = {"resolution": "32,16", "enable_bucket": False}


@pytest.mark.parametrize(
    "changes",
    [
        {"color_aug": True, "cache_latents": False},
        {
            "random_crop": True,
            "cache_latents": False,
            "resolution": "32,16",
            "enable_bucket": False,
        },
        {"max_token_length": 150},
        {"no_token_padding": True},
        {"weighted_captions": True, "caption_prefix": "(red:1.5)"},
        {"clip_skip": 2},
        {"caption_dropout_every_n_epochs": 1},
        {"token_warmup_step": 9},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_settings_of_pictures_and_captions_reach_the_loss(losses, plain, changes):
    other = {key: value for key, value in changes.items() if key != next(iter(changes))}
    before = losses(**other) if other else plain
    assert losses(**changes) != before


def test_sdxl_learns_from_the_crop_it_is_told(losses, models):
    values = {"base_model": str(models["two"]), **FLAT}
    assert losses(**values) != losses(**values, sdxl_kohya_crop=True)


def test_a_dataset_file_trains_each_dataset_in_its_size_and_batch(losses, art, tmp_path):
    paint(tmp_path / "reg" / "1_thing", 1)
    (tmp_path / "data.toml").write_text(
        "[[datasets]]\nresolution = 32\nbatch_size = 2\n"
        "[[datasets.subsets]]\nimage_dir = 'art/1_square'\ncaption_extension = '.txt'\n"
        "[[datasets.subsets]]\nimage_dir = 'reg/1_thing'\nis_reg = true\n"
        "[[datasets]]\nresolution = 16\nbatch_size = 3\n"
        "[[datasets.subsets]]\nimage_dir = 'art/1_square'\nnum_repeats = 2\n"
    )
    found = losses(dataset_config=str(tmp_path / "data.toml"), train_data_dir="")
    # 4 pictures and 4 draws of one other by 2, and 8 draws by 3.
    assert len(found) == 4 + 3


def test_a_size_in_a_dataset_file_that_does_not_fit_the_model_is_refused(losses, art, tmp_path):
    (tmp_path / "data.toml").write_text(
        "[[datasets]]\nresolution = [30, 33]\nenable_bucket = false\n"
        "[[datasets.subsets]]\nimage_dir = 'art/1_square'\n"
    )
    with pytest.raises(BadInputError, match="resolution: use multiples of"):
        losses(dataset_config=str(tmp_path / "data.toml"), train_data_dir="")


def test_regularization_pictures_count_with_their_weight(losses, tmp_path, plain):
    reg = str(paint(tmp_path / "reg" / "1_thing", 2).parent)
    with_weight = losses(reg_data_dir=reg)
    assert len(with_weight) > len(plain)
    assert with_weight != losses(reg_data_dir=reg, prior_loss_weight=0.5)
