"""What a prompt field offers while it is typed in: LoRAs behind ``<``, wildcards behind ``__``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.theme import color, fonts, icons, metrics

MOST = 8
WIDTH = 300
_LORA = re.compile(r"<(?:l|lo|lor|lora|lora:([^<>:\n]*))?$")
_WILDCARD = re.compile(r"__([^\W_][\w \-/]*)?$")
_CLOSED = re.compile(r"__[^\W_](?:(?:(?!__)[\w \-/])*[^\W_])?__")

Kind = Literal["lora", "wildcard"]


class Offer(NamedTuple):
    """``text`` is put into the prompt; ``name`` and the quiet ``note`` are shown."""

    text: str
    name: str
    note: str = ""
    icon: str = ""


class Typed(NamedTuple):
    """What is being typed: where it starts, and what of the name is there."""

    kind: Kind
    start: int
    name: str


Source = Callable[[Kind], Sequence[Offer]]


def typed_at(text: str, at: int) -> Typed | None:
    """What an offer would complete at place ``at`` of ``text``."""
    line = text[:at].rpartition("\n")[2]
    found = _LORA.search(line)
    if found is not None:
        return Typed("lora", at - len(found.group()), found[1] or "")
    masked = _CLOSED.sub(lambda match: " " * len(match.group()), line)
    found = _WILDCARD.search(masked)
    if found is not None:
        return Typed("wildcard", at - len(found.group()), found[1] or "")
    return None


def fitting(offers: Sequence[Offer], name: str) -> list[Offer]:
    """The offers whose name has ``name`` in it, those that begin with it first."""
    wanted = name.casefold().strip()
    inside = [offer for offer in offers if wanted in offer.name.casefold()]
    return sorted(inside, key=lambda offer: not offer.name.casefold().startswith(wanted))[:MOST]


class PromptOffers(QWidget):
    """Floats under the line that is typed and never takes the focus."""

    taken = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.offers: list[Offer] = []
        self.current = 0
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.hide()

    def offer(self, offers: Sequence[Offer], field: QWidget, line: QRect) -> None:
        """Show ``offers`` under ``line`` of ``field``, or over it where the window ends."""
        self.offers = list(offers)
        self.current = 0
        if not self.offers:
            self.hide()
            return
        window = field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        height = len(self.offers) * metrics.ROW + 2
        place = field.mapTo(window, QPoint(line.left(), line.bottom() + 4))
        if place.y() + height > window.height():
            place.setY(field.mapTo(window, line.topLeft()).y() - height - 4)
        place.setX(max(0, min(place.x(), window.width() - WIDTH - metrics.GAP)))
        self.setGeometry(QRect(place.x(), place.y(), WIDTH, height))
        self.show()
        self.raise_()
        self.update()

    def step(self, count: int) -> None:
        """Move the current row, round the ends."""
        self.current = (self.current + count) % len(self.offers)
        self.update()

    def take(self) -> None:
        """Take the current row."""
        self.taken.emit(self.offers[self.current].text)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = (round(event.position().y()) - 1) // metrics.ROW
        if 0 <= row < len(self.offers) and row != self.current:
            self.current = row
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)
        self.take()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("field"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(fonts.font(12))
        for row, offer in enumerate(self.offers):
            place = QRect(1, 1 + row * metrics.ROW, self.width() - 2, metrics.ROW)
            if row == self.current:
                painter.fillRect(place, color("acc_wash"))
            self._paint_row(painter, place.adjusted(metrics.GAP, 0, -metrics.GAP, 0), offer)

    def _paint_row(self, painter: QPainter, place: QRect, offer: Offer) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        top = place.top() + (place.height() - 14) // 2
        icons.paint(painter, offer.icon, place.left(), top, 14, "t3")
        place = place.adjusted(14 + metrics.GAP, 0, 0, 0)
        measure = painter.fontMetrics()
        painter.setPen(color("t3"))
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, offer.note)
        room = place.width() - measure.horizontalAdvance(offer.note) - metrics.GAP
        painter.setPen(color("t1"))
        name = measure.elidedText(offer.name, Qt.TextElideMode.ElideMiddle, max(0, room))
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, name)
