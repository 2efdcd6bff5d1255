from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.adjust import resize
from engine.validation.style import NAMES, measure, measure_all, style_distance, style_fit
from tests.engine.validation.pictures import paths, read, starter_pictures

BLOCKINESS, COLORS, OUTLINE = (NAMES.index(name) for name in ("blockiness", "colors", "outline"))


@pytest.fixture(scope="module")
def pixel() -> np.ndarray:
    return measure_all(read(paths("pixel")))


@pytest.fixture(scope="module")
def raw() -> np.ndarray:
    return measure_all(read(paths("raw")))


@pytest.fixture(scope="module")
def starter() -> np.ndarray:
    return measure_all(starter_pictures())


def test_every_pixel_icon_is_blocky_and_no_other_picture_is(
    pixel: np.ndarray, raw: np.ndarray, starter: np.ndarray
) -> None:
    assert pixel[:, BLOCKINESS].min() > 0.95
    assert raw[:, BLOCKINESS].max() < 0.7
    assert raw[:, BLOCKINESS].mean() < 0.3
    assert starter[:, BLOCKINESS].max() < 0.5
    assert starter[:, BLOCKINESS].mean() < 0.15


def test_pixel_icons_have_few_colors_and_dark_outlines(
    pixel: np.ndarray, raw: np.ndarray, starter: np.ndarray
) -> None:
    assert pixel[:, OUTLINE].mean() > 0.8
    assert raw[:, OUTLINE].mean() < 0.1
    assert starter[:, OUTLINE].mean() < 0.25
    assert pixel[:, COLORS].mean() > 2 * raw[:, COLORS].mean()
    assert pixel[:, COLORS].mean() > 2 * starter[:, COLORS].mean()


def test_blockiness_survives_what_a_decoder_does_to_a_picture() -> None:
    rng = np.random.default_rng(2)
    for picture in read(paths("pixel"))[:8]:
        soft = resize(resize(picture, (96, 96)), (128, 128)).astype(float)
        noisy = np.clip(soft + rng.normal(0, 6, soft.shape), 0, 255).astype(np.uint8)
        assert measure(noisy).blockiness > 0.6


def test_a_grid_of_another_phase_or_none_is_not_blocky() -> None:
    picture = resize(read(paths("pixel"))[0], (128, 128))
    assert measure(np.roll(picture, (4, 4), (0, 1))).blockiness < 0.1
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    assert measure(noise).blockiness < 0.05
    ramp = np.repeat(np.arange(128, dtype=np.uint8)[None, :, None] * 2, 128, 0).repeat(3, 2)
    assert measure(ramp).blockiness < 0.1


def test_a_plain_picture_has_measures_too() -> None:
    for value in (0, 128, 255):
        plain = measure(np.full((50, 70, 3), value, np.uint8))
        assert plain.blockiness == 0
        assert plain.detail == 0


def test_the_fit_runs_from_the_base_model_to_the_held_out_art(
    pixel: np.ndarray, starter: np.ndarray
) -> None:
    held_out, training = pixel[::4], pixel[1::4]
    assert style_fit(starter, held_out, starter) == pytest.approx(0.0)
    assert style_fit(held_out, held_out, starter) == pytest.approx(1.0)
    assert style_fit(training, held_out, starter) > 0.9
    halfway = (starter.mean(axis=0) + held_out.mean(axis=0))[None] / 2
    assert style_fit(halfway, held_out, starter) == pytest.approx(0.5)


def test_another_style_does_not_fit(
    pixel: np.ndarray, raw: np.ndarray, starter: np.ndarray
) -> None:
    assert style_fit(raw, pixel, starter) < 0.3
    assert style_fit(pixel, raw, starter) < 0.5
    assert style_distance(pixel[::2], pixel[1::2]) < 0.5
    assert style_distance(raw, pixel) > 2
    assert style_distance(starter, pixel) > 2


def test_going_past_the_style_is_no_better_than_falling_short(
    pixel: np.ndarray, starter: np.ndarray
) -> None:
    gap = pixel.mean(axis=0) - starter.mean(axis=0)
    past = (pixel.mean(axis=0) + 0.4 * gap)[None]
    short = (pixel.mean(axis=0) - 0.4 * gap)[None]
    assert style_fit(past, pixel, starter) == pytest.approx(style_fit(short, pixel, starter))
