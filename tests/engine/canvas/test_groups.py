from __future__ import annotations

import random

import numpy as np
import pytest

from engine.canvas import selection, storage
from engine.canvas.blending import MODES
from engine.canvas.brush import Brush
from engine.canvas.core import Guide
from engine.canvas.document import Document
from engine.canvas.layer import Group, Layer, Mask, layer_of
from engine.canvas.rect import Rect
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError

WHOLE = Rect(0, 0, 80, 60)


def plain(color: tuple[int, ...], rect: Rect = WHOLE, **values: object) -> Layer:
    pixels = np.full((rect.height, rect.width, 4), color, np.uint8)
    return layer_of("plain", pixels, rect.x, rect.y, **values)


def noise(seed: int, **values: object) -> Layer:
    pixels = np.random.default_rng(seed).integers(0, 256, (60, 80, 4), np.uint8)
    return layer_of(f"noise {seed}", pixels, **values)


def of(*nodes: Layer | Group) -> Document:
    return Document(80, 60, list(nodes))


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return int(np.abs(one.astype(int) - other).max()) <= 1


def test_a_group_that_passes_through_looks_as_if_its_layers_were_not_grouped() -> None:
    layers = [noise(1), noise(2, mode="multiply"), noise(3, mode="screen", opacity=0.7)]
    loose = of(*layers).composite()
    assert (of(layers[0], Group(name="g", children=layers[1:])).composite() == loose).all()


def test_an_isolated_group_blends_its_layers_only_with_each_other() -> None:
    red, gray = plain((255, 0, 0, 255)), plain((128, 128, 128, 255), mode="multiply")
    isolated = Group(name="g", children=[gray], passes_through=False)
    assert of(red, isolated).composite()[5, 5].tolist() == [128, 128, 128, 255]
    isolated.passes_through = True
    assert of(red, isolated).composite()[5, 5].tolist() == [128, 0, 0, 255]


def test_the_mode_of_a_group_acts_on_the_whole_of_it() -> None:
    red = plain((255, 0, 0, 255))
    white, gray = plain((255, 255, 255, 255)), plain((100, 200, 50, 255))
    group = Group(name="g", children=[white, gray], passes_through=False, mode="multiply")
    assert of(red, group).composite()[5, 5].tolist() == [100, 0, 0, 255]


def test_the_opacity_of_a_group_weakens_all_of_it_once() -> None:
    black = plain((0, 0, 0, 255))
    for passes in (True, False):
        group = Group(
            name="g",
            children=[plain((255, 255, 255, 255)), plain((255, 255, 255, 255))],
            opacity=0.5,
            passes_through=passes,
        )
        assert of(black, group).composite()[5, 5].tolist() == [128, 128, 128, 255]


def test_a_clipped_layer_is_seen_only_where_the_one_below_is() -> None:
    paper = plain((255, 255, 255, 255))
    base = plain((0, 0, 255, 255), Rect(10, 10, 20, 20), opacity=0.5)
    clipped = plain((255, 0, 0, 255), clipping=True)
    picture = of(paper, base, clipped).composite()
    assert picture[15, 15].tolist() == [255, 128, 128, 255]
    assert picture[5, 5].tolist() == [255, 255, 255, 255]
    base.visible = False
    assert (of(paper, base, clipped).composite() == 255).all()


def test_a_clipped_layer_blends_with_its_base_alone() -> None:
    paper = plain((255, 255, 255, 255))
    base = plain((200, 100, 50, 255), Rect(0, 0, 40, 60), mode="normal")
    shade = plain((128, 128, 128, 255), clipping=True, mode="multiply")
    picture = of(paper, base, shade).composite()
    assert picture[5, 5].tolist() == [100, 50, 25, 255]
    assert picture[5, 60].tolist() == [255, 255, 255, 255]


def test_a_mask_hides_and_what_lies_beyond_it_is_shown_or_hidden_as_it_says() -> None:
    tiles = Tiles(1, empty=255)
    tiles.fill(Rect(0, 0, 20, 60), (0,))
    layer = plain((9, 9, 9, 255))
    layer.mask = Mask(tiles)
    alpha = of(layer).composite()[..., 3]
    assert not alpha[:, :20].any()
    assert (alpha[:, 20:] == 255).all()
    layer.mask = Mask(tiles, x=10)
    assert not of(layer).composite()[:, 10:30, 3].any()
    layer.mask = Mask(tiles, enabled=False)
    assert (of(layer).composite()[..., 3] == 255).all()


