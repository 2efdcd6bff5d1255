"""Another size for the whole document, and back by one step."""

from __future__ import annotations

import numpy as np
import pytest

from engine.canvas import selection
from engine.canvas.core import Guide
from engine.canvas.document import Document
from engine.canvas.layer import Mask, layer_of
from engine.canvas.rect import Rect
from engine.canvas.resizing import resized
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError


@pytest.fixture
def document():
    pixels = np.random.default_rng(2).integers(1, 256, (50, 40, 4), np.uint8)
    layer = layer_of("noise", pixels, 11, 7)
    layer.mask = Mask(Tiles.from_array(np.full((20, 20), 200, np.uint8)), 15, 9)
    made = Document(120, 80, [layer])
    made.select(selection.rectangle(made.size, Rect(10, 10, 20, 20)))
    made.set_guides([Guide("x", 30), Guide("y", 20)])
    return made


def test_everything_comes_along_and_goes_back_by_one_step(document):
    before = document.composite()
    change = document.put_resized(resized(document.frozen(), (360, 160), "nearest"))
    assert change is not None
    assert change.what == "Image size"
    assert document.size == (360, 160)
    wanted = np.repeat(np.repeat(before, 2, 0), 3, 1)
    assert (document.composite() == wanted).all()
    assert document.selection_bounds == Rect(30, 20, 60, 40)
    assert document.guides == (Guide("x", 90), Guide("y", 40))
    document.undo()
    assert document.size == (120, 80)
    assert (document.composite() == before).all()
    assert document.guides == (Guide("x", 30), Guide("y", 20))
    assert document.selection_bounds == Rect(10, 10, 20, 20)


def test_a_layer_keeps_its_place_when_it_shrinks(document):
    document.put_resized(resized(document.frozen(), (60, 40), "area"))
    layer = document.layers[0]
    bounds = layer.bounds
    assert abs(bounds.x - 5.5) <= 1
    assert abs(bounds.y - 3.5) <= 1
    assert abs(bounds.width - 20) <= 1
    assert layer.mask.tiles.bounds().width in (10, 11)


def test_what_changed_meanwhile_is_not_lost(document):
    made = resized(document.frozen(), (60, 40), "linear")
    document.fill(document.layers[0].id, (1, 2, 3))
    assert document.put_resized(made) is None
    assert document.size == (120, 80)


def test_sides_that_no_document_has_are_refused(document):
    with pytest.raises(BadInputError):
        resized(document.frozen(), (0, 10), "linear")
