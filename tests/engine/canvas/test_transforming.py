"""Content through a matrix: what lands where, how crisp, and that one step takes it back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.canvas import selection
from engine.canvas.document import Document
from engine.canvas.layer import Group, Mask, layer_of
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.canvas.transforming import transformed
from engine.canvas.warping import RESAMPLINGS, is_usable, moves_by, quad_matrix, warped
from engine.runtime.errors import BadInputError

WIDE = Rect(-600, -600, 2000, 2000)


def noise(width: int, height: int, alpha: int | None = None) -> np.ndarray:
    pixels = np.random.default_rng(5).integers(1, 256, (height, width, 4), np.uint8)
    if alpha is not None:
        pixels[..., 3] = alpha
    return pixels


def matrix(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array([*rows, (0, 0, 1)], np.float64)


def turned(degrees: float, x: float, y: float) -> np.ndarray:
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return matrix((cos, -sin, x - cos * x + sin * y), (sin, cos, y - sin * x - cos * y))


@pytest.mark.parametrize("how", RESAMPLINGS)
def test_a_quarter_turn_copies_pixels_as_they_are(how):
    pixels = noise(70, 40)
    # Around (20, 20) a quarter turn takes the box 0..70 x 0..40 to 0..40 x 0..70.
    result = warped(Tiles.from_array(pixels), turned(90, 20, 20), how, WIDE)
    assert result.bounds() == Rect(0, 0, 40, 70)
    assert (result.read(Rect(0, 0, 40, 70)) == np.rot90(pixels, -1)).all()


@pytest.mark.parametrize("how", RESAMPLINGS)
def test_a_flip_and_a_whole_move_are_exact(how):
    pixels = noise(33, 21)
    result = warped(Tiles.from_array(pixels), matrix((-1, 0, 300), (0, 1, -7)), how, WIDE)
    assert (result.read(Rect(267, -7, 33, 21)) == pixels[:, ::-1]).all()


@pytest.mark.parametrize("times", [2, 3, 8])
def test_pixel_art_stays_crisp_when_it_is_enlarged(times):
    pixels = noise(40, 30)
    pixels[5:9, 5:9] = 0
    result = warped(Tiles.from_array(pixels), matrix((times, 0, 0), (0, times, 0)), "nearest", WIDE)
    wanted = np.repeat(np.repeat(pixels, times, 0), times, 1)
    assert (result.read(Rect(0, 0, 40 * times, 30 * times)) == wanted).all()


def test_what_shrinks_is_averaged_and_not_left_out():
    pixels = np.zeros((512, 512, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[::2] = 255  # a pattern that sampling every fourth pixel would turn black or white
    tiles = Tiles.from_array(pixels)
    for how in ("linear", "bicubic", "area"):
        small = warped(tiles, matrix((0.25, 0, 0), (0, 0.25, 0)), how, WIDE)
        middle = small.read(Rect(4, 4, 120, 120))
        assert abs(middle[..., 0].astype(int) - 128).max() <= 1, how
    exact = warped(tiles, matrix((0.5, 0, 0), (0, 0.5, 0)), "area", WIDE)
    assert exact.bounds() == Rect(0, 0, 256, 256)
    third = warped(tiles, matrix((1 / 3, 0, 0), (0, 1 / 3, 0)), "area", WIDE)
    assert abs(third.read(Rect(4, 4, 160, 160))[..., 0].mean() - 128) < 3


def test_hidden_colors_do_not_bleed_out_of_soft_edges():
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[..., :3] = (0, 255, 0)  # green where nothing can be seen
    pixels[10:30, 10:30] = (200, 0, 0, 255)
    result = warped(Tiles.from_array(pixels), turned(30, 20, 20), "linear", WIDE)
    seen = result.read(Rect(0, 0, 40, 40))
    soft = (seen[..., 3] > 8) & (seen[..., 3] < 255)
    assert soft.sum() > 20
    assert seen[soft][:, 1].max() <= 2


def test_a_perspective_takes_corners_to_corners():
    source = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    target = [(30.0, 10.0), (80.0, 0.0), (120.0, 110.0), (0.0, 90.0)]
    made = quad_matrix(source, target)
    for (x, y), (u, v) in zip(source, target, strict=True):
        point = made @ (x, y, 1)
        assert point[:2] / point[2] == pytest.approx((u, v))
    result = warped(Tiles.from_array(noise(100, 100, 255)), made, "linear", WIDE)
    area = (
        sum(
            target[i][0] * target[(i + 1) % 4][1] - target[(i + 1) % 4][0] * target[i][1]
            for i in range(4)
        )
        / 2
    )
    assert abs((result.read(Rect(-20, -20, 200, 200))[..., 3] > 127).sum() - area) < 40


def test_what_cannot_be_a_picture_is_told_apart():
    folded = quad_matrix([(0, 0), (10, 0), (10, 10), (0, 10)], [(0, 0), (10, 0), (2, 2), (0, 10)])
    assert not is_usable(folded, Rect(0, 0, 10, 10))
    with pytest.raises(ValueError, match="line"):
        quad_matrix([(0, 0), (1, 1), (2, 2), (3, 3)], [(0, 0), (1, 0), (1, 1), (0, 1)])
    assert is_usable(turned(33, 5, 5), Rect(0, 0, 10, 10))
    assert moves_by(matrix((1, 0, 4), (0, 1, -3))) == (4, -3)
    assert moves_by(matrix((1, 0, 4.5), (0, 1, -3))) is None
    assert moves_by(turned(90, 0, 0)) is None


@pytest.fixture
def document():
    lower = layer_of("lower", noise(100, 100, 255))
    upper = layer_of("upper", noise(40, 20, 255), 10, 30)
    return Document(200, 160, [lower, Group(name="group", children=[upper])])


def test_a_group_goes_with_its_layers_and_masks_as_one_step(document):
    group, upper = document.root.children[1], document.layers[1]
    upper.mask = Mask(Tiles.from_array(np.full((20, 20), 255, np.uint8), 10, 30))
    before = document.composite()
    lifted = document.lift([group.id])
    assert lifted.bounds == Rect(10, 30, 40, 20)
    change = document.put_transformed(
        lifted, transformed(lifted, matrix((2, 0, 0), (0, 2, 0)), "nearest")
    )
    assert change is not None
    assert change.what == "Transform"
    assert upper.bounds == Rect(20, 60, 80, 40)
    assert upper.mask.tiles.bounds() == Rect(20, 60, 40, 40)
    assert document.history.position == 1
    document.undo()
    assert (document.composite() == before).all()


def test_only_what_is_selected_moves_and_takes_the_selection_along(document):
    lower = document.layers[0]
    kept = lower.pixels(Rect(0, 0, 100, 100))
    document.select(selection.rectangle(document.size, Rect(0, 0, 30, 30)))
    lifted = document.lift([lower.id])
    assert lifted.bounds == Rect(0, 0, 30, 30)
    done = transformed(lifted, matrix((1, 0, 120), (0, 1, 60)), "linear")
    document.put_transformed(lifted, done)
    after = lower.pixels(Rect(0, 0, 200, 160))
    assert not after[:30, :30, 3].any()
    assert (after[60:90, 120:150] == kept[:30, :30]).all()
    assert (after[30:100, :100] == kept[30:]).all()
    assert document.selection_bounds == Rect(120, 60, 30, 30)
    document.undo()
    assert document.selection_bounds == Rect(0, 0, 30, 30)
    assert (lower.pixels(Rect(0, 0, 100, 100)) == kept).all()


def test_what_changed_meanwhile_is_not_written_over(document):
    lower = document.layers[0]
    lifted = document.lift([lower.id])
    done = transformed(lifted, matrix((2, 0, 0), (0, 2, 0)), "linear")
    document.fill(lower.id, (1, 2, 3))
    assert document.put_transformed(lifted, done) is None
    assert tuple(document.composite()[5, 5]) == (1, 2, 3, 255)


def test_locked_and_empty_layers_are_refused(document):
    document.set_locked(document.layers[0].id, True)
    with pytest.raises(BadInputError, match="locked"):
        document.lift([document.layers[0].id])
    empty = document.add_layer("empty")
    with pytest.raises(BadInputError, match="nothing"):
        document.lift([empty.id])


def test_it_can_be_stopped_between_two_tiles(document):
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    lifted = document.lift([document.layers[0].id])
    with pytest.raises(Stop):
        transformed(lifted, turned(20, 0, 0), "linear", stop)
