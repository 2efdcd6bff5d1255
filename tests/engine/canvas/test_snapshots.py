from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from engine.canvas import selection, storage
from engine.canvas.brush import Brush
from engine.canvas.document import Document
from engine.canvas.layer import Group
from engine.canvas.rect import Rect
from engine.canvas.tiles import TILE, Tiles
from tests.engine.canvas.test_groups import noise, shape

BRUSH = Brush(radius=9, color=(1, 2, 3))


def blobs(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return len(archive.namelist())


def painted() -> Document:
    document = Document(80, 60, [noise(1), Group(name="g", children=[noise(2, opacity=0.6)])])
    document.select(selection.rectangle(document.size, Rect(0, 0, 50, 60)))
    return document


def test_going_to_a_snapshot_brings_all_back_and_is_one_step() -> None:
    document = painted()
    then, held = document.composite(), document.selection_bounds
    snapshot = document.take_snapshot("first")
    steps = document.history.position
    document.paint(document.layers[0].id, [(20, 20, 1)], BRUSH)
    document.select(None)
    document.remove_layer(document.root.children[1].id)
    later = document.composite()
    document.go_to_snapshot(snapshot)
    assert document.history.can_undo == "Go to snapshot"
    assert (document.composite() == then).all()
    assert document.selection_bounds == held
    assert shape(document) == ["noise 1", ("g", ["noise 2"])]
    document.undo()
    assert (document.composite() == later).all()
    document.go_to(steps)
    assert (document.composite() == then).all()


def test_what_is_painted_after_going_to_a_snapshot_leaves_it_as_it_was() -> None:
    document = painted()
    then = document.composite()
    snapshot = document.take_snapshot("first")
    for _ in range(2):
        document.go_to_snapshot(snapshot)
        document.paint(document.layers[1].id, [(20, 20, 1)], BRUSH)
        assert (document.composite() != then).any()
    document.go_to_snapshot(snapshot)
    assert (document.composite() == then).all()
    document.go_to(0)
    document.go_to(len(document.history.steps))
    assert (document.composite() == then).all()


def test_snapshots_are_saved_with_the_document_and_share_its_tiles(tmp_path: Path) -> None:
    document = painted()
    storage.save(document, tmp_path / "without.kiln")
    then = document.composite()
    for name in ("one", "二"):
        document.take_snapshot(name)
    assert document.modified
    document.paint(document.layers[0].id, [(20, 20, 1)], BRUSH)
    storage.save(document.frozen(), tmp_path / "with.kiln")
    document.undo()
    storage.save(document, tmp_path / "same.kiln")
    assert blobs(tmp_path / "same.kiln") == blobs(tmp_path / "without.kiln") + 1  # the preview
    loaded = storage.load(tmp_path / "with.kiln")
    assert [one.name for one in loaded.snapshots] == ["one", "二"]
    assert (loaded.snapshots[0].preview == then).all()
    assert (loaded.composite() != then).any()
    loaded.go_to_snapshot(loaded.snapshots[1])
    assert (loaded.composite() == then).all()
    assert loaded.selection_bounds == Rect(0, 0, 50, 60)


def test_a_preview_is_small_whatever_the_document_is() -> None:
    document = Document(3000, 100)
    document.fill(document.add_layer("a").id, (10, 20, 30))
    preview = document.take_snapshot("wide").preview
    assert max(preview.shape[:2]) <= 96
    assert preview[0, 0].tolist() == [10, 20, 30, 255]


def test_three_hundred_steps_are_kept_and_gone_through() -> None:
    document = Document(80, 60)
    layer = document.add_layer("a").id
    pictures = [document.composite()]
    for number in range(300):
        point = (number % 80, number * 7 % 60, 1.0)
        document.paint(layer, [point], Brush(radius=3, color=(number % 256, 9, 9)))
        pictures.append(document.composite())
    assert len(document.history.steps) == 301
    for place in (12, 250, 0, 300, 199):
        change = document.go_to(place + 1)
        assert change is not None
        assert not change.rect.empty
        np.testing.assert_array_equal(document.composite(), pictures[place])
    assert document.go_to(200) is None
    assert all(step.at > 0 for step in document.history.steps)


def test_a_stroke_on_a_large_mask_costs_only_the_tiles_it_touched() -> None:
    document = Document(4096, 4096)
    layer = document.add_layer("a").id
    mask = np.random.default_rng(1).integers(0, 256, (4096, 4096), np.uint8)
    document.add_mask(layer, Tiles.from_array(mask))
    before = document.history.bytes
    stroke = document.begin_stroke(layer, BRUSH, on_mask=True)
    stroke.to(20, 20)
    document.end_stroke()
    document.move_by(layer, 5, 5)
    assert document.history.bytes - before < 2 * TILE * TILE
    document.undo()
    document.undo()
    assert (document.mask_picture(layer, document.bounds)[..., 0] == mask).all()
