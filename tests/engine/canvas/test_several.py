from __future__ import annotations

import numpy as np
import pytest

from engine.canvas.brush import Brush
from engine.canvas.document import Document
from engine.canvas.layer import Group, Layer
from engine.canvas.rect import Rect
from engine.runtime.errors import BadInputError
from tests.engine.canvas.test_groups import noise, of, plain, shape


def named(document: Document) -> dict[str, str]:
    return {node.name: node.id for node in document.nodes()}


def letters() -> Document:
    """Layers a to e; b and c lie in the group g."""
    document = Document(80, 60)
    for name in "abcde":
        document.add_layer(name)
    ids = named(document)
    document.group_nodes([ids["b"], ids["c"]], "g")
    return document


def test_layers_of_several_groups_are_grouped_at_the_place_of_the_topmost() -> None:
    document = letters()
    ids = named(document)
    document.group_nodes([ids["d"], ids["a"], ids["b"]], "new")
    assert shape(document) == [("g", ["c"]), ("new", ["a", "b", "d"]), "e"]
    document.undo()
    assert shape(document) == ["a", ("g", ["b", "c"]), "d", "e"]
    document.group_nodes([ids["g"], ids["c"], ids["d"]], "new")
    assert shape(document) == ["a", ("new", [("g", ["b", "c"]), "d"]), "e"]


def test_several_layers_are_placed_in_their_order_by_one_step() -> None:
    document = letters()
    ids = named(document)
    document.place_nodes([ids["e"], ids["a"]], 1, ids["g"])
    assert shape(document) == [("g", ["b", "a", "e", "c"]), "d"]
    document.place_nodes([ids["b"], ids["c"]], 1)
    assert shape(document) == [("g", ["a", "e"]), "b", "c", "d"]
    with pytest.raises(BadInputError, match="into itself"):
        document.place_nodes([ids["g"]], 0, ids["g"])
    document.undo()
    document.undo()
    assert shape(document) == ["a", ("g", ["b", "c"]), "d", "e"]


def test_several_layers_are_removed_copied_hidden_and_moved_each_by_one_step() -> None:
    document = of(noise(1), Group(name="g", children=[noise(2)]), noise(3))
    before, first = document.composite(), [node.id for node in document.root.children]
    document.show_nodes(first[1:], False)
    assert (document.composite() == of(noise(1)).composite()).all()
    document.undo()
    copies = document.duplicate_nodes({first[0]: "one copy", first[1]: "g copy"})
    assert shape(document) == [
        "noise 1", "one copy", ("g", ["noise 2"]), ("g copy", ["noise 2"]), "noise 3",
    ]  # fmt: skip
    assert len({node.id for node in document.nodes()}) == len(list(document.nodes()))
    document.remove_nodes([first[2], copies[0].id])
    assert shape(document) == ["noise 1", ("g", ["noise 2"]), ("g copy", ["noise 2"])]
    document.undo()
    document.undo()
    document.move_nodes(first, 4, 0)
    document.move_nodes(first, 0, 2, continuing=True)
    assert (document.composite()[2:, 4:] == before[:-2, :-4]).all()
    document.undo()
    assert (document.composite() == before).all()
    assert document.history.position == 0


def test_several_layers_become_one_at_the_place_of_the_topmost() -> None:
    red, green = plain((255, 0, 0, 255), Rect(0, 0, 40, 60)), plain((0, 255, 0, 128))
    blue = plain((0, 0, 255, 255), Rect(50, 0, 10, 60), clipping=True)
    for layer, name in ((red, "red"), (green, "green"), (blue, "blue")):
        layer.name = name
    document = of(red, noise(1, x=60), green, blue, noise(2, x=70))
    alone = of(*(layer for layer in (red, green, blue))).composite()
    document.merge_nodes([blue.id, red.id, green.id])
    assert shape(document) == ["noise 1", "blue", "noise 2"]
    merged = document.layers[1]
    assert (merged.pixels(document.bounds) == alone).all()
    assert (merged.clipping, merged.opacity) == (False, 1.0)
    document.undo()
    assert shape(document) == ["red", "noise 1", "green", "blue", "noise 2"]


def test_one_locked_layer_keeps_all_from_being_removed() -> None:
    document = letters()
    ids = named(document)
    document.set_locked(ids["d"], True)
    with pytest.raises(BadInputError, match="layer d is locked"):
        document.remove_nodes([ids["a"], ids["d"]])
    assert shape(document) == ["a", ("g", ["b", "c"]), "d", "e"]


def test_a_mask_is_worked_into_the_pixels_and_looks_the_same() -> None:
    document = of(plain((9, 9, 9, 255)), noise(2, x=7))
    top = document.layers[1].id
    document.add_mask(top)
    brush = Brush(radius=15, hardness=0.3, erase=True)
    stroke = document.begin_stroke(top, brush, on_mask=True)
    stroke.to(30, 30)
    document.end_stroke()
    masked = document.composite()
    document.apply_mask(top)
    assert document.layers[1].mask is None
    assert np.abs(document.composite().astype(int) - masked).max() <= 1
    assert document.layers[1].pixels(Rect(30, 30, 1, 1))[0, 0, 3] == 0
    document.undo()
    assert document.layers[1].mask is not None
    assert (document.composite() == masked).all()


def test_a_mask_is_inverted_and_filled_where_something_is_selected() -> None:
    from engine.canvas import selection

    document = of(plain((9, 9, 9, 255)))
    layer = document.layers[0].id
    document.add_mask(layer, selection.rectangle(document.size, Rect(0, 0, 40, 60)))
    document.invert_mask(layer)
    alpha = document.composite()[..., 3]
    assert not alpha[:, :40].any()
    assert (alpha[:, 40:] == 255).all()
    document.select(selection.rectangle(document.size, Rect(0, 0, 10, 60)))
    document.fill_mask(layer, 255)
    picture = document.mask_picture(layer, document.bounds)
    assert (picture[..., :3] == document.composite()[..., 3:4]).all()
    assert (picture[:, :10] == 255).all()
    assert (picture[:, 10:40, 0] == 0).all()
    assert document.mask_picture(layer, Rect(0, 0, 20, 15), 2)[0, 19].tolist() == [255] * 4


def test_a_mask_of_a_group_cannot_be_worked_into_pixels() -> None:
    document = letters()
    group = named(document)["g"]
    document.add_mask(group)
    with pytest.raises(BadInputError, match="is a group"):
        document.apply_mask(group)


def test_a_flattened_group_has_its_mask_and_opacity_in_its_pixels() -> None:
    paper, black = plain((255, 255, 255, 255)), plain((0, 0, 0, 255), Rect(0, 0, 40, 60))
    document = of(paper, Group(name="g", children=[black], opacity=0.5, passes_through=False))
    group = document.root.children[1].id
    document.add_mask(group)
    document.set_mode(group, "multiply")
    before = document.composite()
    document.flatten_group(group)
    flat = document.root.children[1]
    assert isinstance(flat, Layer)
    assert (flat.opacity, flat.mask, flat.mode) == (1.0, None, "multiply")
    assert np.abs(document.composite().astype(int) - before).max() <= 1
    document.undo()
    assert (document.composite() == before).all()
