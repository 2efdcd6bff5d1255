from __future__ import annotations

import numpy as np
import pytest

from engine.canvas import shapes
from engine.canvas.covering import Gradient, Plain
from engine.canvas.document import Document
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.canvas.selection import lasso, rectangle
from engine.canvas.tiles import Tiles
from engine.runtime.errors import BadInputError

SIZE = (600, 500)
AREA = Rect(0, 0, *SIZE)
RED, BLUE = (200, 0, 0), (0, 0, 200)


def document(pixels: np.ndarray | None = None, x: int = 0, y: int = 0) -> Document:
    pixels = np.zeros((500, 600, 4), np.uint8) if pixels is None else pixels
    layer = layer_of("paint", pixels)
    layer.x, layer.y = x, y
    return Document(*SIZE, [layer])


def lay(made: Document, mask: Tiles | None, paint, opacity: float = 1.0) -> np.ndarray:
    covering = made.covering(made.layers[0].id)
    change = made.put_covering(covering, covering.painted(mask, paint, opacity), "Shape")
    assert change is not None
    return made.composite()


def test_a_shape_is_painted_where_its_mask_is_and_nowhere_else() -> None:
    made = document()
    seen = lay(made, shapes.rectangle(SIZE, Rect(100, 120, 300, 200)), Plain(RED))
    assert (seen[120:320, 100:400] == (*RED, 255)).all()
    seen[120:320, 100:400] = 0
    assert not seen.any()
    made.undo()
    assert not made.composite().any()
    assert made.history.can_undo is None


def test_selection_layer_place_and_opacity_count() -> None:
    made = document(np.full((200, 200, 4), 255, np.uint8), 50, 60)
    made.select(rectangle(SIZE, Rect(0, 0, 100, 500)))
    seen = lay(made, shapes.rectangle(SIZE, Rect(80, 90, 100, 20)), Plain((0, 0, 0)), 0.5)
    assert tuple(seen[95, 90]) == (128, 128, 128, 255)
    assert tuple(seen[95, 101]) == (255, 255, 255, 255)
    assert tuple(seen[89, 90]) == (255, 255, 255, 255)


def test_locked_alpha_keeps_what_is_transparent() -> None:
    pixels = np.zeros((500, 600, 4), np.uint8)
    pixels[:, :300] = (9, 9, 9, 255)
    made = document(pixels)
    made.set_alpha_locked(made.layers[0].id, True)
    seen = lay(made, None, Plain(RED))
    assert (seen[:, :300] == (*RED, 255)).all()
    assert not seen[:, 300:, 3].any()


def test_a_locked_layer_is_refused() -> None:
    made = document()
    made.set_locked(made.layers[0].id, True)
    with pytest.raises(BadInputError):
        made.covering(made.layers[0].id)


def test_what_was_painted_meanwhile_is_not_lost() -> None:
    made = document()
    covering = made.covering(made.layers[0].id)
    painted = covering.painted(None, Plain(RED))
    made.fill(made.layers[0].id, BLUE)
    assert made.put_covering(covering, painted, "Fill") is None
    assert tuple(made.composite()[5, 5]) == (*BLUE, 255)


def test_a_linear_gradient_runs_from_color_to_color() -> None:
    seen = lay(document(), None, Gradient((100, 0), (500, 0), (0, 0, 0), (200, 100, 0)))
    assert tuple(seen[7, 20]) == (0, 0, 0, 255)
    assert tuple(seen[300, 580]) == (200, 100, 0, 255)
    assert abs(int(seen[200, 300, 0]) - 100) <= 1
    assert (seen[0] == seen[499]).all()
    assert (np.diff(seen[0, :, 0].astype(int)) >= 0).all()


def test_a_radial_gradient_fades_to_transparent() -> None:
    paint = Gradient((300, 250), (400, 250), RED, None, radial=True)
    seen = lay(document(), None, paint)
    assert seen[250, 300, 3] >= 252
    assert abs(int(seen[250, 350, 3]) - 127) <= 2
    assert abs(int(seen[300, 300, 3]) - 127) <= 2
    assert seen[250, 402, 3] == 0


def test_a_gradient_without_length_is_its_last_color() -> None:
    seen = lay(document(), None, Gradient((5, 5), (5, 5), RED, BLUE))
    assert (seen == (*BLUE, 255)).all()


def test_a_line_has_its_width_and_round_ends() -> None:
    mask = shapes.line(SIZE, (100, 100), (300, 100), 20).read(AREA)
    assert (mask[91:109, 100:300] == 255).all()
    assert not mask[:89].any()
    assert mask[100, 92] == 255
    assert mask[91, 91] == 0
    area = (mask > 127).sum()
    assert abs(int(area) - (200 * 20 + np.pi * 100)) < 30


def test_strokes_follow_the_inner_edge() -> None:
    mask = shapes.rectangle(SIZE, Rect(100, 100, 200, 100), 5).read(AREA)
    assert mask[102, 200] == mask[150, 103] == 255
    assert mask[106, 200] == mask[150, 200] == mask[99, 200] == 0
    ring = shapes.ellipse(SIZE, Rect(100, 100, 200, 200), 10).read(AREA)
    assert ring[200, 105] == 255
    assert ring[200, 112] == ring[200, 200] == 0
    small = shapes.ellipse(SIZE, Rect(100, 100, 8, 8), 10).read(AREA)
    assert small[104, 104] == 255


def test_shapes_beyond_the_document_are_no_error() -> None:
    for mask in (
        shapes.ellipse(SIZE, Rect(-500, -500, 100, 100)),
        shapes.rectangle(SIZE, Rect(900, 0, 10, 10), 2),
        shapes.line(SIZE, (-50, -50), (-10, -10), 4),
        lasso(SIZE, [(700, 0), (800, 0), (800, 90)]),
    ):
        assert mask.bounds().intersected(AREA).empty
    wide = shapes.rectangle(SIZE, Rect(-100, -100, 2000, 2000))
    assert wide.bounds() == AREA


def test_on_a_mask_the_brightness_of_the_paint_counts() -> None:
    made = document(np.full((500, 600, 4), 255, np.uint8))
    node = made.layers[0].id
    made.add_mask(node)
    covering = made.covering(node, on_mask=True)
    painted = covering.painted(shapes.rectangle(SIZE, Rect(0, 0, 50, 50)), Plain((0, 0, 0)))
    made.put_covering(covering, painted, "Rectangle")
    assert made.composite()[10, 10, 3] == 0
    assert made.composite()[60, 60, 3] == 255
    made.undo()
    assert made.composite()[10, 10, 3] == 255
    assert (made.layers[0].tiles.read(AREA) == 255).all()
