"""What is painted over pictures that are compared: names, divider, the scale of a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen

from app.i18n import tr
from app.theme import color, fonts, metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.full_pictures import DifferenceMap

FOOT = 30
_SCALE = (120, 10)  # pixels of the scale of a difference
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_MIDDLE_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_LEAST_NAME = 160  # pixels of a name that go before numbers


def write(painter: QPainter, area: QRectF, words: str) -> None:
    """Quiet words in the middle of ``area``."""
    painter.setFont(fonts.font(12))
    painter.setPen(color("t3"))
    middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(area.adjusted(24, 0, -24, 0), int(middle), words)


def paint_foot(
    painter: QPainter, area: QRectF, letter: str, name: str, numbers: Sequence[str] = ()
) -> None:
    """Letter and name of a cell under its picture; at the right as many of its measured ``numbers``
    as there is room for.
    """
    bar = QRectF(area.left(), area.bottom(), area.width(), FOOT)
    painter.fillRect(bar, color("g1"))
    inner = bar.adjusted(metrics.PAD, 0, -metrics.PAD, 0)
    painter.setFont(fonts.font(12, 600))
    painter.setPen(color("t1"))
    painter.drawText(inner, _MIDDLE, letter)
    words = inner.adjusted(20, 0, 0, 0)
    room = words.width() - min(fonts.width_of(name, 12), _LEAST_NAME) - 2 * metrics.PAD
    fitting = _fitting(numbers, room)
    if fitting:
        painter.setFont(fonts.font(12))
        painter.setPen(color("t1"))
        painter.drawText(words, _MIDDLE_RIGHT, fitting)
        words.setRight(words.right() - fonts.width_of(fitting, 12) - 2 * metrics.PAD)
    shown = fonts.metrics(12).elidedText(name, Qt.TextElideMode.ElideRight, max(0.0, words.width()))
    painter.setFont(fonts.font(12))
    painter.setPen(color("t2"))
    painter.drawText(words, _MIDDLE, shown)


def _fitting(numbers: Sequence[str], room: float) -> str:
    """As many of the first ``numbers`` as there is room for, in a row."""
    rows = ("   ".join(numbers[:count]) for count in range(len(numbers), 0, -1))
    return next((row for row in rows if fonts.width_of(row, 12) <= room), "")


def paint_divider(painter: QPainter, at: int, area: QRectF) -> None:
    """A light line on a dark one, with a handle, between A and B."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for tint, width in ((QColor(0x11, 0x11, 0x11, 140), 3.0), (QColor("#EDEDED"), 1.0)):
        painter.setPen(QPen(tint, width))
        painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
    handle = QRectF(at - 5, area.center().y() - 14, 10, 28)
    painter.setPen(QPen(QColor(0x11, 0x11, 0x11, 140), 1))
    painter.setBrush(QColor("#EDEDED"))
    painter.drawRoundedRect(handle, metrics.RADIUS, metrics.RADIUS)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_scale(
    painter: QPainter, area: QRectF, found: DifferenceMap, gain: float, names: Sequence[str] = ()
) -> None:
    """What black and white mean in a difference, how large it is, and the ``names`` of A and B."""
    bar = QRectF(area.left(), area.bottom(), area.width(), FOOT)
    painter.fillRect(bar, color("g1"))
    left, width, height = bar.left() + metrics.PAD, _SCALE[0], _SCALE[1]
    painter.setFont(fonts.font(11))
    painter.setPen(color("t3"))
    painter.drawText(QRectF(left, bar.top(), 12, FOOT), _MIDDLE, "0")
    scale = QRectF(left + 12, bar.center().y() - height / 2, width, height)
    ramp = QLinearGradient(scale.topLeft(), scale.topRight())
    ramp.setColorAt(0, Qt.GlobalColor.black)
    ramp.setColorAt(1, Qt.GlobalColor.white)
    painter.fillRect(scale, ramp)
    top = tr("{levels} of 255", levels=f"{255 / gain:.0f}")
    words = QRectF(scale.right() + metrics.GAP, bar.top(), 90, FOOT)
    painter.drawText(words, _MIDDLE, top)
    painter.setPen(color("t1"))
    painter.setFont(fonts.font(12))
    numbers = tr(
        "mean {mean}, largest {largest} of 255",
        mean=f"{found.mean:.2f}",
        largest=f"{found.largest:.0f}",
    )
    if found.scaled:
        numbers += " · " + tr("two sizes, compared at the smaller one")
    numbers = " · ".join(
        [numbers, *(f"{one} {name}" for one, name in zip("AB", names, strict=False))]
    )
    room = QRectF(words.right() + metrics.PAD, bar.top(), bar.right() - words.right() - 24, FOOT)
    shown = fonts.metrics(12).elidedText(
        numbers, Qt.TextElideMode.ElideRight, max(0.0, room.width())
    )
    painter.drawText(room, _MIDDLE, shown)
