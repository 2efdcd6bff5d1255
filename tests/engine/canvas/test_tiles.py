from __future__ import annotations

import random

import numpy as np
import pytest

from engine.canvas.rect import EMPTY, Rect
from engine.canvas.tiles import TILE, Tiles, halved


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] |= 1
    return pixels


@pytest.mark.parametrize(("x", "y"), [(0, 0), (-300, 17), (255, -1), (-1, -600)])
def test_what_is_written_anywhere_is_read_back_whole_and_in_parts(x: int, y: int) -> None:
    pixels = noise(700, 520)
    tiles = Tiles.from_array(pixels, x, y)
    whole = Rect(x, y, 700, 520)
    np.testing.assert_array_equal(tiles.read(whole), pixels)
    assert tiles.bounds() == whole
    for part in (Rect(x + 3, y + 5, 40, 30), Rect(x + 200, y + 100, 400, 300)):
        inside = part.moved(-x, -y).slices
        np.testing.assert_array_equal(tiles.read(part), pixels[inside])
        view = tiles.view(part)
        assert view is not None
        np.testing.assert_array_equal(view, pixels[inside])
    around = tiles.read(whole.grown(9))
    np.testing.assert_array_equal(around[9:-9, 9:-9], pixels)
    around[9:-9, 9:-9] = 0
    assert not around.any()


def test_reading_gives_a_copy() -> None:
    tiles = Tiles.from_array(noise(TILE, TILE))
    tiles.read(Rect(0, 0, TILE, TILE))[:] = 0
    assert tiles.read(Rect(0, 0, TILE, TILE)).any()
    pixels = noise(TILE, TILE)
    tiles.write(Rect(0, 0, TILE, TILE), pixels)
    tiles.writable((0, 0))[:] = 0
    assert pixels.any()


def test_memory_follows_what_is_painted_and_a_filled_area_costs_one_tile() -> None:
    tiles = Tiles()
    tiles.write(Rect(5000, 5000, 10, 10), noise(10, 10))
    assert tiles.bytes == TILE * TILE * 4
    tiles.fill(Rect(0, 0, 8192, 8192), (1, 2, 3, 255))
    assert tiles.bytes == TILE * TILE * 4
    assert tiles.read(Rect(8000, 8000, 2, 2)).tolist() == [[[1, 2, 3, 255]] * 2] * 2
    tiles.writable((3, 3))[0, 0] = 9
    assert tiles.bytes == 2 * TILE * TILE * 4
    assert tiles.read(Rect(4 * TILE, 4 * TILE, 1, 1)).tolist() == [[[1, 2, 3, 255]]]
    tiles.fill(Rect(0, 0, 8192, 8192), (0, 0, 0, 0))
    assert len(tiles) == 0


def test_a_copy_is_not_touched_by_what_is_written_later_on_either_side() -> None:
    one = Tiles.from_array(noise(600, 300))
    before = one.read(Rect(0, 0, 600, 300))
    two = one.copy()
    assert all(one.get(key) is two.get(key) for key in one)
    one.writable((0, 0))[:] = 7
    two.writable((1, 0))[:] = 9
    three = one.copy()
    one.writable((0, 0))[:] = 8
    np.testing.assert_array_equal(two.read(Rect(0, 0, 256, 300)), before[:, :256])
    np.testing.assert_array_equal(one.read(Rect(256, 0, 344, 300)), before[:, 256:])
    assert (three.read(Rect(0, 0, 256, 256)) == 7).all()


def test_differences_swap_two_states_back_and_forth() -> None:
    dice = random.Random(3)
    tiles = Tiles()
    states, steps = [tiles.copy()], []
    for step in range(60):
        rect = Rect(
            dice.randrange(-400, 400), dice.randrange(-400, 400), dice.randrange(1, 500), 99
        )
        if dice.random() < 0.3:
            tiles.fill(rect, (0, 0, 0, 0))
        else:
            tiles.write(rect, noise(rect.width, rect.height, step))
        tiles.trim(list(tiles))
        steps.append(tiles.difference(states[-1]))
        states.append(tiles.copy())
    area = Rect(-400, -400, 1400, 1000)
    for step, state in zip(reversed(steps), reversed(states[:-1]), strict=True):
        tiles.exchange(step)
        np.testing.assert_array_equal(tiles.read(area), state.read(area))
    assert len(tiles) == 0
    assert tiles.bounds() == EMPTY


def test_bounds_are_tight_without_looking_at_tiles_in_the_middle() -> None:
    tiles = Tiles()
    tiles.write(Rect(-20, 30, 5, 5), noise(5, 5))
    tiles.write(Rect(900, 1500, 7, 3), noise(7, 3))
    assert tiles.bounds() == Rect.edges(-20, 30, 907, 1503)
    mask = Tiles(1, empty=255)
    mask.fill(Rect(10, 20, 30, 40), (0,))
    assert mask.bounds() == Rect(10, 20, 30, 40)
    assert mask.read(Rect(9, 20, 2, 1)).tolist() == [[255, 0]]


def test_smaller_levels_follow_what_is_painted() -> None:
    tiles = Tiles.from_array(noise(1024, 1024))
    whole = Rect(0, 0, 1024, 1024)

    def expected(level: int) -> np.ndarray:
        pixels = tiles.read(whole)
        for _ in range(level):
            pixels = halved(pixels)
        return pixels

    for level in (1, 2, 3):
        shown = tiles.at_level(level, Rect(0, 0, 1024 >> level, 1024 >> level))
        np.testing.assert_array_equal(shown, expected(level))
    tiles.fill(Rect(300, 300, 200, 200), (9, 8, 7, 255))
    before = tiles.difference(tiles.copy())
    assert before == {}
    shown = tiles.at_level(2, Rect(0, 0, 256, 256))
    np.testing.assert_array_equal(shown, expected(2))
    tiles.fill(whole, (0, 0, 0, 0))
    assert tiles.at_level(2, Rect(0, 0, 64, 64)) is None


def test_shrinking_weighs_colors_by_their_alpha() -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0] = (200, 100, 50, 255)
    pixels[1, 1] = (0, 255, 0, 0)
    assert halved(pixels).tolist() == [[[200, 100, 50, 64]]]