def tree(seed: int) -> Document:
    """A document with everything that can be in one."""
    dice = random.Random(seed)
    mask = Tiles.from_array(np.random.default_rng(seed).integers(0, 256, (60, 80), np.uint8))

    def some() -> Layer:
        return noise(
            dice.randrange(99),
            mode=dice.choice(list(MODES)),
            opacity=dice.choice([1, 1, 0.6]),
            clipping=dice.random() < 0.3,
            mask=Mask(mask, dice.randrange(9)) if dice.random() < 0.3 else None,
        )

    inner = Group(name="inner", children=[some(), some()], passes_through=dice.random() < 0.5)
    outer = Group(
        name="outer",
        children=[some(), inner, some()],
        passes_through=dice.random() < 0.5,
        opacity=dice.choice([1, 0.5]),
    )
    return of(plain((240, 230, 220, 255)), some(), outer, some(), some())


@pytest.mark.parametrize("seed", range(12))
def test_any_rectangle_and_what_is_kept_for_painting_look_as_the_whole(seed: int) -> None:
    document = tree(seed)
    whole = document.composite()
    part = Rect(13, 7, 41, 29)
    assert (document.composite(part) == whole[part.slices]).all()
    for layer in document.layers:
        assert close(document.composite(document.bounds, layer.id), whole)
        document.paint(layer.id, [(20, 20, 1), (60, 40, 1)], Brush(6, 0.5, (200, 9, 9)))
        whole = document.composite()
        assert close(document.composite(document.bounds, layer.id), whole)
        document.set_visible(layer.id, False)
        assert close(document.composite(document.bounds, layer.id), document.composite())
        document.undo()


@pytest.mark.parametrize("seed", range(4))
def test_everything_comes_back_from_a_file(seed: int, tmp_path) -> None:
    document = tree(seed)
    document.set_alpha_locked(document.layers[0].id, True)
    storage.save(document, tmp_path / "a.kiln")
    opened = storage.load(tmp_path / "a.kiln")
    assert (opened.composite() == document.composite()).all()
    kept = ("id", "name", "mode", "opacity", "clipping", "visible", "locked")
    for one, other in zip(document.nodes(), opened.nodes(), strict=True):
        assert type(one) is type(other)
        assert [getattr(one, name) for name in kept] == [getattr(other, name) for name in kept]
    assert opened.layers[0].alpha_locked


def shape(document: Document) -> list[object]:
    def told(node: object) -> object:
        if isinstance(node, Group):
            return (node.name, [told(child) for child in node.children])
        assert isinstance(node, Layer)
        return node.name

    return [told(node) for node in document.root.children]


def test_layers_are_grouped_moved_between_groups_and_freed_each_as_one_step() -> None:
    document = Document(80, 60)
    a, b, c = (document.add_layer(name).id for name in "abc")
    group = document.group_nodes([a, b], "g")
    assert shape(document) == [("g", ["a", "b"]), "c"]
    document.reorder_layer(c, 1, group.id)
    assert shape(document) == [("g", ["a", "c", "b"])]
    outer = document.group_nodes([group.id], "outer")
    with pytest.raises(BadInputError, match="into itself"):
        document.reorder_layer(outer.id, 0, group.id)
    document.reorder_layer(b, 0, "")
    assert shape(document) == ["b", ("outer", [("g", ["a", "c"])])]
    document.ungroup(group.id)
    assert shape(document) == ["b", ("outer", ["a", "c"])]
    for _ in range(5):
        document.undo()
    assert shape(document) == ["a", "b", "c"]
    for _ in range(5):
        document.redo()
    assert shape(document) == ["b", ("outer", ["a", "c"])]


def test_a_locked_group_protects_what_it_holds() -> None:
    document = of(noise(1))
    group = document.group_nodes([document.layers[0].id], "g")
    document.set_locked(group.id, True)
    with pytest.raises(BadInputError, match="layer g is locked"):
        document.paint(document.layers[0].id, [(1, 1, 1)], Brush())
    document.set_locked(group.id, False)
    with pytest.raises(BadInputError, match="is a group"):
        document.begin_stroke(group.id, Brush())


