"""The candidates strip under the canvas: cards, and what to do with the candidate shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, signals, tr
from app.theme import color, fonts, icons, metrics
from app.widgets.buttons import button
from app.widgets.text import ElidedLabel, hairline, label, restyle

if TYPE_CHECKING:
    from app.canvas.candidates import Candidate, Candidates

WIDE, NARROW = QSize(110, 112), QSize(84, 88)
GAP = 10
HEADER = 40


class CandidateStrip(QWidget):
    """Header with the actions and a row of cards. Hidden while there are no candidates.

    Once one was accepted the others stay to choose from, until they are closed.
    """

    accepted = Signal()
    discarded = Signal()

    def __init__(self, candidates: Candidates) -> None:
        super().__init__()
        self._candidates = candidates
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.cards = CandidateCards(candidates)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline("column"))
        column.addLayout(self._header())
        column.addWidget(self.cards, 1)
        self.set_narrow(False)
        candidates.reset.connect(self.refresh)
        candidates.changed.connect(lambda _: self.refresh())
        candidates.shown_changed.connect(self.refresh)
        self.refresh()

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(metrics.PAD, 7, metrics.PAD, 7)
        row.setSpacing(6)
        self._detail = ElidedLabel(tone="quiet")
        self._detail_text = bind(self._detail.setText, "")
        self.discard = button("", "trash-2", "quiet", on=self.discarded.emit)
        self._discard_text = bind(self.discard.setText, "Discard")
        # The key acts while the canvas has the focus; here it is only shown.
        self.blink = button("Blink", "eye")
        self.blink.show_shortcut("B")
        self.blink.pressed.connect(lambda: self._candidates.set_blink(True))
        self.blink.released.connect(lambda: self._candidates.set_blink(False))
        bind(self.blink.setToolTip, "Hold to see the picture without the candidate")
        self.accept = button("Accept as layer", "check", "primary", on=self.accepted.emit)
        self.accept.show_shortcut("Return")
        row.addWidget(label("Candidates", weight=600))
        row.addSpacing(4)
        row.addWidget(self._detail, 1)
        for made in (self.discard, self.blink, self.accept):
            row.addWidget(made)
        return row

    def set_narrow(self, narrow: bool) -> None:
        """Smaller cards without words, for small windows."""
        self.cards.set_narrow(narrow)
        self.setFixedHeight(144 if narrow else 192)

    def refresh(self) -> None:
        """Follow the candidates."""
        candidates = self._candidates
        self.setVisible(bool(candidates.items))
        shown = candidates.current is not None
        self.accept.setEnabled(shown)
        self.blink.setEnabled(shown)
        self._discard_text.say("Close" if candidates.decided else "Discard")
        self.discard.set_icon("x" if candidates.decided else "trash-2")
        restyle(self.accept, "kind", "normal" if candidates.decided else "primary")
        ready = sum(item.state == "ready" for item in candidates.items)
        latest = candidates.items[-1].strength if candidates.items else 0.0
        self._detail_text.say(
            "{ready} of {total}, strength {strength}",
            ready=ready,
            total=len(candidates.items),
            strength=f"{latest:.2f}",
        )


class CandidateCards(QAbstractScrollArea):
    """The cards, painted. Arrow keys and clicks show a candidate on the picture."""

    def __init__(self, candidates: Candidates) -> None:
        super().__init__()
        self._candidates = candidates
        self._card = WIDE
        self._words = True
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bind(self.setAccessibleName, "Candidates")
        candidates.changed.connect(self._update)
        candidates.reset.connect(self._begun)
        candidates.shown_changed.connect(self._update)
        signals.changed.connect(self._update)

    def set_narrow(self, narrow: bool) -> None:
        """Choose the size of cards."""
        self._card = NARROW if narrow else WIDE
        self._words = not narrow
        self._update()

    def _update(self, _: object = None) -> None:
        bar = self.horizontalScrollBar()
        total = len(self._candidates.items) * (self._card.width() + GAP) - GAP + 2 * metrics.PAD
        bar.setRange(0, max(0, total - self.viewport().width()))
        bar.setPageStep(max(1, self.viewport().width()))
        bar.setSingleStep(self._card.width() + GAP)
        self.viewport().update()

    def _begun(self) -> None:
        """What comes in is at the end of the row."""
        self._update()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.maximum() if self._candidates.waiting else bar.value())

    def card_rect(self, index: int) -> QRect:
        """The picture of card ``index`` on the viewport."""
        left = metrics.PAD + index * (self._card.width() + GAP) - self.horizontalScrollBar().value()
        return QRect(left, 3, self._card.width(), self._card.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cards in sight."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), color("g1"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for index, item in enumerate(self._candidates.items):
            rect = self.card_rect(index)
            if rect.right() >= 0 and rect.left() <= self.viewport().width():
                self._paint_card(painter, rect, index, item)
        painter.end()

    def _paint_card(self, painter: QPainter, rect: QRect, index: int, item: Candidate) -> None:
        if item.state == "queued":
            self._paint_queued(painter, rect)
        else:
            self._paint_picture(painter, rect, item)
            self._paint_number(painter, rect, str(item.number))
        if item.accepted:
            self._paint_accepted(painter, rect)
        if item.state == "running" and item.total:
            done = round(rect.width() * item.step / item.total)
            painter.fillRect(QRect(rect.left(), rect.bottom() - 2, rect.width(), 3), color("track"))
            painter.fillRect(QRect(rect.left(), rect.bottom() - 2, done, 3), color("acc"))
        if index == self._candidates.shown:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("acc"), 2))
            painter.drawRoundedRect(QRectF(rect).adjusted(-1, -1, 1, 1), 3, 3)
        if self._words:
            self._paint_words(painter, rect, item, shown=index == self._candidates.shown)

    def _paint_queued(self, painter: QPainter, rect: QRect) -> None:
        pen = QPen(color("line_hover"), 1)
        pen.setDashPattern([3, 3])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setFont(fonts.font(12))
        painter.setPen(color("t3"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr("Queued"))

    def _paint_picture(self, painter: QPainter, rect: QRect, item: Candidate) -> None:
        painter.save()
        path = QPainterPath()
        path.addRoundedRect(QRectF(rect), 3, 3)
        painter.setClipPath(path)
        painter.fillRect(rect, color("tile"))
        shown = item.card if item.card is not None else item.image
        if shown is not None:
            size = shown.size().scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(rect.center())
            painter.drawImage(QRectF(target), shown, QRectF(shown.rect()))
        elif item.state == "failed":
            icons.paint(
                painter, "octagon-alert", rect.center().x() - 8, rect.center().y() - 8, 16, "err"
            )
        painter.restore()

    def _paint_number(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(fonts.font(11, 600))
        width = max(17, painter.fontMetrics().horizontalAdvance(text) + 8)
        box = QRectF(rect.left() + 5, rect.top() + 5, width, 17)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("badge"))
        painter.drawRoundedRect(box, 2, 2)
        painter.setPen(color("badge_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_accepted(self, painter: QPainter, rect: QRect) -> None:
        box = QRect(rect.right() - 23, rect.top() + 6, 18, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("badge"))
        painter.drawRoundedRect(box, 2, 2)
        icons.paint(painter, "check", box.left() + 2, box.top() + 2, 14, "badge_text")

    def _paint_words(self, painter: QPainter, rect: QRect, item: Candidate, *, shown: bool) -> None:
        box = QRect(rect.left(), rect.bottom() + 6, rect.width(), 15)
        painter.setFont(fonts.font(11))
        running = item.state == "running" and item.total
        second = f"{item.step} / {item.total}" if running else ""
        first = tr("seed {seed}", seed=item.seed)
        if item.state == "failed" or item.accepted:
            first = tr("Accepted") if item.accepted else tr("Failed")
        painter.setPen(color("t1" if shown else "t2"))
        room = box.width() - painter.fontMetrics().horizontalAdvance(second) - 4
        painter.drawText(
            box,
            Qt.AlignmentFlag.AlignLeft,
            painter.fontMetrics().elidedText(first, Qt.TextElideMode.ElideRight, room),
        )
        painter.setPen(color("t3"))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, second)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the candidate under the pointer."""
        for index in range(len(self._candidates.items)):
            if self.card_rect(index).contains(event.position().toPoint()):
                self._candidates.show(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right show the next candidate that is ready."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self._candidates.step(steps[key])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: object) -> None:
        """The scroll range follows the width."""
        self._update()
