"""Clone, smudge and push: what pixels become, where, and that one step takes them back."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from engine.canvas import selection
from engine.canvas.brush import Brush
from engine.canvas.document import Document
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.canvas.retouch import CloneStroke, PushStroke, SmudgeStroke
from engine.canvas.symmetry import Symmetry

ALL = Rect(0, 0, 200, 160)
TIP = Brush(radius=12, hardness=1.0, pressure_size=False)


@pytest.fixture
def document():
    """Red on the left of x = 100, blue on the right."""
    pixels = np.zeros((160, 200, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:, :100, 0] = 200
    pixels[:, 100:, 2] = 200
    return Document(200, 160, [layer_of("halves", pixels)])


def pixels_of(document) -> np.ndarray:
    return document.layers[0].pixels(ALL)


def paint(document, make, *points, brush=TIP, on_mask=False):
    stroke = document.begin_stroke(document.layers[0].id, brush, on_mask=on_mask, make=make)
    for x, y in points:
        stroke.to(x, y)
    return document.end_stroke()


def clone(document, offset):
    source = document.layers[0].tiles.copy()
    return partial(CloneStroke, offset=offset, source=source.read)


def test_a_clone_is_exact_and_one_step(document):
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 4), np.uint8)
    noise[..., 3] = 255
    document.set_pixels(document.layers[0].id, Rect(10, 10, 40, 40), noise, "noise")
    before = pixels_of(document)
    change = paint(document, clone(document, (-100, -50)), (130, 80))
    assert change.what == "Clone"
    after = pixels_of(document)
    assert (after[75:85, 125:135] == before[25:35, 25:35]).all()
    assert (after[:60] == before[:60]).all()
    document.undo()
    assert (pixels_of(document) == before).all()


def test_cloning_over_the_source_takes_it_as_it_was(document):
    before = pixels_of(document)
    paint(document, clone(document, (20, 0)), (75, 80), (85, 80), (95, 80), (105, 80))
    # Painted from 20 to the right: the border moves left by 20, once and not again and again.
    after = pixels_of(document)[80, :, 2]
    assert (after[82:110] == before[80, 102:130, 2]).all()
    assert (after[66:78] == 0).all()


def test_smudging_carries_colors_along_and_keeps_what_is_far(document):
    before = pixels_of(document)
    reached = []
    for opacity in (0.2, 0.9):
        tip = Brush(radius=12, hardness=0.5, opacity=opacity, pressure_size=False)
        change = paint(document, SmudgeStroke, (80, 80), (95, 80), (130, 80), brush=tip)
        assert change.what == "Smudge"
        after = pixels_of(document)
        reached.append(int((after[80, 100:, 0] > 60).sum()))  # red drawn into the blue
        assert (after[..., 3] == 255).all()
        assert (after[:60] == before[:60]).all()
        assert (after[80, 160:] == before[80, 160:]).all()
        document.undo()
    assert reached[1] > reached[0] + 8
    assert (pixels_of(document) == before).all()


def test_a_tap_of_smudge_or_push_changes_nothing(document):
    before = pixels_of(document)
    for make in (SmudgeStroke, PushStroke):
        paint(document, make, (100, 80))
        assert (pixels_of(document) == before).all()
    assert not document.history.steps


def test_pushing_moves_the_border_and_does_not_blur(document):
    tip = Brush(radius=20, hardness=0.0, pressure_size=False)
    change = paint(document, PushStroke, *[(80 + 2 * n, 80) for n in range(20)], brush=tip)
    assert change.what == "Push"
    row = pixels_of(document)[80]
    border = int(np.argmax(row[:, 2] > 100))
    assert border > 112
    soft = ((row[:, 0] > 10) & (row[:, 0] < 190)).sum()
    assert soft <= 4
    assert (pixels_of(document)[:55] == pixels_of(document)[54]).all()
    # Back and forth many times: the border is still as sharp as pixels allow.
    path = [(120 + 10 * np.sin(n / 2), 80) for n in range(120)]
    paint(document, PushStroke, *path, brush=tip)
    row = pixels_of(document)[80]
    assert ((row[:, 0] > 10) & (row[:, 0] < 190)).sum() <= 6


@pytest.mark.parametrize("make", [SmudgeStroke, PushStroke])
def test_the_selection_and_locked_alpha_hold(document, make):
    document.select(selection.rectangle(document.size, Rect(0, 0, 200, 80)))
    before = pixels_of(document)
    path = [(80 + 3 * n, 80) for n in range(15)]
    paint(document, make, *path)
    after = pixels_of(document)
    assert (after[80:] == before[80:]).all()
    assert (after[70:80] != before[70:80]).any()
    document.undo()
    document.select(None)
    layer = document.layers[0]
    document.clear(layer.id)
    document.set_pixels(layer.id, Rect(60, 60, 40, 40), before[60:100, 60:100], "square")
    document.set_alpha_locked(layer.id, True)
    shape = pixels_of(document)[..., 3]
    paint(document, make, *path)
    assert (pixels_of(document)[..., 3] == shape).all()


@pytest.mark.parametrize("make", [SmudgeStroke, PushStroke])
def test_transparent_pixels_bring_no_color_with_them(document, make):
    layer = document.layers[0]
    pixels = np.zeros((160, 200, 4), np.uint8)
    pixels[..., 1] = 255  # hidden green
    pixels[40:120, 60:100] = (200, 0, 0, 255)
    document.set_pixels(layer.id, ALL, pixels, "square")
    paint(document, make, *[(80 + 3 * n, 80) for n in range(15)])
    after = pixels_of(document)
    seen = after[..., 3] > 4
    assert after[seen][:, 1].max() <= 2
    assert after[80, 105, 3] > 100


def test_masks_are_smeared_too(document):
    document.select(selection.rectangle(document.size, Rect(0, 0, 100, 160)))
    document.add_mask(document.layers[0].id, document.selection)
    document.select(None)
    paint(document, SmudgeStroke, *[(80 + 4 * n, 80) for n in range(10)], on_mask=True)
    mask = document.layers[0].mask
    assert mask.tiles.read(ALL)[80, 106] > 100
    document.undo()
    assert document.layers[0].mask.tiles.read(ALL)[80, 106] == 0


@pytest.mark.parametrize("make", [None, SmudgeStroke, PushStroke])
def test_everything_is_mirrored_along_both_axes(document, make):
    layer = document.layers[0]
    document.clear(layer.id)
    square = np.full((30, 30, 4), (200, 0, 0, 255), np.uint8)
    for x in (40, 130):
        for y in (30, 100):
            document.set_pixels(layer.id, Rect(x, y, 30, 30), square, "square")
    brush = Brush(
        radius=9, hardness=1.0, color=(0, 0, 250), pressure_size=False, symmetry=Symmetry(100, 80)
    )
    path = [(60 + 2.0 * n, 45 + 0.5 * n) for n in range(12)]
    stroke = document.begin_stroke(layer.id, brush, **({} if make is None else {"make": make}))
    for point in path:
        stroke.to(*point)
    document.end_stroke()
    after = pixels_of(document).astype(int)
    assert after[48, 74, 3] > 0
    away = max(
        np.abs(after - after[:, ::-1])[..., 3].max(), np.abs(after - after[::-1])[..., 3].max()
    )
    # Smudging lays its dabs on whole pixels, so that mirror images differ by one.
    assert away <= (255 if make is SmudgeStroke else 3)
    assert (np.abs(after - after[:, ::-1])[..., 3] > 40).mean() < 0.01
