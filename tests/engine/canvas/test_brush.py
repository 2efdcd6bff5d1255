from __future__ import annotations

import numpy as np
import pytest

from engine.canvas.brush import Brush, Stroke, blend, stroke
from engine.canvas.composite import composite
from engine.canvas.layer import Layer, Mask, layer_of
from engine.canvas.rect import Rect
from engine.canvas.selection import rectangle
from engine.canvas.tiles import Tiles

WITHIN = Rect(0, 0, 200, 200)


def blank() -> Layer:
    return Layer(name="ink")


def pixels_of(layer: Layer, side: int = 200) -> np.ndarray:
    return layer.pixels(Rect(0, 0, side, side))


def test_a_dab_on_a_large_layer_touches_only_its_own_rectangle() -> None:
    layer = blank()
    drawn = Stroke(layer, layer, Brush(radius=30, hardness=0.5), Rect(0, 0, 2048, 2048))
    dirty = drawn.to(1000.0, 700.0)
    assert dirty == Rect.edges(969, 669, 1031, 731)
    ys, xs = np.nonzero(pixels_of(layer, 2048)[..., 3])
    assert xs.min() >= 969
    assert xs.max() < 1031
    assert ys.min() >= 669
    assert ys.max() < 731
    assert drawn.touched == {(3, 2), (4, 2)}
    assert set(layer.tiles) == {(3, 2), (4, 2)}


def test_a_hard_brush_fills_a_disk_of_its_radius() -> None:
    layer = blank()
    stroke(layer, [(100, 100, 1)], Brush(radius=40, hardness=1.0, color=(9, 8, 7)), WITHIN)
    alpha = pixels_of(layer)[..., 3] / 255
    assert alpha.sum() == pytest.approx(np.pi * 40**2, rel=0.01)
    assert pixels_of(layer)[100, 100].tolist() == [9, 8, 7, 255]


def test_a_soft_brush_fades_from_the_middle_to_the_rim() -> None:
    layer = blank()
    stroke(layer, [(100.5, 100.5, 1)], Brush(radius=40, hardness=0.0), WITHIN)
    profile = pixels_of(layer)[100, 100:145, 3].astype(int)
    assert profile[0] == 255
    assert profile[-1] == 0
    assert (np.diff(profile) <= 0).all()
    assert 100 < profile[20] < 155


def test_a_stroke_crossing_itself_covers_no_more_than_its_opacity() -> None:
    layer = blank()
    path = [(20, 100, 1), (180, 100, 1), (100, 20, 1), (100, 180, 1)]
    stroke(layer, path, Brush(radius=15, hardness=1.0, opacity=0.5), WITHIN)
    assert pixels_of(layer)[..., 3].max() == 128


def test_a_fast_stroke_leaves_no_gaps() -> None:
    layer = blank()
    stroke(layer, [(10, 100, 1), (190, 100, 1)], Brush(radius=8, hardness=1.0), WITHIN)
    assert (pixels_of(layer)[100, 10:190, 3] == 255).all()
    assert (pixels_of(layer)[95, 10:190, 3] == 255).all()


def test_many_small_moves_paint_like_one_long_move() -> None:
    long, short = blank(), blank()
    brush = Brush(radius=10, hardness=0.5)
    stroke(long, [(20, 50, 1), (150, 50, 1)], brush, WITHIN)
    stroke(short, [(20 + i, 50, 1) for i in range(131)], brush, WITHIN)
    difference = np.abs(pixels_of(long).astype(int) - pixels_of(short).astype(int))
    assert difference.max() <= 1


def test_pressure_makes_the_line_thinner_or_weaker() -> None:
    thin, weak = blank(), blank()
    stroke(thin, [(100, 100, 0.5)], Brush(radius=40, hardness=1.0), WITHIN)
    assert pixels_of(thin)[100, 60:79, 3].max() == 0
    assert pixels_of(thin)[100, 81, 3] == 255
    faint = Brush(radius=40, hardness=1.0, pressure_size=False, pressure_opacity=True)
    stroke(weak, [(100, 100, 0.5)], faint, WITHIN)
    assert pixels_of(weak)[100, 100, 3] == 128


def test_the_eraser_takes_alpha_and_leaves_color() -> None:
    layer = layer_of("ink", np.full((200, 200, 4), 255, np.uint8))
    stroke(layer, [(25, 25, 1)], Brush(radius=10, hardness=1.0, erase=True), WITHIN)
    assert pixels_of(layer)[25, 25].tolist() == [255, 255, 255, 0]
    assert pixels_of(layer)[2, 2].tolist() == [255, 255, 255, 255]


def test_the_selection_clips_the_stroke() -> None:
    layer = layer_of("ink", np.zeros((60, 60, 4), np.uint8), x=-10, y=5)
    clip = rectangle((64, 64), Rect(20, 20, 10, 10))
    stroke(
        layer, [(0, 25, 1), (60, 25, 1)], Brush(radius=12, hardness=1.0), Rect(0, 0, 64, 64), clip
    )
    painted = pixels_of(layer, 64)[..., 3] > 0
    assert painted[20:30, 20:30].all()
    painted[20:30, 20:30] = False
    assert not painted.any()


