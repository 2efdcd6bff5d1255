"""Buckets equal the recorded ones in every field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.dataset.buckets import (
    BucketSpec,
    assign,
    batches_per_epoch,
    describe,
    fitting_step,
    histogram,
    make_buckets,
)
from engine.runtime.errors import BadInputError

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "bucket_examples.json").read_text(encoding="utf-8")
)
CASES = {case["name"]: case for case in GOLDEN["cases"]}


def _spec(case):
    return BucketSpec(
        resolution=case["resolution"],
        minimum=case["min_bucket_reso"],
        maximum=case["max_bucket_reso"],
        step=case["bucket_reso_steps"],
        no_upscale=case["bucket_no_upscale"],
    )


@pytest.mark.parametrize("name", CASES)
def test_every_recorded_picture_gets_its_bucket_in_every_field(name):
    case = CASES[name]
    for row in case["images"]:
        assert describe(_spec(case), tuple(row["image"])) == row


@pytest.mark.parametrize("name", CASES)
def test_the_list_of_buckets_is_the_recorded_one(name):
    case, spec = CASES[name], _spec(CASES[name])
    assert [list(bucket) for bucket in make_buckets(spec)] == case.get("predefined", [])
    assert spec.adjusted_minimum == case["adjusted_min"]
    assert spec.adjusted_maximum == case["adjusted_max"]


@pytest.mark.parametrize(
    ("resolution", "maximum", "step", "count"),
    [(512, 1024, 64, 17), (512, 2048, 64, 17), (768, 1024, 64, 19), (1024, 2048, 64, 41),
     (1024, 2048, 32, 81), (1024, 1024, 32, 49)],
)  # fmt: skip
def test_the_number_of_buckets_is_the_known_one(resolution, maximum, step, count):
    spec = BucketSpec(resolution=(resolution, resolution), maximum=maximum, step=step)
    assert len(make_buckets(spec)) == count


def test_a_picture_and_its_transpose_may_part_as_recorded():
    spec = _spec(CASES["sd15_512_step64_upscale"])
    different = 0
    for width in range(256, 1537, 8):
        for height in range(width + 8, 1537, 8):
            upright = assign(spec, (width, height)).bucket
            lying = assign(spec, (height, width)).bucket
            different += upright != lying[::-1]
    assert different > 0
    for sample in GOLDEN["asymmetry_512_step64"]["samples"]:
        size = tuple(sample["image"])
        assert list(assign(spec, size).bucket) == sample["bucket"]
        assert list(assign(spec, size[::-1]).bucket) == sample["transposed_image_bucket"]


@pytest.mark.parametrize("example", GOLDEN["batching_examples"])
def test_batches_are_counted_per_bucket(example):
    counts = example["bucket_image_counts_including_repeats"]
    assert batches_per_epoch(counts, example["batch_size"]) == example["batches_per_epoch"]


@pytest.mark.parametrize("size", [(63, 400), (400, 63), (20_000, 30)])
def test_a_side_below_one_step_is_refused_with_a_sentence(size):
    with pytest.raises(BadInputError, match="below one bucket step of 64"):
        assign(BucketSpec(no_upscale=True), size)


def test_bounds_that_exclude_the_resolution_are_refused():
    with pytest.raises(BadInputError, match="smallest bucket side"):
        BucketSpec(resolution=(512, 512), minimum=576)
    with pytest.raises(BadInputError, match="largest bucket side"):
        BucketSpec(resolution=(512, 512), maximum=448)


def test_bounds_move_outwards_to_whole_steps():
    spec = BucketSpec(minimum=300, maximum=1000)
    assert (spec.adjusted_minimum, spec.adjusted_maximum) == (256, 1024)


def test_without_buckets_everything_covers_the_resolution():
    spec = BucketSpec(resolution=(512, 512), enabled=False)
    found = assign(spec, (1000, 1500))
    assert (found.bucket, found.resized, found.crop_left_top) == ((512, 512), (512, 768), (0, 128))


def test_the_histogram_leaves_out_what_has_no_bucket():
    spec = BucketSpec(no_upscale=True)
    assert histogram(spec, [(512, 512), (512, 512), (640, 480), (10, 400)]) == {
        (512, 512): 2,
        (512, 384): 1,
    }


def test_without_enlarging_the_area_is_that_of_both_sides():
    spec = BucketSpec(resolution=(768, 512), no_upscale=True)
    assert assign(spec, (700, 560)).resized == (700, 560)
    assert assign(spec, (800, 560)).resized != (800, 560)


@pytest.mark.parametrize(("side", "step"), [(512, 64), (64, 64), (63, 32), (40, 32), (16, 16)])
def test_a_step_is_halved_until_it_fits_the_resolution(side, step):
    assert fitting_step(64, (side, side)) == step
    buckets = make_buckets(
        BucketSpec(resolution=(side, side), minimum=side // 2, maximum=side * 2, step=step)
    )
    assert all(min(bucket) >= step for bucket in buckets)


def test_a_step_above_the_resolution_is_refused():
    with pytest.raises(BadInputError, match="step of 64 is larger than the resolution 40×40"):
        BucketSpec(resolution=(40, 40), minimum=20)
