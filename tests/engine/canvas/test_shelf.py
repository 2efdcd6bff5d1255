"""The shelf: candidates beside a canvas file, packed once each."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from engine.canvas import shelf
from engine.canvas.shelf import Kept
from engine.runtime.errors import PictureError


def candidate(number, **values):
    pixels = np.random.default_rng(number).integers(0, 256, (20, 30, 4), np.uint8)
    return Kept(number=number, seed=number, x=3, y=4, **{"pixels": pixels, **values})


@pytest.fixture
def canvas(tmp_path):
    return tmp_path / "sheet.stylekiln"


def test_candidates_come_back_with_requests_layers_and_recipes(canvas):
    kept = [
        candidate(1, batch=1, layer="abc", recipe={"seed": 1}),
        candidate(2, batch=2, part="def"),
        candidate(3, batch=2, pixels=None, recipe={"image": {"prompt": "castle"}}),
    ]
    shelf.save(kept, canvas)
    again = shelf.load(canvas)
    assert [one.model_dump() for one in again] == [one.model_dump() for one in kept]
    assert (again[1].pixels == kept[1].pixels).all()
    assert again[2].pixels is None


def test_each_is_packed_once_as_long_as_it_lives(canvas, monkeypatch):
    packed = []
    png = shelf.png
    monkeypatch.setattr(shelf, "png", lambda pixels: packed.append(1) or png(pixels))
    kept = [candidate(number) for number in range(1, 4)]
    for count in (1, 2, 3, 3):
        shelf.save(kept[:count], canvas)
    assert len(packed) == 3
    assert len(shelf.load(canvas)) == 3
    before = len(shelf._packed)
    del kept
    gc.collect()
    assert len(shelf._packed) == before - 3


def test_none_leaves_no_shelf(canvas):
    shelf.save([candidate(1)], canvas)
    shelf.save([], canvas)
    assert not shelf.shelf_of(canvas).exists()
    assert shelf.load(canvas) == []


def test_a_damaged_one_is_told(canvas):
    shelf.save([candidate(1)], canvas)
    path = shelf.shelf_of(canvas)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PictureError):
        shelf.load(canvas)
