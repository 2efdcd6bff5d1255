from __future__ import annotations

import numpy as np
import pytest

from engine.canvas import color_selection, selecting
from engine.canvas.document import from_picture
from engine.canvas.rect import Rect
from engine.canvas.selection import ellipse, rectangle
from engine.canvas.tiles import Tiles

AREA = Rect(0, 0, 900, 700)
SIZE = 900, 700


def pixels(selection: Tiles) -> np.ndarray:
    return selection.read(AREA)


def test_selections_are_added_subtracted_and_intersected() -> None:
    one, other = rectangle(SIZE, Rect(10, 10, 400, 300)), rectangle(SIZE, Rect(200, 100, 600, 500))
    a, b = pixels(one) > 0, pixels(other) > 0
    join = lambda how: pixels(selecting.joined(one, other, how)) > 0  # noqa: E731
    assert (join("add") == (a | b)).all()
    assert (join("subtract") == (a & ~b)).all()
    assert (join("intersect") == (a & b)).all()
    assert (join("replace") == b).all()
    assert selecting.joined(None, other, "intersect").bounds().empty
    assert selecting.joined(None, other, "subtract").bounds().empty
    assert (pixels(selecting.joined(None, other, "add")) == pixels(other)).all()


def test_soft_edges_join_softly() -> None:
    one, other = ellipse(SIZE, Rect(10, 10, 100, 100)), ellipse(SIZE, Rect(60, 10, 100, 100))
    expected = np.minimum(pixels(one), 255 - pixels(other))
    assert (pixels(selecting.joined(one, other, "subtract")) == expected).all()


def test_inverting_twice_gives_the_first_selection() -> None:
    one = ellipse(SIZE, Rect(100, 200, 300, 100))
    other = selecting.inverted(one, AREA)
    assert (pixels(other) == 255 - pixels(one)).all()
    assert (pixels(selecting.inverted(other, AREA)) == pixels(one)).all()
    assert other.read(Rect(-5, -5, 5, 5)).max() == 0
    whole = selecting.inverted(Tiles(1), AREA)
    assert whole.bounds() == AREA
    assert selecting.inverted(whole, AREA).bounds().empty


@pytest.mark.parametrize(
    "rect", [Rect(250, 250, 30, 20), Rect(0, 0, 300, 40), Rect(500, 650, 99, 50)]
)
@pytest.mark.parametrize("distance", [1, 7, 40])
def test_growing_moves_every_edge_but_that_of_the_document(rect: Rect, distance: int) -> None:
    grown = selecting.grown(rectangle(SIZE, rect), distance, AREA)
    assert grown.bounds() == rect.grown(distance).intersected(AREA)
    back = selecting.grown(rectangle(SIZE, rect.grown(distance)), -distance, AREA)
    kept = pixels(back) > 0
    assert kept[rect.slices].all()
    outside = kept.copy()
    outside[rect.intersected(AREA).slices] = False
    # What reached the border of the document stays there: it is no edge.
    assert outside.sum() == 0 or rect.grown(distance).intersected(AREA) != rect.grown(distance)


def test_what_covers_the_document_neither_shrinks_nor_fades() -> None:
    whole = rectangle(SIZE, AREA)
    assert selecting.grown(whole, -30, AREA).bounds() == AREA
    assert (pixels(selecting.feathered(whole, 20, AREA)) == 255).all()
    assert selecting.grown(rectangle(SIZE, Rect(5, 5, 9, 9)), -5, AREA).bounds().empty


