"""Candidates painted in through masks: joins without holes, one step per stroke, still editable."""

from __future__ import annotations

import numpy as np
import pytest

from engine.canvas import storage
from engine.canvas.brush import Brush
from engine.canvas.collage import PAINT_IN, TAKE_OUT
from engine.canvas.document import Document, from_picture
from engine.canvas.export import export_document
from engine.canvas.layer import Group, Layer, Mask, layer_of
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError

RED, GREEN, BLUE, GRAY = (220, 20, 20), (20, 220, 20), (20, 20, 220), (120, 120, 120)
SOFT = Brush(radius=24, hardness=0.0, spacing=0.1)
HARD = Brush(radius=20, hardness=1.0)
MIDDLE = [(64.0, 64.0, 1.0)]


def part(color, alpha=255, x=0, y=0, side=128, **values):
    pixels = np.full((side, side, 4), (*color, alpha), np.uint8)
    return layer_of("Candidate", pixels, x, y, mask=Mask(Tiles(1)), **values)


@pytest.fixture
def document() -> Document:
    return from_picture(np.full((128, 128, 3), GRAY, np.uint8), "Sketch")


def paint(document, layer, brush=SOFT, points=MIDDLE):
    stroke = document.begin_part("collage", layer, brush, name="Collage")
    for point in points:
        stroke.to(*point)
    return document.end_part()


def coverage(document, brush=SOFT, points=MIDDLE):
    """What a stroke covers, seen on an empty layer."""
    blank = Document(128, 128, [Layer(name="Blank")])
    blank.paint(blank.layers[0].id, points, brush)
    return blank.composite()[..., 3].astype(float) / 255


def mixed(before, color, share):
    return before + (np.array(color, float) - before) * share[..., None]


def colors(document):
    return document.composite()[..., :3].astype(float)


def test_the_first_stroke_shows_the_candidate_through_a_soft_mask(document):
    before = colors(document)
    change = paint(document, part(RED))
    assert np.abs(colors(document) - mixed(before, RED, coverage(document))).max() <= 1
    assert change.what == PAINT_IN
    group = document.root.children[-1]
    assert isinstance(group, Group)
    assert group.name == "Collage"
    assert [layer.mask is not None for layer in document.parts("collage")] == [True]


def test_a_stroke_is_one_step_also_where_it_brings_group_and_layer(document):
    steps = len(document.history.steps)
    paint(document, part(RED))
    painted = colors(document)
    assert len(document.history.steps) == steps + 1
    document.undo()
    assert (colors(document) == GRAY).all()
    assert len(document.root.children) == 1
    document.redo()
    assert (colors(document) == painted).all()
    document.undo()
    document.redo()
    assert (colors(document) == painted).all()


def test_any_number_of_parts_join_without_what_is_under_them_shining_through(document):
    """Each stroke looks as if its candidate had been painted over what was there."""
    layers = [part(RED), part(GREEN), part(BLUE)]
    expected = colors(document)
    random = np.random.default_rng(3)
    for _ in range(12):
        place = int(random.integers(3))
        points = [(float(x), float(y), 1.0) for x, y in random.uniform(20, 108, (3, 2))]
        share = coverage(document, SOFT, points)
        expected = mixed(expected, (RED, GREEN, BLUE)[place], share)
        paint(document, layers[place], SOFT, points)
    assert np.abs(colors(document) - expected).max() <= 6  # twelve roundings of masks
    assert len(document.parts("collage")) == 3


def test_a_lower_part_painted_over_an_upper_one_is_seen_at_once(document):
    below, above = part(RED), part(GREEN)
    paint(document, below, HARD)
    paint(document, above, HARD)
    assert tuple(colors(document)[64, 64]) == GREEN
    paint(document, below, HARD)
    assert tuple(colors(document)[64, 64]) == RED
    document.undo()
    assert tuple(colors(document)[64, 64]) == GREEN


def test_taking_out_gives_back_what_was_below(document):
    below, above = part(RED), part(GREEN)
    paint(document, below, HARD)
    paint(document, above, HARD)
    change = paint(document, above, Brush(radius=20, hardness=1.0, erase=True))
    assert change.what == TAKE_OUT
    assert tuple(colors(document)[64, 64]) == RED
    paint(document, below, Brush(radius=20, hardness=1.0, erase=True))
    assert tuple(colors(document)[64, 64]) == GRAY


