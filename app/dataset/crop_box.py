"""The crop rectangle: pure geometry in source pixels, so that it is tested without a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Handle = Literal["", "move", "l", "r", "t", "b", "lt", "rt", "lb", "rb"]
smallest = 16
"""No side of a crop goes under this many source pixels."""


@dataclass(frozen=True)
class CropBox:
    """Left, top, width and height in whole source pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column right of the box."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.top + self.height

    def as_tuple(self) -> tuple[int, int, int, int]:
        """What a recipe stores."""
        return (self.left, self.top, self.width, self.height)


def whole(size: tuple[int, int]) -> CropBox:
    """The box that cuts nothing."""
    return CropBox(0, 0, *size)


def handle_at(box: CropBox, x: float, y: float, reach: float) -> Handle:
    """Which handle lies within ``reach`` source pixels of a point; inside the box is ``move``."""
    if not (box.left - reach <= x <= box.right + reach):
        return ""
    if not (box.top - reach <= y <= box.bottom + reach):
        return ""
    across = _side(x, box.left, box.right, reach, "l", "r")
    down = _side(y, box.top, box.bottom, reach, "t", "b")
    return (across + down) or "move"  # type: ignore[return-value]


def _side(value: float, low: int, high: int, reach: float, first: str, second: str) -> str:
    if abs(value - low) <= reach and abs(value - low) <= abs(value - high):
        return first
    return second if abs(value - high) <= reach else ""


def dragged(
    box: CropBox,
    handle: Handle,
    move: tuple[float, float],
    size: tuple[int, int],
    ratio: float | None = None,
) -> CropBox:
    """``box`` after dragging ``handle`` by ``move`` source pixels, inside a picture of ``size``.

    With ``ratio`` (width over height) the box keeps that shape; the opposite corner stays.
    """
    dx, dy = round(move[0]), round(move[1])
    if handle == "move":
        left = min(max(0, box.left + dx), size[0] - box.width)
        top = min(max(0, box.top + dy), size[1] - box.height)
        return CropBox(left, top, box.width, box.height)
    left, right = _edges(box.left, box.right, dx, size[0], "l" in handle, "r" in handle)
    top, bottom = _edges(box.top, box.bottom, dy, size[1], "t" in handle, "b" in handle)
    free = CropBox(left, top, right - left, bottom - top)
    return free if ratio is None else _with_ratio(free, handle, ratio, size)


def _edges(
    low: int, high: int, move: int, limit: int, first: bool, second: bool
) -> tuple[int, int]:
    least = min(smallest, limit)
    if first:
        low = min(max(0, low + move), high - least)
    if second:
        high = max(min(limit, high + move), low + least)
    return low, high


def _with_ratio(box: CropBox, handle: Handle, ratio: float, size: tuple[int, int]) -> CropBox:
    """Give ``box`` its ratio, anchored at the side or corner that was not dragged."""
    width: float
    width = box.height * ratio if handle in ("t", "b") else box.width
    room_x = box.right if "l" in handle else size[0] - box.left
    room_y = box.bottom if "t" in handle else size[1] - box.top
    width = min(width, room_x, room_y * ratio)
    width = max(width, min(smallest * max(1.0, ratio), room_x, room_y * ratio))
    w, h = _whole_size(width, ratio, size)
    left = box.right - w if "l" in handle else box.left
    top = box.bottom - h if "t" in handle else box.top
    return CropBox(max(0, left), max(0, top), w, h)


def _whole_size(width: float, ratio: float, size: tuple[int, int]) -> tuple[int, int]:
    w = max(1, min(size[0], round(width)))
    return w, max(1, min(size[1], round(w / ratio)))


def fitted(box: CropBox, ratio: float, size: tuple[int, int]) -> CropBox:
    """The largest box of ``ratio`` round the center of ``box``, not larger than needed to hold it.

    It grows to hold ``box`` where the picture has room, and shrinks where it has not.
    """
    width = max(box.width, box.height * ratio)
    width = min(width, size[0], size[1] * ratio)
    w, h = _whole_size(width, ratio, size)
    left = round(box.left + (box.width - w) / 2)
    top = round(box.top + (box.height - h) / 2)
    return CropBox(min(max(0, left), size[0] - w), min(max(0, top), size[1] - h), w, h)