def test_work_in_tiles_is_work_on_the_whole() -> None:
    import cv2

    one = ellipse(SIZE, Rect(150, 180, 500, 300))
    soft = selecting.feathered(one, 12, AREA)
    expected = cv2.GaussianBlur(pixels(one), (0, 0), 12, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(pixels(soft).astype(int) - expected).max() <= 1
    assert 100 < soft.read(Rect(150, 330, 1, 1))[0, 0] < 155
    hard = pixels(selecting.sharpened(soft, AREA))
    assert set(np.unique(hard)) == {0, 255}


def test_a_feathered_selection_of_one_pixel_and_of_none_is_no_error() -> None:
    one = rectangle(SIZE, Rect(899, 699, 1, 1))
    assert selecting.feathered(one, 3, AREA).bounds().right == 900
    for change in (selecting.feathered, selecting.grown):
        assert change(Tiles(1), 5, AREA).bounds().empty


def test_moving_drops_what_leaves_the_document() -> None:
    one = rectangle(SIZE, Rect(10, 10, 100, 100))
    assert selecting.moved(one, -50, 5, AREA).bounds() == Rect(0, 15, 60, 100)
    assert selecting.moved(one, -500, 0, AREA).bounds().empty


def wand(picture: np.ndarray, at: tuple[int, int], tolerance: int, contiguous: bool = True) -> int:
    found = color_selection.like(from_picture(picture, ""), at, tolerance, contiguous=contiguous)
    return int((found.read(Rect(0, 0, picture.shape[1], picture.shape[0])) == 255).sum())


def test_the_wand_takes_like_colors_that_hang_together() -> None:
    picture = np.zeros((700, 60, 4), np.uint8)
    picture[...] = (100, 100, 100, 255)
    picture[5:15, 5:15] = picture[605:615, 40:50] = (200, 50, 50, 255)
    picture[6, 6] = (190, 60, 50, 255)
    picture[15, 15] = (200, 50, 50, 255)  # touches with a corner only
    assert wand(picture, (10, 10), 12) == 100
    assert wand(picture, (10, 10), 0) == 99
    assert wand(picture, (10, 10), 12, contiguous=False) == 201
    assert wand(picture, (0, 0), 0) == 700 * 60 - 201


def test_the_wand_looks_at_one_layer_or_at_the_picture() -> None:
    document = from_picture(np.full((40, 40, 4), 255, np.uint8), "paper")
    dot = document.add_layer("dot", np.full((10, 10, 4), (9, 9, 9, 255), np.uint8), x=5, y=5)
    area = Rect(0, 0, 40, 40)
    seen = color_selection.like(document, (7, 7), 5)
    assert seen.bounds() == Rect(5, 5, 10, 10)
    paper = color_selection.like(document, (7, 7), 5, layer_id=document.layers[0].id)
    assert paper.bounds() == area
    beside = color_selection.like(document, (30, 30), 5, layer_id=dot.id)
    assert (beside.read(area) == 255).sum() == 1600 - 100


def test_a_color_range_is_found_in_all_of_a_document() -> None:
    picture = np.full((600, 30, 4), (0, 0, 200, 255), np.uint8)
    picture[550:, :, :3] = (250, 10, 10)
    found = color_selection.of_range(
        from_picture(picture, ""), np.array([[255, 0, 0, 255]], np.uint8), 100
    )
    mask = found.read(Rect(0, 0, 30, 600))
    assert (mask[550:] > 200).all()
    assert not mask[:550].any()


def test_hidden_colors_are_alike_for_the_wand() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (20, 20, 4), np.uint8)
    picture[..., 3] = 0
    assert wand(picture, (3, 3), 0) == 400


def test_a_color_range_fades_with_the_distance_of_colors() -> None:
    picture = np.zeros((1, 6, 4), np.uint8)
    picture[..., 3] = 255
    picture[0, :, 0] = [0, 10, 20, 30, 40, 255]
    mask = selecting.of_colors(picture, np.array([[0, 0, 0, 255]], np.uint8), 40)
    assert mask[0].tolist() == [255, 191, 128, 64, 0, 0]
    both = np.array([[0, 0, 0, 255], [255, 0, 0, 255]], np.uint8)
    assert selecting.of_colors(picture, both, 40)[0, 5] == 255