def test_a_stroke_outside_the_document_changes_nothing() -> None:
    layer = blank()
    drawn = Stroke(layer, layer, Brush(radius=5), WITHIN)
    assert drawn.to(-100, -100).empty
    assert not drawn.touched
    assert not len(layer.tiles)


def test_blending_where_the_brush_is_empty_keeps_every_byte() -> None:
    original = np.random.default_rng(0).integers(0, 256, (30, 30, 4), np.uint8)
    for color in ((1, 2, 3), None):
        np.testing.assert_array_equal(
            blend(original, np.zeros((30, 30), np.float32), color), original
        )


def test_blending_mixes_by_straight_alpha() -> None:
    half = np.array([[[200, 100, 0, 255]]], np.uint8)
    mixed = blend(half, np.array([[0.5]], np.float32), (0, 100, 200))
    assert mixed.tolist() == [[[100, 100, 100, 255]]]
    on_nothing = blend(np.zeros((1, 1, 4), np.uint8), np.array([[0.5]], np.float32), (10, 20, 30))
    assert on_nothing.tolist() == [[[10, 20, 30, 128]]]


def test_a_stroke_ends_where_the_hand_stopped() -> None:
    layer = blank()
    stroke(
        layer, [(20, 100, 1), (63, 100, 1), (100, 100, 1)], Brush(radius=10, hardness=1.0), WITHIN
    )
    assert not pixels_of(layer)[:, 112:, 3].any()
    assert pixels_of(layer)[100, 100, 3] == 255


def test_a_selection_at_the_edge_of_the_document_is_painted_to_its_first_row() -> None:
    layer = blank()
    clip = rectangle((64, 64), Rect(0, 0, 64, 10))
    stroke(layer, [(0, 5, 1), (64, 5, 1)], Brush(radius=20, hardness=1.0), Rect(0, 0, 64, 64), clip)
    assert (pixels_of(layer, 64)[:10, :, 3] == 255).all()
    assert not pixels_of(layer)[10:].any()


def test_every_part_of_a_stroke_marks_the_layer_as_changed() -> None:
    layer = blank()
    drawn = Stroke(layer, layer, Brush(radius=5), WITHIN)
    seen = [layer.revision]
    for x in (10, 30, 50):
        drawn.to(x, 32)
        seen.append(layer.revision)
    assert len(set(seen)) == 4


def test_flow_builds_a_stroke_up_from_its_dabs() -> None:
    thin, full = blank(), blank()
    path = [(60, 100, 1), (140, 100, 1)]
    stroke(thin, path, Brush(radius=20, hardness=1.0, flow=0.1), WITHIN)
    stroke(full, path, Brush(radius=20, hardness=1.0), WITHIN)
    line = pixels_of(thin)[100, 40:100, 3].astype(int)
    assert 0 < line[2] < line[20] < line[45] < 255
    assert pixels_of(full)[100, 45, 3] == 255


def test_locked_transparency_takes_color_only_where_something_is() -> None:
    layer = blank()
    stroke(layer, [(60, 100, 1)], Brush(radius=20, hardness=0.5), WITHIN)
    alpha = pixels_of(layer)[..., 3]
    layer.alpha_locked = True
    stroke(layer, [(60, 100, 1), (150, 100, 1)], Brush(radius=20, color=(255, 0, 0)), WITHIN)
    painted = pixels_of(layer)
    np.testing.assert_array_equal(painted[..., 3], alpha)
    assert painted[100, 60].tolist() == [255, 0, 0, 255]


def test_a_mask_is_painted_by_brightness_and_hidden_by_the_eraser() -> None:
    layer = layer_of("ink", np.full((64, 64, 4), 255, np.uint8))
    layer.mask = Mask(Tiles(1, empty=255))
    drawn = Stroke(layer, layer.mask, Brush(radius=5, hardness=1.0, erase=True), WITHIN)
    drawn.to(20, 20)
    Stroke(layer, layer.mask, Brush(radius=5, hardness=1.0, color=(128, 128, 128)), WITHIN).to(
        50, 20
    )
    shown = composite([layer], Rect(0, 0, 64, 64))[20, :, 3]
    assert (shown[20], shown[50], shown[5]) == (0, 128, 255)


def test_a_pen_that_leans_makes_a_longer_tip_along_its_lean():
    layer = layer_of("paper", np.zeros((100, 100, 4), np.uint8))
    brush = Brush(radius=8, hardness=1.0, pressure_size=False, tilts=True)
    drawn = Stroke(layer, layer, brush, Rect(0, 0, 100, 100))
    drawn.lean(60.0, 0.0)
    drawn.to(50, 50)
    seen = layer.pixels(Rect(0, 0, 100, 100))[..., 3] > 127
    across, down = seen.any(axis=0).sum(), seen.any(axis=1).sum()
    assert abs(down - 16) <= 1
    assert abs(across - 16 * (1 + 2 * 60 / 90)) <= 2
    upright = layer_of("paper", np.zeros((100, 100, 4), np.uint8))
    straight = Stroke(upright, upright, brush, Rect(0, 0, 100, 100))
    straight.lean(5.0, 5.0)
    straight.to(50, 50)
    seen = upright.pixels(Rect(0, 0, 100, 100))[..., 3] > 127
    assert seen.any(axis=0).sum() == seen.any(axis=1).sum()
