"""Sharpness and hashes see what a person sees."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.imaging.adjust import resize
from engine.imaging.decode import load_rgba
from engine.imaging.quality import difference_hash, hamming, measure

SAMPLE = Path(__file__).parents[3] / "resources" / "sample"


def _blurred(rgba, radius):
    size = 2 * radius + 1
    return cv2.GaussianBlur(rgba, (size, size), radius / 2)


@pytest.mark.parametrize("style", ["pixel", "raw"])
@pytest.mark.parametrize("name", ["crown", "panda", "grapes"])
def test_blur_lowers_sharpness_step_by_step(style, name):
    rgba = load_rgba(SAMPLE / style / f"{name}.png")
    values = [measure(_blurred(rgba, radius)).sharpness for radius in (0, 3, 6)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 3 * values[-1]
    assert 0 <= values[-1] < values[0] <= 1


def test_a_sharp_subject_before_a_blurred_background_counts_as_sharp():
    rgba = np.full((256, 256, 4), 255, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    rgba[..., :3] = cv2.GaussianBlur(noise, (0, 0), 12)[..., None]
    soft = measure(rgba).sharpness
    checks = np.kron(np.indices((10, 10)).sum(0) % 2, np.ones((10, 10), int)) * 255
    rgba[78:178, 78:178, :3] = checks[..., None]
    assert soft < 0.15 < measure(rgba).sharpness


def test_margins_size_and_recompression_hardly_change_the_hash():
    rgba = load_rgba(SAMPLE / "raw" / "rocket.png")
    wide = np.pad(rgba, ((60, 10), (5, 90), (0, 0)))
    small = resize(rgba, (90, 90))
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "WEBP", quality=60)
    squeezed = np.array(Image.open(buffer).convert("RGBA"))
    for other in (wide, small, squeezed):
        assert hamming(measure(rgba).dhash, measure(other).dhash) <= 4


def test_other_subjects_have_other_hashes():
    hashes = [measure(load_rgba(SAMPLE / "raw" / f"{name}.png")).dhash
              for name in ("rocket", "panda", "spoon", "crown", "dna")]  # fmt: skip
    for index, first in enumerate(hashes):
        for second in hashes[:index]:
            assert hamming(first, second) > 12


def test_the_mean_color_is_that_of_what_can_be_seen():
    rgba = np.zeros((30, 30, 4), np.uint8)
    rgba[..., :3] = (0, 255, 0)
    rgba[5:20, 5:20] = (0x20, 0x40, 0x60, 255)
    found = measure(rgba)
    assert found.mean_color == 0x204060
    assert found.has_alpha
    assert (found.width, found.height) == (30, 30)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3000, 40)])
def test_every_shape_can_be_measured(shape):
    rgba = np.full((*shape, 4), 255, np.uint8)
    found = measure(rgba)
    assert found.sharpness == 0
    assert 0 <= found.dhash < 1 << 64


def test_a_narrow_picture_is_hashed_in_the_middle_of_a_square():
    chance = np.random.default_rng(1)
    grey = cv2.resize(chance.integers(0, 256, (8, 3), np.uint8), (60, 160))
    square = np.full((160, 160), 128, np.uint8)
    square[:, 50:110] = grey
    assert difference_hash(grey) == difference_hash(square)
    assert difference_hash(grey.T.copy()) == difference_hash(square.T.copy())
