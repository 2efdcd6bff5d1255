"""What the crop view calls a fit needs no further cut when training sorts it."""

from __future__ import annotations

import random

import pytest

from engine.dataset.buckets import BucketSpec, assign
from engine.dataset.crops import fits, snapped, uncut
from engine.runtime.errors import BadInputError

SPECS = (
    BucketSpec(resolution=(1024, 1024), maximum=2048),
    BucketSpec(resolution=(512, 512)),
    BucketSpec(resolution=(1024, 1024), maximum=2048, no_upscale=True),
    BucketSpec(resolution=(512, 512), enabled=False),
)


@pytest.mark.parametrize("spec", SPECS)
def test_sizes_that_are_offered_are_not_cut_any_more(spec):
    chance = random.Random(0)
    for _ in range(150):
        size = chance.randint(64, 3000), chance.randint(64, 3000)
        width, height = uncut(spec, size)
        assert width <= size[0]
        assert height <= size[1]
        assert assign(spec, (width, height)).trim == (0, 0)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("size", [(1400, 1600), (300, 2000), (2199, 1130)])
def test_every_fit_ends_up_in_its_bucket_uncut(spec, size):
    found = fits(spec, size, (100, 100, 150, 300))
    assert found
    for fit in found:
        assigned = assign(spec, fit.box[2:])
        assert (assigned.bucket, assigned.trim) == (fit.bucket, (0, 0))
    assert [fit.content_cut for fit in found] == sorted(fit.content_cut for fit in found)
    assert found[0].content_cut == pytest.approx(0, abs=1e-3)


def test_a_box_snaps_toward_the_corner_that_stays():
    spec = SPECS[1]
    box = snapped(spec, (10, 20, 530, 531), anchor=(0.0, 0.0))
    assert box[:2] == (10, 20)
    right = snapped(spec, (10, 20, 530, 531), anchor=(1.0, 1.0))
    assert (right[0] + right[2], right[1] + right[3]) == (540, 551)
    assert assign(spec, box[2:]).trim == (0, 0)


def test_a_box_too_small_for_any_bucket_is_said():
    with pytest.raises(BadInputError):
        uncut(SPECS[2], (20, 500))
