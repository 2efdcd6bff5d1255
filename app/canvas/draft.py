"""What a tool is drawing, as lines that are shown until the button goes up."""

from __future__ import annotations

import math
from typing import NamedTuple

from PySide6.QtCore import QRect, QRectF

ELLIPSE_CORNERS = 120


class Draft(NamedTuple):
    """What a tool is drawing: lines through document points; closed ones bound an area."""

    points: tuple[tuple[float, float], ...]
    closed: bool = True
    replaces: bool = True
    """Whether the selection there is goes away for it."""

    @property
    def rect(self) -> QRect:
        """The pixels it reaches."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        left, top = round(min(xs)), round(min(ys))
        return QRect(left, top, round(max(xs)) - left, round(max(ys)) - top)


def rectangle_draft(rect: QRect, *, replaces: bool = True) -> Draft:
    """The four corners of ``rect``."""
    left, top = float(rect.x()), float(rect.y())
    right, bottom = left + rect.width(), top + rect.height()
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Draft(corners, replaces=replaces)


def ellipse_draft(rect: QRect, *, replaces: bool = True) -> Draft:
    """The ellipse that fits into ``rect``."""
    middle = QRectF(rect).center()
    across, down = rect.width() / 2, rect.height() / 2
    angles = [math.tau * number / ELLIPSE_CORNERS for number in range(ELLIPSE_CORNERS)]
    points = [(middle.x() + across * math.cos(a), middle.y() + down * math.sin(a)) for a in angles]
    return Draft(tuple(points), replaces=replaces)