def test_a_group_moves_with_all_it_holds_and_their_masks() -> None:
    document = of(noise(1), noise(2))
    one, two = document.layers
    document.select(selection.rectangle(document.size, Rect(0, 0, 30, 30)))
    document.add_mask(two.id, document.selection)
    before = document.composite()
    group = document.group_nodes([one.id, two.id], "g")
    document.move_by(group.id, 5, 3)
    document.move_by(group.id, 5, 3, continuing=True)
    moved = document.composite()
    np.testing.assert_array_equal(moved[6:, 10:], before[:-6, :-10])
    document.undo()
    np.testing.assert_array_equal(document.composite(), before)


def test_merging_keeps_the_looks() -> None:
    for seed in range(6):
        document = tree(seed)
        before = document.composite()
        group = next(node for node in document.nodes() if isinstance(node, Group))
        document.set_passing(group.id, False)
        isolated = document.composite()
        document.merge_group(group.id)
        # Rounded to bytes before it is blended, which some modes enlarge.
        difference = np.abs(document.composite().astype(int) - isolated)
        assert difference.mean() < 0.3
        document.undo()
        document.undo()
        assert (document.composite() == before).all()


def test_painting_on_a_mask_is_one_step_and_leaves_the_pixels_alone() -> None:
    document = of(plain((9, 9, 9, 255)))
    layer = document.layers[0]
    document.add_mask(layer.id)
    stroke = document.begin_stroke(layer.id, Brush(8, 1.0, erase=True), on_mask=True)
    stroke.to(20, 20)
    document.end_stroke()
    assert document.composite()[20, 20, 3] == 0
    assert (layer.pixels(WHOLE)[..., 3] == 255).all()
    document.undo()
    assert (document.composite()[..., 3] == 255).all()
    document.redo()
    assert document.composite()[20, 20, 3] == 0
    document.remove_mask(layer.id)
    assert (document.composite()[..., 3] == 255).all()


def changed(document: Document, dice: random.Random) -> bool:
    """Do something to the document; False when it was refused."""
    nodes = list(document.nodes())
    node, layer = dice.choice(nodes), dice.choice(document.layers)
    group = next((one.id for one in nodes if isinstance(one, Group)), "")
    operation = dice.choice(
        [
            lambda: document.set_mode(node.id, dice.choice(list(MODES))),
            lambda: document.set_clipping(node.id, dice.random() < 0.5),
            lambda: document.group_nodes([node.id], "g"),
            lambda: document.ungroup(group),
            lambda: document.reorder_layer(node.id, dice.randrange(4), group),
            lambda: document.move_by(node.id, dice.randrange(-9, 9), 2),
            lambda: document.duplicate_layer(node.id, "copy"),
            lambda: document.remove_layer(node.id) if len(nodes) > 6 else None,
            lambda: document.add_mask(node.id),
            lambda: document.enable_mask(node.id, False),
            lambda: document.merge_down(node.id),
            lambda: document.paint(layer.id, [(9, 9, 1), (50, 30, 1)], Brush(5)),
        ]
    )
    try:
        operation()
    except BadInputError:
        return False
    return True


def test_undoing_everything_on_a_tree_gives_the_first_state() -> None:
    document = tree(3)
    first = document.composite()
    dice = random.Random(5)
    done = sum(changed(document, dice) for _ in range(120))
    assert done > 60
    last = document.composite()
    while document.undo():
        pass
    np.testing.assert_array_equal(document.composite(), first)
    while document.redo():
        pass
    np.testing.assert_array_equal(document.composite(), last)


def test_cropping_moves_everything_cuts_nothing_off_and_is_one_step(tmp_path) -> None:
    document = tree(1)
    document.select(selection.rectangle(document.size, Rect(10, 10, 30, 20)))
    document.set_guides([Guide("x", 40), Guide("y", 5)])
    before = document.composite()
    document.crop(Rect(15, 8, 40, 30))
    assert document.size == (40, 30)
    np.testing.assert_array_equal(document.composite(), before[8:38, 15:55])
    assert document.selection is not None
    assert document.selection.bounds() == Rect(0, 2, 25, 20)
    assert document.guides == (Guide("x", 25), Guide("y", -3))
    storage.save(document, tmp_path / "a.kiln")
    assert storage.load(tmp_path / "a.kiln").guides == document.guides
    document.crop(Rect(-15, -8, 80, 60))
    np.testing.assert_array_equal(document.composite(), before)
    document.undo()
    document.undo()
    assert document.size == (80, 60)
    assert document.guides == (Guide("x", 40), Guide("y", 5))
    np.testing.assert_array_equal(document.composite(), before)
    with pytest.raises(BadInputError, match="cannot be made"):
        document.crop(Rect(0, 0, 0, 5))
