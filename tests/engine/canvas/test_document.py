from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest

from engine.canvas import composite, history, selection
from engine.canvas.brush import Brush
from engine.canvas.document import Document, from_picture
from engine.canvas.history import Change
from engine.canvas.layer import layer_of
from engine.canvas.raster import flattened
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError


def fingerprint(document: Document) -> str:
    digest = hashlib.sha256()
    for layer in document.layers:
        state = (layer.id, layer.name, layer.x, layer.y, layer.opacity, layer.visible, layer.locked)
        digest.update(repr(state).encode() + content(layer.tiles))
    digest.update(b"" if document.selection is None else content(document.selection))
    return digest.hexdigest()


def content(tiles: Tiles) -> bytes:
    kept = [(key, tiles.get(key)) for key in sorted(tiles)]
    return b"".join(repr(key).encode() + tile.tobytes() for key, tile in kept if tile is not None)


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)


def test_what_is_kept_and_copied_looks_as_if_all_was_blended() -> None:
    document = Document(700, 600, [layer_of("paper", np.full((600, 700, 4), 255, np.uint8))])
    document.add_layer("patch", noise(300, 200), x=-40, y=350)
    empty = document.add_layer("empty")
    document.add_layer("veil", noise(90, 90, 2), x=300, y=240)
    document.set_opacity(document.layers[-1].id, 0.4)
    for hidden in (False, True):
        document.set_visible(document.layers[0].id, not hidden)
        for active in document.layers:
            kept = document.composite(document.bounds, active.id)
            np.testing.assert_array_equal(kept, document.composite())
    document.paint(empty.id, [(310.0, 250.0, 1.0), (600.0, 500.0, 1.0)], Brush(20))
    np.testing.assert_array_equal(
        document.composite(document.bounds, empty.id), document.composite()
    )


def test_merging_down_looks_the_same_and_is_one_step() -> None:
    document = Document(60, 50, [layer_of("paper", np.full((50, 60, 4), 255, np.uint8))])
    low = document.add_layer("low", noise(30, 20), x=-5, y=4)
    high = document.add_layer("high", noise(40, 30, 1), x=10, y=30)
    document.set_opacity(high.id, 0.5)
    before, looks = fingerprint(document), document.composite()
    change = document.merge_down(high.id)
    assert [layer.name for layer in document.layers] == ["paper", "low"]
    assert document.layers[1].id == change.layer_id
    difference = np.abs(document.composite().astype(int) - looks)
    assert difference.max() <= 1
    document.undo()
    assert fingerprint(document) == before
    document.redo()
    assert len(document.layers) == 2
    document.undo()
    with pytest.raises(BadInputError, match="no layer below"):
        document.merge_down(document.layers[0].id)
    document.set_locked(low.id, True)
    with pytest.raises(BadInputError, match="locked"):
        document.merge_down(high.id)


def random_operation(document: Document, dice: random.Random) -> None:
    layers = document.layers
    layer = dice.choice(layers)
    point = lambda: (dice.uniform(-20, 120), dice.uniform(-20, 100), dice.random())  # noqa: E731
    rect = Rect(dice.randrange(-10, 80), dice.randrange(-10, 60), dice.randrange(40), 30)
    brush = Brush(dice.uniform(1, 25), dice.random(), (200, 30, 60), 0.7, erase=dice.random() < 0.3)
    operations = [
        lambda: document.paint(layer.id, [point(), point(), point()], brush),
        lambda: document.paint(layer.id, [point()], brush),
        lambda: document.add_layer("new", noise(30, 20, dice.randrange(99)), x=-5, y=70),
        lambda: document.duplicate_layer(layer.id, "copy"),
        lambda: document.remove_layer(layer.id) if len(layers) > 2 else None,
        lambda: document.reorder_layer(layer.id, dice.randrange(len(layers))),
        lambda: document.rename_layer(layer.id, f"name {dice.randrange(9)}"),
        lambda: document.set_visible(layer.id, dice.random() < 0.7),
        lambda: document.set_opacity(layer.id, dice.random(), continuing=dice.random() < 0.5),
        lambda: document.move_layer(layer.id, dice.randrange(-30, 60), dice.randrange(-30, 60)),
        lambda: document.select(selection.rectangle(document.size, rect)),
        lambda: document.select(selection.ellipse(document.size, rect)),
        lambda: document.select(None),
        lambda: document.fill(layer.id, (0, 200, 90)),
        lambda: document.clear(layer.id),
    ]
    dice.choice(operations)()


