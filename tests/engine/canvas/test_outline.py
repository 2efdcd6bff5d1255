from __future__ import annotations

import numpy as np

from engine.canvas.outline import MOST_POINTS, outline
from engine.canvas.rect import Rect
from engine.canvas.selecting import feathered, joined
from engine.canvas.selection import ellipse, lasso, rectangle
from engine.canvas.tiles import Tiles

SIZE = (900, 700)
AREA = Rect(0, 0, *SIZE)


def corners(line: np.ndarray) -> set[tuple[float, float]]:
    return {(float(x), float(y)) for x, y in line}


def test_the_outline_of_a_rectangle_is_its_four_corners() -> None:
    [line] = outline(rectangle(SIZE, Rect(20, 30, 300, 400)), AREA, 0).edge
    assert corners(line) == {(20, 30), (320, 30), (320, 430), (20, 430)}


def test_a_hole_has_an_outline_of_its_own() -> None:
    ring = joined(
        rectangle(SIZE, Rect(100, 100, 400, 400)),
        rectangle(SIZE, Rect(200, 250, 60, 50)),
        "subtract",
    )
    lines = outline(ring, AREA, 0).edge
    around = sorted((*line.min(axis=0).tolist(), *line.max(axis=0).tolist()) for line in lines)
    assert around == [(100, 100, 500, 500), (200, 250, 260, 300)]


def test_all_of_the_document_is_outlined_at_its_border() -> None:
    beyond = AREA.grown(100)
    [line] = outline(rectangle(SIZE, AREA), beyond, 0).edge
    assert corners(line) == {(0, 0), (900, 0), (900, 700), (0, 700)}


def test_one_pixel_has_a_square_around_it() -> None:
    [line] = outline(rectangle(SIZE, Rect(256, 255, 1, 1)), AREA, 0).edge
    assert corners(line) == {(256, 255), (257, 255), (257, 256), (256, 256)}


def test_a_shrunk_look_finds_the_same_within_its_pixels() -> None:
    circle = ellipse(SIZE, Rect(100, 100, 500, 500))
    for level in (1, 2, 3):
        [line] = outline(circle, AREA, level).edge
        away = np.hypot(*(line - 350).T) - 250
        assert np.abs(away).max() <= 1.5 * 2**level


def test_the_edge_of_a_fading_selection_is_where_half_is_selected() -> None:
    soft = feathered(rectangle(SIZE, Rect(200, 200, 300, 300)), 20, AREA)
    [line] = outline(soft, AREA, 0).edge
    assert line[:, 0].min() == 200
    assert line[:, 0].max() == 500


def test_the_reach_lies_at_its_distance() -> None:
    found = outline(rectangle(SIZE, Rect(300, 300, 100, 100)), AREA, 0, 40)
    [line] = found.reach
    assert line[:, 0].min() == 260
    assert line[:, 1].max() == 440
    assert not outline(rectangle(SIZE, Rect(300, 300, 100, 100)), AREA, 0).reach


def test_what_nobody_could_follow_is_looked_at_coarser() -> None:
    noise = np.random.default_rng(1).integers(0, 2, (700, 900), np.uint8) * np.uint8(255)
    lines = outline(Tiles.from_array(noise), AREA, 0).edge
    assert sum(map(len, lines)) <= MOST_POINTS


def test_nothing_selected_has_no_outline() -> None:
    assert outline(Tiles(1), AREA, 0, 10) == ([], [])


def test_a_lasso_larger_than_a_band_is_whole() -> None:
    drawn = lasso((900, 1500), [(10, 10), (800, 10), (800, 1400), (10, 1400)])
    assert drawn.bounds() == Rect(10, 10, 790, 1390)
    assert drawn.read(Rect(10, 10, 790, 1390)).min() == 255


def test_an_ellipse_larger_than_a_band_is_whole() -> None:
    drawn = ellipse((1500, 1500), Rect(100, 50, 1200, 1400)).read(Rect(0, 0, 1500, 1500))
    assert abs(int((drawn > 127).sum()) - np.pi * 600 * 700) < 200
    assert (drawn[50:1450] == drawn[50:1450][::-1]).all()