def test_where_a_candidate_has_no_pixels_nothing_is_changed(document):
    paint(document, part(RED), HARD)
    paint(document, part(GREEN, x=64, side=64), HARD)
    seen = colors(document)
    assert tuple(seen[64, 50]) == RED
    assert tuple(seen[60, 70]) == GREEN


def test_a_half_transparent_edge_of_a_candidate_leaves_no_hole(document):
    paint(document, part(RED), HARD)
    below = colors(document)
    paint(document, part(GREEN, alpha=128), HARD)
    expected = mixed(below, GREEN, coverage(document, HARD) * 128 / 255)
    assert np.abs(colors(document) - expected).max() <= 2


def test_outside_the_selection_nothing_changes(document):
    document.select(Tiles.from_array(np.full((128, 64), 255, np.uint8)))
    paint(document, part(RED), HARD)
    assert tuple(colors(document)[64, 60]) == RED
    assert tuple(colors(document)[64, 70]) == GRAY


def test_a_stroke_beside_the_document_is_no_step_of_the_mask(document):
    layer = part(RED)
    paint(document, layer)
    steps = len(document.history.steps)
    assert paint(document, layer, SOFT, [(-500.0, -500.0, 1.0)]).what == ""
    assert len(document.history.steps) == steps


def test_locked_parts_are_not_painted(document):
    layer = part(RED)
    paint(document, layer)
    document.set_locked(layer.id, True)
    with pytest.raises(BadInputError):
        document.begin_part("collage", layer, SOFT)


def test_softened_joins_stay_closed(document):
    left = [(float(x), 64.0, 1.0) for x in range(0, 64, 4)]
    right = [(float(x), 64.0, 1.0) for x in range(64, 128, 4)]
    paint(document, part(RED), Brush(radius=60, hardness=1.0), left)
    paint(document, part(BLUE), Brush(radius=60, hardness=1.0), right)
    before = colors(document)[64]
    assert np.abs(np.diff(before[:, 0])).max() > 150
    masks = document.frozen().softened_masks("collage", 8.0)
    document.put_masks(masks, "Soften the joins")
    after = colors(document)[64]
    assert np.abs(np.diff(after[:, 0])).max() < 30
    assert (after[20:100, 1] < 30).all()  # nothing of the gray below
    document.undo()
    assert (colors(document)[64] == before).all()


def test_the_seams_lie_where_parts_join(document):
    paint(document, part(RED), HARD)
    seams = document.seams("collage", 9)
    assert seams is not None
    whole = seams.read(Rect(0, 0, 128, 128))
    assert whole[64, 84] == 255
    assert whole[64, 64] == 0
    assert whole[64, 110] == 0
    assert document.seams("nothing", 9) is None


def test_a_finished_collage_looks_the_same_and_keeps_all_recipes(document):
    small = [(64.0, 30.0, 1.0)]
    paint(document, part(GREEN, recipe={"seed": 2}), Brush(radius=9, hardness=1.0), small)
    paint(document, part(RED, recipe={"seed": 1}), SOFT)
    paint(document, part(BLUE, recipe={"seed": 3}), SOFT, [(-90.0, 0.0, 1.0)])
    before = colors(document)
    merged = document.finish_collage("collage", "Idol")
    assert np.abs(colors(document) - before).max() <= 1
    assert merged.recipe == {"collage": [{"seed": 1}, {"seed": 2}]}
    assert [node.name for node in document.root.children] == ["Sketch", "Idol"]
    document.undo()
    assert len(document.parts("collage")) >= 2


def test_a_collage_is_saved_and_exported_with_its_masks(document, tmp_path):
    import psd_tools

    paint(document, part(RED), SOFT)
    paint(document, part(GREEN), HARD, [(100.0, 100.0, 1.0)])
    before = colors(document)
    storage.save(document, tmp_path / "a.stylekiln")
    again = storage.load(tmp_path / "a.stylekiln")
    assert (colors(again) == before).all()
    assert len(again.parts("collage")) == 2
    export_document(document, tmp_path / "a.psd")
    psd = psd_tools.PSDImage.open(tmp_path / "a.psd")
    group = psd[-1]
    assert group.is_group()
    assert [layer.mask is not None for layer in group] == [True, True]


def test_a_stroke_costs_the_history_what_it_touched(document):
    layer = part(RED)
    paint(document, layer)
    paint(document, layer, SOFT, [(40.0, 40.0, 1.0)])
    assert document.history.steps[-1].bytes < 2 * 256 * 256
