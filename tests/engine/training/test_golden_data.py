"""Facts recorded from kohya's scripts: buckets, captions, regularization, steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from engine.dataset.buckets import assign
from engine.runtime.errors import BadInputError
from engine.runtime.job import Job
from engine.runtime.schema import validated
from engine.training.batches import groups, pair_regularization, shelve
from engine.training.config import TrainRequest
from engine.training.drawing import draw_batch
from engine.training.pictures import bucket_spec, find_sources, open_pictures

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "bucket_examples.json").read_text(encoding="utf-8")
)


def request_of(case, folder, **values):
    return TrainRequest(
        train_data_dir=str(folder), output_dir="out",
        resolution=case["resolution"], min_bucket_reso=case["min_bucket_reso"] or 0,
        max_bucket_reso=case["max_bucket_reso"] or 0, bucket_reso_steps=case["bucket_reso_steps"],
        bucket_no_upscale=case["bucket_no_upscale"], **values,
    )  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_pictures_lie_where_kohyas_scripts_put_them(case, tmp_path):
    rows = case["images"]
    folder = tmp_path / "1_x"
    folder.mkdir()
    for number, row in enumerate(rows):
        # One color in one bit: what counts is the size.
        Image.new("1", tuple(row["image"])).save(folder / f"{number}.png")
    request = request_of(case, tmp_path, sdxl_kohya_crop=True, flip_aug=True)
    pictures = open_pictures(find_sources(request), bucket_spec(request, 512), Job.detached())
    assert len(pictures.training) == len(rows)
    for picture in pictures.training:
        row = rows[int(picture.sample.path.stem)]
        assert list(picture.bucket) == row["bucket"]
        assert list(picture.assignment.resized) == row["resized"]
        assert list(picture.assignment.crop_left_top) == row["crop_left_top"]
        plain, mirrored = picture.looks
        assert list(reversed(plain.sdxl_crop)) == row["sdxl_crop_top_left_int"]
        assert list(reversed(mirrored.sdxl_crop)) == row["sdxl_crop_top_left_int_flipped"]


def test_a_picture_below_one_step_is_left_out_with_a_sentence(tmp_path):
    folder = tmp_path / "1_x"
    folder.mkdir()
    Image.new("RGB", (600, 40)).save(folder / "low.png")
    Image.new("RGB", (600, 600)).save(folder / "good.png")
    request = TrainRequest(
        train_data_dir=str(tmp_path), output_dir="out", resolution=512, bucket_no_upscale=True
    )
    pictures = open_pictures(find_sources(request), bucket_spec(request, 512), Job.detached())
    assert [picture.sample.path.name for picture in pictures.training] == ["good.png"]
    assert "below one bucket step" in pictures.problems[0]


@pytest.mark.parametrize("values", [{"min_bucket_reso": 640}, {"max_bucket_reso": 256}])
def test_bounds_that_have_no_effect_refuse_nothing(values):
    request = validated(TrainRequest, {
        "project": "p", "resolution": 512, "bucket_no_upscale": True, **values
    })  # fmt: skip
    free = request.model_copy(update={"min_bucket_reso": 0, "max_bucket_reso": 0})
    for size in ((300, 200), (512, 512), (1600, 400)):
        found, plain = (assign(bucket_spec(one, 512), size) for one in (request, free))
        assert found == plain


@pytest.mark.parametrize(
    "values", [{"min_bucket_reso": 640}, {"max_bucket_reso": 256}, {"resolution": "1,2,3"}]
)
def test_bounds_that_exclude_the_resolution_are_refused(values):
    with pytest.raises((BadInputError, ValueError)):
        bucket_spec(TrainRequest(project="p", **{"resolution": 512} | values), 512)


@pytest.mark.parametrize(
    ("values", "bucket"),
    [
        ({}, (128, 32)),
        ({"min_bucket_reso": 48}, (80, 48)),
        ({"min_bucket_reso": 16}, (128, 16)),
        ({"max_bucket_reso": 96}, (96, 32)),
        ({"bucket_reso_steps": 32}, (128, 32)),
        ({"bucket_reso_steps": 64}, (64, 64)),
    ],
)
def test_a_long_picture_follows_the_bounds_of_the_buckets(values, bucket, tmp_path):
    (tmp_path / "1_x").mkdir()
    Image.new("RGB", (700, 100)).save(tmp_path / "1_x" / "long.png")
    given = {"resolution": 64, "bucket_reso_steps": 8, "bucket_no_upscale": False} | values
    request = TrainRequest(train_data_dir=str(tmp_path), output_dir="out", **given)
    pictures = open_pictures(find_sources(request), bucket_spec(request, 512), Job.detached())
    assert pictures.training[0].bucket == bucket


@pytest.fixture
def caption_of(tmp_path):
    """The caption that an epoch reads of a picture with this caption."""

    def draw(caption, epoch=1, **values):
        folder = tmp_path / "art" / "1_x"
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 64)).save(folder / "a.png")
        (folder / "a.txt").write_text(caption)
        request = TrainRequest(
            train_data_dir=str(tmp_path / "art"), output_dir="out", resolution=64, **values
        )
        pictures = open_pictures(find_sources(request), bucket_spec(request, 64), Job.detached())
        _, captions = draw_batch(
            pictures.training, "", f"0 {epoch} 0", epoch=epoch, step=0, steps=10
        )
        return captions[0]

    return draw


def test_captions_are_put_together_in_kohyas_order(caption_of):
    around = {"caption_prefix": "p,", "caption_suffix": ",s"}
    assert caption_of("a, b", **around) == "p, a, b ,s"
    kept = {caption_of("a, b, c, d", e, shuffle_caption=True, keep_tokens=2) for e in range(1, 20)}
    assert kept == {"a, b, c, d", "a, b, d, c"}
    mark = {"shuffle_caption": True, "keep_tokens_separator": "|||"}
    moved = {caption_of("h|||a, b|||t", epoch, **mark) for epoch in range(1, 20)}
    assert moved == {"h, a, b, t", "h, b, a, t"}
    assert caption_of("a, b", caption_dropout_rate=1.0, **around) == ""
    every = [caption_of("a", epoch, caption_dropout_every_n_epochs=2) for epoch in range(1, 5)]
    assert every == ["a", "", "a", ""]


def test_regularization_pictures_are_paired():
    assert pair_regularization([1] * 20, 100) == [5] * 20
    assert pair_regularization([1] * 300, 100) == [1] * 100 + [0] * 200


@pytest.mark.parametrize("example", GOLDEN["batching_examples"])
def test_remainders_of_buckets_are_batches(example):
    counts = example["bucket_image_counts_including_repeats"]
    buckets = [(64 * number, 64) for number, count in enumerate(counts, 1) for _ in range(count)]
    shelf = shelve(buckets, [1] * len(buckets), example["batch_size"])
    assert shelf.batches == len(shelf.epoch(1, 1)) == example["batches_per_epoch"]


@pytest.mark.parametrize(("accumulated", "updates"), [(1, 21), (4, 6)])
def test_batches_make_updates(accumulated, updates):
    shelf = shelve([(640, 384)] * 50 + [(384, 640)] * 30, [1] * 80, 4)
    epochs = [len(list(groups(shelf.epoch(1, epoch), accumulated))) for epoch in range(1, 11)]
    assert epochs == [updates] * 10
    assert sum(epochs) == {1: 210, 4: 60}[accumulated]
