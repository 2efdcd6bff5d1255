"""Adjustments of layers and masks: what they do to pixels, where, and what the preview shows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.canvas import selection
from engine.canvas.adjusting import (
    Blur,
    BrightnessContrast,
    Curves,
    HueSaturation,
    Levels,
    Previewed,
    Sharpen,
    adjusted,
    histogram,
)
from engine.canvas.document import Document
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.imaging import curves

ALL = Rect(0, 0, 300, 280)
EVERY = (
    Levels(black=30, white=220, gamma=1.4),
    Curves(all=((0, 20), (128, 100), (255, 255))),
    HueSaturation(hue=60, saturation=-20, lightness=10),
    BrightnessContrast(20, 30),
    Blur(3.0),
    Sharpen(120, 2.0),
)


def ramp() -> np.ndarray:
    pixels = np.zeros((280, 300, 4), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, 300)[None, :]
    pixels[..., 1] = np.linspace(0, 225, 280)[:, None]
    pixels[::2, :, 1] += 24
    pixels[..., 2] = 90
    pixels[40:200, 60:240, 3] = 255
    return pixels


@pytest.fixture
def document():
    return Document(300, 280, [layer_of("ramp", ramp(), -4, 6)])


def pixels_of(document) -> np.ndarray:
    return document.layers[0].tiles.read(ALL)


def run(document, adjustment, *, on_mask=False):
    covering = document.covering(document.layers[0].id, on_mask=on_mask)
    painted = adjusted(covering, adjustment)
    assert document.put_covering(covering, painted, adjustment.what) is not None


@pytest.mark.parametrize("adjustment", EVERY, ids=lambda one: one.what)
def test_each_changes_only_what_is_selected_as_one_step(document, adjustment):
    before = pixels_of(document)
    document.select(selection.rectangle(document.size, Rect(100, 80, 60, 60)))
    run(document, adjustment)
    after = pixels_of(document)
    inside = np.zeros((280, 300), bool)
    inside[74:134, 104:164] = True
    assert (after[~inside] == before[~inside]).all()
    assert (after[inside] != before[inside]).any(axis=1).mean() > 0.5
    assert document.history.steps[-1].what == adjustment.what
    document.undo()
    assert (pixels_of(document) == before).all()


@pytest.mark.parametrize("adjustment", EVERY, ids=lambda one: one.what)
def test_the_preview_is_what_comes(document, adjustment):
    document.select(selection.ellipse(document.size, Rect(70, 60, 160, 140)))
    covering = document.covering(document.layers[0].id)
    wanted = adjusted(covering, adjustment).read(ALL)
    shown = Previewed(covering, adjustment).at_level(0, ALL)
    seen = wanted[..., 3] > 0
    assert (shown[seen] == wanted[seen]).all()
    small = Previewed(covering, adjustment).at_level(1, Rect(40, 30, 70, 60))
    halves = adjusted(covering, adjustment).at_level(1, Rect(40, 30, 70, 60))
    away = np.abs(small.astype(int) - halves)[small[..., 3] == 255]
    assert np.percentile(away, 95) <= 6


def test_levels_map_the_ends_of_one_channel(document):
    run(document, Levels("red", 51, 204, 1.0, 0, 255))
    before, after = ramp()[100, 60:240], pixels_of(document)[100, 60:240]
    wanted = np.clip((before[:, 0].astype(float) - 51) / 153, 0, 1) * 255
    assert np.abs(after[:, 0] - wanted).max() <= 0.5001
    assert (after[:, 1:] == before[:, 1:]).all()


def test_curves_go_through_their_points_and_never_swing_over():
    made = curves.table(((0, 0), (64, 30), (128, 180), (255, 255)))
    assert [made[x] for x in (0, 64, 128, 255)] == [0, 30, 180, 255]
    assert (np.diff(made.astype(int)) >= 0).all()
    assert (curves.table(curves.STRAIGHT) == np.arange(256)).all()
    assert (curves.table(((0, 255), (255, 0))) == np.arange(255, -1, -1)).all()
    flat = curves.table(((40, 10), (80, 200), (120, 200), (200, 90)))
    assert flat[:41].max() == 10
    assert flat[80:121].max() == 200


def test_hue_turns_and_colors(document):
    run(document, HueSaturation(hue=120))
    before, after = ramp()[100, 150], pixels_of(document)[100, 150]
    assert np.abs(after[:3].astype(int) - before[[2, 0, 1]]).max() <= 1
    run(document, HueSaturation(hue=0, saturation=100, colorized=True))
    colored = pixels_of(document)[100, 150]
    assert colored[0] > colored[1] == colored[2]


def test_a_blur_spreads_alpha_and_keeps_colors_of_the_hidden_out(document):
    pixels = np.zeros((280, 300, 4), np.uint8)
    pixels[..., 1] = 255  # hidden
    pixels[100:150, 100:150] = (200, 0, 0, 255)
    document = Document(300, 280, [layer_of("square", pixels)])
    run(document, Blur(6.0))
    after = pixels_of(document)
    assert 0 < after[95, 125, 3] < 128
    seen = after[..., 3] > 8
    assert after[seen][:, 1].max() <= 2
    total = after[..., 3].astype(float).sum() / 255
    assert abs(total - 2500) < 60
    document.undo()
    document.set_alpha_locked(document.layers[0].id, True)
    run(document, Blur(6.0))
    assert (pixels_of(document)[..., 3] == pixels[..., 3]).all()


def test_a_wide_blur_is_a_gaussian_all_the_same(document):
    pixels = np.zeros((280, 300, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:, 150:] = 255
    document = Document(300, 280, [layer_of("edge", pixels)])
    run(document, Blur(40.0))
    from math import erf

    row = pixels_of(document)[140, :, 0].astype(float)
    x = np.arange(300) + 0.5 - 150
    wanted = np.array([127.5 * (1 + erf(v / 40 / 2**0.5)) for v in x])
    middle = slice(110, 190)
    assert np.abs(row[middle] - wanted[middle]).max() < 4


def test_sharpening_raises_edges_above_its_threshold(document):
    pixels = np.full((280, 300, 4), 255, np.uint8)
    pixels[:, :150, :3], pixels[:, 150:, :3] = 100, 150
    document = Document(300, 280, [layer_of("edge", pixels)])
    run(document, Sharpen(100, 2.0, 0))
    row = pixels_of(document)[100, :, 0]
    assert row[148] < 100
    assert row[151] > 150
    assert row[20] == 100
    document.undo()
    run(document, Sharpen(100, 2.0, 60))
    assert (pixels_of(document)[100, :, 0] == pixels[100, :, 0]).all()


def test_a_mask_is_adjusted_too(document):
    document.add_mask(document.layers[0].id)
    run(document, Levels(white=255, high=100), on_mask=True)
    assert document.layers[0].mask.tiles.read(Rect(0, 0, 5, 5)).max() == 100
    document.undo()
    assert document.layers[0].mask.tiles.empty == 255


def test_the_histogram_counts_what_is_seen(document):
    counts = histogram(document.covering(document.layers[0].id), "blue")
    assert counts.argmax() == 90
    assert counts.max() == 1
    assert counts[:80].sum() == 0
    assert histogram(document.covering(document.layers[0].id), "all")[200] > 0


def test_it_can_be_stopped(document):
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        adjusted(document.covering(document.layers[0].id), EVERY[0], stop)
