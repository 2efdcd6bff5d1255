from __future__ import annotations

import numpy as np
import pytest

from engine.canvas import selection
from engine.canvas.document import Document, from_picture
from engine.canvas.rect import Rect
from engine.canvas.removal import filled_in
from engine.runtime.errors import BadInputError
from tests.engine.canvas.test_patches import stripes

OBJECT = Rect(100, 80, 40, 50)


def spoiled() -> tuple[np.ndarray, Document]:
    """Stripes with a red object on them, which is selected; and the stripes alone."""
    picture = np.dstack([stripes(), np.full((220, 260), 255, np.uint8)])
    document = from_picture(picture, "paper")
    red = np.full((OBJECT.height, OBJECT.width, 4), (255, 0, 0, 255), np.uint8)
    document.add_layer("object", red, x=OBJECT.x, y=OBJECT.y)
    document.select(selection.rectangle(document.size, OBJECT.grown(1)))
    return picture, document


def test_an_object_goes_and_what_surrounds_it_goes_on() -> None:
    wanted, document = spoiled()
    before = document.composite()
    pixels, x, y = filled_in(document)
    document.add_layer("filled", pixels, x=x, y=y)
    after = document.composite()
    inside = np.zeros(wanted.shape[:2], bool)
    inside[OBJECT.slices] = True
    assert np.abs(after[inside].astype(int) - wanted[inside]).mean() < 6
    covered = np.zeros(wanted.shape[:2], bool)
    covered[Rect(x, y, *pixels.shape[1::-1]).slices] = pixels[..., 3] > 0
    np.testing.assert_array_equal(after[~covered], before[~covered])
    assert covered.sum() < 60 * 70


def test_transparent_surroundings_are_not_taken() -> None:
    _, document = spoiled()
    hole = np.zeros((220, 90, 4), np.uint8)
    paper = document.layers[0]
    document.set_pixels(paper.id, Rect(140, 0, 90, 220), hole, "Clear")
    pixels, _, _ = filled_in(document)
    assert (pixels[10:-10, 10:-10, 3] == 255).all()


def test_without_a_selection_or_without_surroundings_it_says_so() -> None:
    _, document = spoiled()
    document.select(selection.rectangle(document.size, document.bounds))
    with pytest.raises(BadInputError, match="nothing around the selection"):
        filled_in(document)
    document.select(None)
    with pytest.raises(BadInputError, match="Nothing is selected"):
        filled_in(document)


@pytest.mark.parametrize("place", [Rect(0, 0, 1, 1), Rect(259, 219, 1, 1), Rect(0, 100, 260, 2)])
def test_one_pixel_and_a_thin_line_are_filled(place: Rect) -> None:
    _, document = spoiled()
    document.select(selection.rectangle(document.size, place))
    pixels, x, y = filled_in(document)
    inside = place.moved(-x, -y).slices
    assert (pixels[inside][..., 3] == 255).all()