def test_200_random_operations_undone_give_the_first_state_and_redone_the_last() -> None:
    document = Document(
        97, 75, [layer_of("paper", noise(97, 75)), layer_of("ink", noise(40, 33), 9, -4)]
    )
    first = fingerprint(document)
    dice = random.Random(7)
    for _ in range(200):
        random_operation(document, dice)
    last = fingerprint(document)
    assert last != first
    while document.undo():
        pass
    assert fingerprint(document) == first
    while document.redo():
        pass
    assert fingerprint(document) == last


def test_redrawing_only_the_reported_rectangles_keeps_a_view_up_to_date() -> None:
    document = Document(
        97, 75, [layer_of("paper", noise(97, 75)), layer_of("ink", noise(40, 33), 9, -4)]
    )
    view = document.composite()
    dice = random.Random(11)
    for _ in range(150):
        before = [layer.id for layer in document.layers]
        choice = dice.random()
        if choice < 0.2:
            change = document.undo()
        elif choice < 0.3:
            change = document.redo()
        elif choice < 0.6:
            layer = dice.choice(document.layers)
            point = (dice.uniform(0, 97), dice.uniform(0, 75), 1.0)
            change = document.paint(layer.id, [point, (50, 40, 1)], Brush(6, 0.2, (9, 200, 9)))
        elif choice < 0.8:
            change = document.move_layer(dice.choice(before), dice.randrange(40), 3)
        else:
            change = document.reorder_layer(dice.choice(before), dice.randrange(len(before)))
        if change is not None and not change.rect.empty:
            view[change.rect.slices] = document.composite(change.rect)
        np.testing.assert_array_equal(view, document.composite())


def test_a_lone_layer_composites_to_its_own_bytes() -> None:
    pixels = noise(64, 48)
    pixels[pixels[..., 3] == 0] = 0
    np.testing.assert_array_equal(from_picture(pixels, "a").composite(), pixels)


def test_a_transparent_layer_changes_no_byte_of_what_is_under_it() -> None:
    document = from_picture(noise(64, 48), "a")
    before = document.composite()
    top = noise(64, 48, 2)
    top[..., 3] = 0
    document.add_layer("clear", top)
    np.testing.assert_array_equal(document.composite(), before)


def test_half_opaque_white_over_black_is_the_middle_gray() -> None:
    document = from_picture(np.zeros((2, 2, 3), np.uint8), "black")
    white = document.add_layer("white", np.full((2, 2, 3), 255, np.uint8))
    document.set_opacity(white.id, 0.5)
    assert document.composite()[0, 0].tolist() == [128, 128, 128, 255]


def test_any_rectangle_and_the_cached_way_equal_the_whole_composite() -> None:
    document = Document(
        300, 280, [layer_of("a", noise(300, 280)), layer_of("b", noise(100, 90, 1), 30, 9)]
    )
    document.add_layer("c", noise(200, 200, 3), x=150, y=-30)
    active = document.layers[1].id
    for rect in (Rect(0, 0, 300, 280), Rect(31, 250, 17, 30), Rect(250, 0, 50, 5)):
        whole = document.composite()[rect.slices]
        np.testing.assert_array_equal(document.composite(rect), whole)
        np.testing.assert_array_equal(document.composite(rect, active), whole)
    document.set_opacity(document.layers[0].id, 0.3)
    np.testing.assert_array_equal(document.composite(active=active), document.composite())


def test_dragging_a_slider_is_one_step() -> None:
    document = from_picture(noise(8, 8), "a")
    layer = document.layers[0]
    document.set_opacity(layer.id, 0.9)
    for value in (0.8, 0.5, 0.2):
        document.set_opacity(layer.id, value, continuing=True)
    change = document.undo()
    assert change == Change(Rect(0, 0, 8, 8), "Layer opacity", layer.id)
    assert layer.opacity == 1.0
    assert document.undo() is None


def test_a_step_costs_only_the_tiles_it_touched() -> None:
    document = Document(2048, 2048)
    layer = document.add_layer("ink")
    document.history._done.clear()
    document.fill(layer.id, (1, 2, 3))
    document.history._done.clear()
    document.paint(layer.id, [(1024, 1024, 1)], Brush(30))
    assert document.history._done[0].edit.bytes <= 4 * 256 * 256 * 4 + 64


def test_the_oldest_steps_are_dropped_beyond_the_budget() -> None:
    document = Document(256, 256)
    layer = document.add_layer("ink")
    document.history._budget = 3 * 256 * 256 * 4
    for step in range(100):
        document.paint(layer.id, [(20 + step, 20, 1)], Brush(5))
    undone = 0
    while document.undo():
        undone += 1
    assert undone == history.LEAST_STEPS


