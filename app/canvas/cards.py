"""The cards of the candidates, painted: request by request, each under a line that tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from app.canvas import card_painting as paint
from app.canvas.candidate_words import about, tip, told
from app.i18n import bind, signals, tr
from app.theme import color, metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.canvas.candidate import Batch, Candidate
    from app.canvas.candidates import Candidates

WIDE, NARROW = QSize(110, 112), QSize(84, 82)
GAP = 10
BETWEEN = 26
HEAD = 16


class Spot(NamedTuple):
    """A card's place along the row: of a candidate, of what was ``before``, or of ``more``."""

    kind: str
    batch: Batch
    item: int
    left: int


class CandidateCards(QAbstractScrollArea):
    """Arrow keys and clicks show a candidate on the picture; the first card of a request shows the
    picture without one.
    """

    menu_asked = Signal(object, QPoint)  # the Candidate, where on the screen
    more_asked = Signal(object)  # the Batch
    parked_asked = Signal(object)  # the Candidate that waits, and those with it
    picked = Signal(object)  # the Candidate that was clicked

    def __init__(self, candidates: Candidates) -> None:
        super().__init__()
        self._candidates = candidates
        self._card = WIDE
        self._words = True
        self._spots: list[Spot] = []
        self._length = 0
        self._marks: dict[str, int] = {}
        self.keys: dict[str, Callable[[], object]] = {}  # by portable key text
        self._dragged: tuple[int, int] | None = None  # where it began, and how far it was scrolled
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # No room for a bar: a thin line tells the place, and the row is dragged.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bind(self.setAccessibleName, "Candidates")
        candidates.changed.connect(self.follow)
        candidates.reset.connect(self._begun)
        candidates.shown_changed.connect(self._reveal)
        signals.changed.connect(self.follow)

    def set_narrow(self, narrow: bool) -> None:
        """Choose the size of cards."""
        self._card = NARROW if narrow else WIDE
        self._words = not narrow
        self.follow()

    def mark(self, patterns: dict[str, int]) -> None:
        """Show patterns of a collage, by the layers of candidates."""
        if patterns != self._marks:
            self._marks = patterns
            self.viewport().update()

    # Places

    def follow(self, _: object = None) -> None:
        """Lay the cards out anew."""
        self._spots = list(self._laid_out())
        self._length = (
            self._spots[-1].left + self._card.width() if self._spots else 0
        ) + metrics.PAD
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, self._length - self.viewport().width()))
        bar.setPageStep(max(1, self.viewport().width()))
        bar.setSingleStep(self._card.width() + GAP)
        self.viewport().update()

    def _laid_out(self) -> Iterator[Spot]:
        left, step, latest = metrics.PAD, self._card.width() + GAP, None
        for index, item in enumerate(self._candidates.items):
            if item.batch is not latest:
                left += BETWEEN - GAP if latest is not None else 0
                latest = item.batch
                yield Spot("before", latest, -1, left)
                left += step
            yield Spot("card", item.batch, index, left)
            left += step
        if latest is not None and latest.recipe.get("picture"):
            yield Spot("more", latest, -1, left)

    def _rect(self, spot: Spot) -> QRect:
        left = spot.left - self.horizontalScrollBar().value()
        return QRect(left, HEAD + 2, self._card.width(), self._card.height())

    def card_rect(self, index: int) -> QRect:
        """The picture of card ``index`` on the viewport."""
        return next((self._rect(spot) for spot in self._spots if spot.item == index), QRect())

    def before_rect(self, batch: Batch) -> QRect:
        """The card of what was there before a request."""
        return self._rect(next(s for s in self._spots if s.kind == "before" and s.batch is batch))

    def more_rect(self) -> QRect:
        """The card that asks for more."""
        return next((self._rect(spot) for spot in self._spots if spot.kind == "more"), QRect())

    def head_rect(self, batch: Batch) -> QRect:
        """The line over the cards of a request; it stays in sight while one of them is."""
        rects = [self._rect(spot) for spot in self._spots if spot.batch is batch]
        right = rects[-1].right()
        left = min(max(rects[0].left(), metrics.PAD), right - self._card.width())
        return QRect(QPoint(left, 0), QPoint(right, HEAD - 2))

    def _begun(self) -> None:
        """What comes in is at the end of the row."""
        self.follow()
        bar = self.horizontalScrollBar()
        if self._candidates.waiting:
            bar.setValue(bar.maximum())

    def _reveal(self) -> None:
        """Scroll to the card that is shown."""
        self.viewport().update()
        rect = self.card_rect(self._candidates.shown) if self._candidates.shown >= 0 else QRect()
        bar, width = self.horizontalScrollBar(), self.viewport().width()
        if rect.isValid() and rect.left() < metrics.PAD:
            bar.setValue(bar.value() + rect.left() - metrics.PAD)
        elif rect.isValid() and rect.right() > width - metrics.PAD:
            bar.setValue(bar.value() + rect.right() - width + metrics.PAD)

    def _spot_at(self, at: QPoint) -> Spot | None:
        return next((spot for spot in self._spots if self._rect(spot).contains(at)), None)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is in sight."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), color("g1"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for number, batch in enumerate(self._candidates.batches):
            self._paint_head(painter, batch, number)
        for spot in self._spots:
            rect = self._rect(spot)
            if rect.right() >= 0 and rect.left() <= self.viewport().width():
                self._paint_spot(painter, rect, spot)
        self._paint_place(painter)
        painter.end()

    def _paint_place(self, painter: QPainter) -> None:
        """How much of the row is in sight, and which part."""
        bar, port = self.horizontalScrollBar(), self.viewport()
        if bar.maximum():
            scale = port.width() / self._length
            left, length = round(bar.value() * scale), round(port.width() * scale)
            painter.fillRect(QRect(left, port.height() - 3, length, 2), color("line_hover"))

    def _paint_head(self, painter: QPainter, batch: Batch, number: int) -> None:
        line = self.head_rect(batch)
        if number:
            at = self.before_rect(batch).left() - BETWEEN // 2
            painter.fillRect(QRect(at, 2, 1, self.viewport().height() - 6), color("line"))
        active = batch is self._candidates.batch
        paint.head(painter, line, *told(self._candidates, batch), active=active)

    def _paint_spot(self, painter: QPainter, rect: QRect, spot: Spot) -> None:
        if spot.kind == "more":
            paint.more(painter, rect, self._more_text(spot.batch))
            return
        shown = self._candidates.shown
        if spot.kind == "before":
            paint.picture(painter, rect, spot.batch.before)
            paint.badge(painter, rect, tr("S"))
            if self._words:
                paint.words(painter, rect, tr("As it was"), "", shown=False)
            return
        item = self._candidates.items[spot.item]
        paint.candidate(painter, rect, item, shown=spot.item == shown)
        if item.part in self._marks:
            paint.mark(painter, rect, self._marks[item.part])
        if self._words:
            paint.words(painter, rect, *about(item, self._candidates), shown=spot.item == shown)

    def _more_text(self, batch: Batch) -> str:
        return tr("More: {n}", n=len(self._candidates.of(batch)))

    # Pointer and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the candidate under the pointer."""
        spot = self._spot_at(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._dragged = event.position().toPoint().x(), self.horizontalScrollBar().value()
        if spot is None:
            return
        item = self._candidates.items[spot.item] if spot.kind == "card" else None
        if item is not None and item.state == "parked":
            self.parked_asked.emit(item)
        elif item is not None:
            self._candidates.show(spot.item)
            self.picked.emit(item)
        elif spot.kind == "before":
            self._candidates.hide()
        else:
            self.more_asked.emit(spot.batch)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the row along."""
        if self._dragged is not None:
            start, value = self._dragged
            self.horizontalScrollBar().setValue(value + start - event.position().toPoint().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The row stays where it is."""
        self._dragged = None

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the candidate under the pointer, or with the one shown."""
        spot = self._spot_at(event.pos())
        item: Candidate | None = self._candidates.current
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            item = self._candidates.items[spot.item] if spot and spot.item >= 0 else None
        if item is not None:
            self.menu_asked.emit(item, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is done with candidates, Left and Right for the next one among it."""
        act = self.keys.get(QKeySequence(event.keyCombination()).toString())
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The row scrolls along, whichever way the wheel turns."""
        delta = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (delta.x() or delta.y()))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """A failed card says why, others how they were painted."""
        if isinstance(event, QHelpEvent):
            spot = self._spot_at(event.pos())
            if spot is not None and spot.kind == "card":
                item = self._candidates.items[spot.item]
                QToolTip.showText(event.globalPos(), tip(item), self)
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: object) -> None:
        """The scroll range follows the width."""
        self.follow()
