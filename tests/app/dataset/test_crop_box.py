from __future__ import annotations

import pytest

from app.dataset.crop_box import CropBox, dragged, fitted, handle_at, smallest, whole

size = (400, 300)
box = CropBox(100, 50, 200, 100)


def test_the_whole_box_cuts_nothing() -> None:
    assert whole(size).as_tuple() == (0, 0, 400, 300)


@pytest.mark.parametrize(
    ("x", "y", "handle"),
    [
        (100, 50, "lt"),
        (300, 150, "rb"),
        (200, 50, "t"),
        (301, 100, "r"),
        (200, 100, "move"),
        (20, 20, ""),
        (200, 290, ""),
    ],
)
def test_a_point_finds_its_handle(x: float, y: float, handle: str) -> None:
    assert handle_at(box, x, y, reach=6) == handle


def test_moving_keeps_the_size_and_stays_inside() -> None:
    assert dragged(box, "move", (1000, -1000), size) == CropBox(200, 0, 200, 100)


def test_dragging_a_corner_leaves_the_opposite_corner() -> None:
    grown = dragged(box, "lt", (-20, -10), size)
    assert grown == CropBox(80, 40, 220, 110)
    assert (grown.right, grown.bottom) == (box.right, box.bottom)


def test_a_side_cannot_cross_its_opposite() -> None:
    assert dragged(box, "l", (5000, 0), size).width == smallest
    assert dragged(box, "b", (0, -5000), size).height == smallest


def test_a_side_stops_at_the_picture_edge() -> None:
    assert dragged(box, "r", (5000, 0), size).right == 400
    assert dragged(box, "t", (0, -5000), size).top == 0


@pytest.mark.parametrize("handle", ["l", "r", "t", "b", "lt", "rt", "lb", "rb"])
@pytest.mark.parametrize("move", [(40, 30), (-40, -30), (500, 500), (-500, -500)])
def test_a_ratio_is_kept_inside_the_picture(handle: str, move: tuple[float, float]) -> None:
    result = dragged(box, handle, move, size, ratio=1.5)  # type: ignore[arg-type]
    assert result.left >= 0
    assert result.top >= 0
    assert result.right <= 400
    assert result.bottom <= 300
    assert result.width / result.height == pytest.approx(1.5, rel=0.05)


def test_fitting_holds_the_box_where_there_is_room() -> None:
    square = fitted(box, 1.0, size)
    assert square == CropBox(100, 0, 200, 200)


def test_fitting_shrinks_where_the_picture_ends() -> None:
    assert fitted(whole(size), 1.0, size) == CropBox(50, 0, 300, 300)