def test_a_new_step_forgets_what_was_undone() -> None:
    document = from_picture(noise(8, 8), "a")
    document.rename_layer(document.layers[0].id, "b")
    document.undo()
    document.rename_layer(document.layers[0].id, "c")
    assert document.redo() is None
    assert document.history.can_undo == "Rename layer"


def test_a_locked_layer_is_neither_painted_nor_moved_nor_removed() -> None:
    document = from_picture(noise(8, 8), "a")
    layer = document.layers[0]
    document.set_locked(layer.id, True)
    for operation in (
        lambda: document.paint(layer.id, [(1, 1, 1)], Brush()),
        lambda: document.move_layer(layer.id, 1, 1),
        lambda: document.remove_layer(layer.id),
        lambda: document.fill(layer.id, (1, 2, 3)),
    ):
        with pytest.raises(BadInputError, match="locked"):
            operation()


def test_a_stroke_beyond_what_a_layer_holds_makes_tiles_and_undo_takes_them_away() -> None:
    document = Document(100, 100, [layer_of("small", noise(10, 10), 40, 40)])
    layer = document.layers[0]
    before = content(layer.tiles)
    document.paint(layer.id, [(5, 5, 1)], Brush(4, 1.0, (255, 0, 0)))
    assert document.composite()[5, 5].tolist() == [255, 0, 0, 255]
    assert layer.bounds == Rect.edges(1, 1, 50, 50)
    assert len(layer.tiles) == 2
    document.undo()
    assert content(layer.tiles) == before
    assert layer.bounds == Rect(40, 40, 10, 10)


def test_filling_respects_the_selection() -> None:
    document = Document(20, 20)
    layer = document.add_layer("a")
    document.select(selection.rectangle(document.size, Rect(5, 5, 4, 4)))
    document.fill(layer.id, (10, 20, 30))
    picture = document.composite()
    assert (picture[5:9, 5:9] == (10, 20, 30, 255)).all()
    picture[5:9, 5:9] = 0
    assert not picture.any()


def test_changes_after_saving_are_noticed() -> None:
    document = from_picture(noise(8, 8), "a")
    assert not document.modified
    document.rename_layer(document.layers[0].id, "b")
    assert document.modified
    document.mark_saved(document.version)
    assert not document.modified
    document.undo()
    assert document.modified


def test_wrong_pixels_sizes_and_identifiers_are_refused() -> None:
    with pytest.raises(BadInputError, match="cannot be made"):
        Document(0, 5)
    document = from_picture(noise(8, 8), "a")
    with pytest.raises(BadInputError, match="8 bits"):
        document.add_layer("x", np.zeros((3, 3), np.uint8))
    with pytest.raises(BadInputError, match="one value"):
        document.select(Tiles(4))
    with pytest.raises(BadInputError, match="no longer"):
        document.set_visible("gone", True)


def test_flattening_lays_the_picture_over_a_color() -> None:
    rgba = np.array([[[255, 0, 0, 255], [0, 0, 0, 0]]], np.uint8)
    assert flattened(rgba, (10, 20, 30)).tolist() == [[[255, 0, 0], [10, 20, 30]]]


def test_the_bounds_of_selections_are_tight() -> None:
    assert selection.rectangle((50, 40), Rect(7, 3, 11, 5)).bounds() == Rect(7, 3, 11, 5)
    assert Tiles(1).bounds().empty


def test_lasso_and_ellipse_cover_the_area_they_should() -> None:
    ring = selection.ellipse((100, 100), Rect(10, 20, 60, 40)).read(Rect(0, 0, 100, 100)) / 255
    assert ring.sum() == pytest.approx(np.pi * 30 * 20, rel=0.02)
    points = [(10, 10), (90, 10), (10, 90)]
    triangle = selection.lasso((100, 100), points).read(Rect(0, 0, 100, 100)) / 255
    assert triangle.sum() == pytest.approx(80 * 80 / 2, rel=0.03)
    assert not len(selection.lasso((10, 10), [(1, 1), (2, 2)]))
    assert composite.composite([], Rect(0, 0, 2, 2)).sum() == 0


def test_each_step_is_named_on_both_sides_of_undo() -> None:
    document = from_picture(noise(8, 8), "a")
    history = document.history
    assert (history.can_undo, history.can_redo) == (None, None)
    document.rename_layer(document.layers[0].id, "b")
    assert (history.can_undo, history.can_redo) == ("Rename layer", None)
    document.undo()
    assert (history.can_undo, history.can_redo) == (None, "Rename layer")
