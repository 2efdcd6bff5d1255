"""How the parts of a candidate's card look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from app.canvas import mask_patterns
from app.i18n import tr
from app.theme import color, fonts, icons

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from app.canvas.candidate import Candidate


def head(painter: QPainter, line: QRect, title: str, facts: str, *, active: bool) -> None:
    """What a request was: its prompt, then its numbers in quiet."""
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(fonts.font(11))
    quiet = painter.fontMetrics()
    painter.setFont(fonts.font(11, 600))
    strong = painter.fontMetrics()
    room = line.width() - quiet.horizontalAdvance(facts) - 8
    if room < 60:
        room, facts = line.width(), ""
    title = strong.elidedText(title, Qt.TextElideMode.ElideRight, room)
    painter.setPen(color("t1" if active else "t2"))
    painter.drawText(line, middle, title)
    painter.setFont(fonts.font(11))
    painter.setPen(color("t3"))
    painter.drawText(line.adjusted(strong.horizontalAdvance(title) + 8, 0, 0, 0), middle, facts)


def candidate(painter: QPainter, rect: QRect, item: Candidate, *, shown: bool) -> None:
    """Picture, number, progress and state."""
    if item.state in ("queued", "parked"):
        _queued(painter, rect, parked=item.state == "parked")
    else:
        failed = item.state == "failed"
        picture(painter, rect, None if failed else item.card or item.image)
        badge(painter, rect, str(item.number))
        if failed:
            _problem(painter, rect, item.problem)
    if item.accepted:
        _accepted(painter, rect)
    if item.state == "running" and item.total:
        done = round(rect.width() * item.step / item.total)
        painter.fillRect(QRect(rect.left(), rect.bottom() - 2, rect.width(), 3), color("track"))
        painter.fillRect(QRect(rect.left(), rect.bottom() - 2, done, 3), color("acc"))
    if shown:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color("acc"), 2))
        painter.drawRoundedRect(QRectF(rect).adjusted(-1, -1, 1, 1), 3, 3)


def picture(painter: QPainter, rect: QRect, shown: QImage | None) -> None:
    """A picture that fills the card."""
    painter.save()
    path = QPainterPath()
    path.addRoundedRect(QRectF(rect), 3, 3)
    painter.setClipPath(path)
    painter.fillRect(rect, color("tile"))
    if shown is not None:
        size = shown.size().scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(rect.center())
        painter.drawImage(QRectF(target), shown, QRectF(shown.rect()))
    painter.restore()


def badge(painter: QPainter, rect: QRect, text: str) -> None:
    """A number or letter at the top left."""
    painter.setFont(fonts.font(11, 600))
    width = max(17, painter.fontMetrics().horizontalAdvance(text) + 8)
    box = QRectF(rect.left() + 5, rect.top() + 5, width, 17)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("badge"))
    painter.drawRoundedRect(box, 2, 2)
    painter.setPen(color("badge_text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def mark(painter: QPainter, rect: QRect, pattern: int) -> None:
    """The pattern that shows where on the picture this candidate was painted in."""
    box = QRect(rect.right() - 21, rect.top() + 5, 17, 17)
    mask_patterns.swatch(painter, box, pattern)


def words(painter: QPainter, rect: QRect, first: str, second: str, *, shown: bool) -> None:
    """The line under a card."""
    box = QRect(rect.left(), rect.bottom() + 5, rect.width(), 15)
    painter.setFont(fonts.font(11))
    painter.setPen(color("t1" if shown else "t2"))
    room = box.width() - painter.fontMetrics().horizontalAdvance(second) - 4
    elided = painter.fontMetrics().elidedText(first, Qt.TextElideMode.ElideRight, room)
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft, elided)
    painter.setPen(color("t3"))
    painter.drawText(box, Qt.AlignmentFlag.AlignRight, second)


def more(painter: QPainter, rect: QRect, text: str) -> None:
    """The card that asks for more."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color("line_hover"), 1))
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    icons.paint(painter, "plus", rect.center().x() - 8, rect.center().y() - 18, 18, "t2")
    painter.setFont(fonts.font(12))
    painter.setPen(color("t2"))
    painter.drawText(rect.adjusted(4, 26, -4, 0), Qt.AlignmentFlag.AlignCenter, text)


def _queued(painter: QPainter, rect: QRect, *, parked: bool) -> None:
    pen = QPen(color("line_hover"), 1)
    pen.setDashPattern([3, 3])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    painter.setFont(fonts.font(12))
    painter.setPen(color("t3"))
    if parked:
        icons.paint(painter, "play", rect.center().x() - 8, rect.center().y() - 18, 18, "t2")
        painter.setPen(color("t2"))
        painter.drawText(rect.adjusted(4, 26, -4, 0), Qt.AlignmentFlag.AlignCenter, tr("Waiting"))
    else:
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr("Queued"))


def _problem(painter: QPainter, rect: QRect, sentence: str) -> None:
    """Why it failed, as far as there is room; the tooltip says all."""
    icons.paint(painter, "octagon-alert", rect.right() - 22, rect.top() + 6, 16, "err")
    painter.setFont(fonts.font(11))
    painter.setPen(color("err"))
    room = rect.adjusted(7, 28, -5, -5)
    painter.save()
    painter.setClipRect(room)
    painter.drawText(room, Qt.TextFlag.TextWordWrap, sentence)
    painter.restore()


def _accepted(painter: QPainter, rect: QRect) -> None:
    box = QRect(rect.right() - 23, rect.top() + 6, 18, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("badge"))
    painter.drawRoundedRect(box, 2, 2)
    icons.paint(painter, "check", box.left() + 2, box.top() + 2, 14, "badge_text")
