"""The list under the entry of the caption panel: tags on offer while one is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.i18n import tr
from app.i18n.format import number
from app.theme import color, fonts, metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.completion import TagSuggestion

MOST = 8
"""Offers shown at once."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TONES = {0: "t1", 1: "chart3", 3: "chart4", 4: "ok", 5: "chart2"}


class CompletionPopup(QWidget):
    """Floats over the window and never takes the focus; the entry sends it the keys."""

    taken = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.offers: list[TagSuggestion] = []
        self.current = -1
        self._typed = ""
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.hide()

    def offer(self, offers: Sequence[TagSuggestion], typed: str, below: QWidget) -> None:
        """Show ``offers`` under ``below``; none hides the list. A tag that is typed out already
        is the current one, and no other: what is typed is never replaced unasked.
        """
        self.offers = list(offers)[:MOST]
        self._typed = typed.casefold().strip()
        exact = bool(self.offers) and self.offers[0].text.casefold() == self._typed
        self.current = 0 if exact else -1
        if not self.offers:
            self.hide()
            return
        window = below.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        place = below.mapTo(window, QPoint(0, below.height() + 2))
        height = len(self.offers) * metrics.ROW + 2
        if place.y() + height > window.height():
            place.setY(below.mapTo(window, QPoint(0, 0)).y() - height - 2)
        self.setGeometry(QRect(place.x(), place.y(), below.width(), height))
        self.show()
        self.raise_()
        self.update()

    def step(self, count: int) -> None:
        """Move the current row; past the ends no row is current."""
        rows = len(self.offers) + 1
        self.current = (self.current + 1 + count) % rows - 1
        self.update()

    def chosen(self) -> str:
        """The text of the current row, empty without one."""
        return self.offers[self.current].text if 0 <= self.current < len(self.offers) else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = (round(event.position().y()) - 1) // metrics.ROW
        self.current = row if 0 <= row < len(self.offers) else -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)
        if self.chosen():
            self.taken.emit(self.chosen())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("field"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        for row, offer in enumerate(self.offers):
            place = QRect(1, 1 + row * metrics.ROW, self.width() - 2, metrics.ROW)
            if row == self.current:
                painter.fillRect(place, color("acc_wash"))
            self._paint_row(painter, place.adjusted(metrics.GAP, 0, -metrics.GAP, 0), offer)

    def _paint_row(self, painter: QPainter, place: QRect, offer: TagSuggestion) -> None:
        painter.setFont(fonts.font(12))
        note = number(offer.count)
        kind = category_name(offer.category)
        if kind and not offer.own:
            note = f"{kind}  {note}"
        width = painter.fontMetrics().horizontalAdvance(note)
        painter.setPen(color("t3"))
        painter.drawText(place, _RIGHT, note)
        space = place.adjusted(0, 0, -width - metrics.GAP, 0)
        tone = _TONES.get(offer.category or 0, "t1")
        if offer.alias:
            space = self._paint_text(painter, space, f"{offer.alias} → ", "t3")
        self._paint_text(painter, space, offer.text, tone)

    def _paint_text(self, painter: QPainter, space: QRect, text: str, tone: str) -> QRect:
        """Draw ``text`` with what was typed in bold; returns the space behind it."""
        painter.setPen(color(tone))
        at = text.casefold().find(self._typed)
        parts = [(text, 400)]
        if at >= 0 and self._typed:
            end = at + len(self._typed)
            parts = [(text[:at], 400), (text[at:end], 600), (text[end:], 400)]
        for part, weight in parts:
            painter.setFont(fonts.font(12, weight))
            measure = painter.fontMetrics()
            shown = measure.elidedText(part, Qt.TextElideMode.ElideRight, max(0, space.width()))
            painter.drawText(space, _LEFT, shown)
            space = space.adjusted(measure.horizontalAdvance(shown), 0, 0, 0)
        return space


def category_name(category: int | None) -> str:
    """What the lists of Danbooru mean by the number of a category; plain tags have no name."""
    names = {1: tr("artist"), 3: tr("copyright"), 4: tr("character"), 5: tr("meta")}
    return names.get(category or 0, "")
