"""What is compared between two pictures: one line each, the better value ticked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.i18n import tr
from app.i18n.format import dimensions, size
from app.theme import color, fonts, icons, metrics
from app.theme import signals as theme_signals
from engine.dataset.cull_facts import WIDE_EDGE, Facts

if TYPE_CHECKING:
    from engine.dataset.cull_facts import Aspect

Line = tuple[str, str, bool, str, bool]
LINE = 25
MIDDLE = 96


class FactsTable(QWidget):
    """Values of the left picture, names in the middle, values of the right one."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        theme_signals.changed.connect(self.update)
        self.set_lines([])

    def set_lines(self, lines: list[Line]) -> None:
        """Show ``(name, left, left is better, right, right is better)``."""
        self.lines = lines
        self.setFixedHeight(max(1, len(lines)) * LINE)
        spoken = [f"{name}: {left}, {right}" for name, left, _, right, _ in lines]
        self.setAccessibleName("; ".join(spoken))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        half = (self.width() - MIDDLE) // 2
        for row, (name, left, left_better, right, right_better) in enumerate(self.lines):
            top = row * LINE
            painter.fillRect(0, top, self.width(), 1, color("line_stage"))
            painter.setFont(fonts.font(11))
            painter.setPen(color("t3"))
            middle = Qt.AlignmentFlag.AlignCenter
            painter.drawText(QRect(half, top, MIDDLE, LINE), middle, name)
            self._value(painter, QRect(0, top, half - 8, LINE), left, left_better, at_right=True)
            area = QRect(half + MIDDLE + 8, top, half - 8, LINE)
            self._value(painter, area, right, right_better, at_right=False)

    def _value(
        self, painter: QPainter, area: QRect, words: str, better: bool, *, at_right: bool
    ) -> None:
        measure = fonts.metrics(12, 500 if better else 400)
        width = round(measure.horizontalAdvance(words))
        start = area.right() - width if at_right else area.left() + (20 if better else 0)
        if better:
            tick = start - 20 if at_right else area.left()
            icons.paint(painter, "check", tick, area.top() + (LINE - 14) / 2, 14, "ok")
        painter.setFont(fonts.font(12, 500 if better else 400))
        painter.setPen(color("t1" if better else "t2"))
        where = QRect(start, area.top(), width + metrics.GAP, LINE)
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, words)


def lines_of(left: Facts, right: Facts) -> list[Line]:
    """The lines of two pictures of a group."""
    names: list[tuple[Aspect, str]] = [
        ("size", tr("Size")),
        ("sharpness", tr("Sharpness")),
        ("file", tr("File")),
        ("soft edge", tr("Soft edge")),
        ("caption", tr("Caption")),
    ]
    found = [
        (
            name,
            value_of(aspect, left),
            aspect in left.better and aspect not in right.better,
            value_of(aspect, right),
            aspect in right.better and aspect not in left.better,
        )
        for aspect, name in names
    ]
    bare = left.soft_edge is None and right.soft_edge is None
    return [line for line in found if not (bare and line[0] == tr("Soft edge"))]


def run_lines(left: str, right: str) -> list[Line]:
    """The line of the runs that learned from two pictures; none where none is known."""
    if not left and not right:
        return []
    return [(tr("Trained in"), left or tr("none"), False, right or tr("none"), False)]


def value_of(aspect: Aspect, facts: Facts) -> str:
    """A value as it is read."""
    if aspect == "size":
        return dimensions(facts.width, facts.height)
    if aspect == "sharpness":
        return "–" if facts.sharpness is None else f"{facts.sharpness:.2f}"
    if aspect == "file":
        return f"{size(facts.bytes)}, {facts.file_type.upper()}"
    if aspect == "soft edge":
        return _edge(facts.soft_edge)
    if not facts.tags:
        return tr("none")
    return tr("{n} tag", "{n} tags", n=facts.tags)


def _edge(share: float | None) -> str:
    if share is None:
        return tr("no transparency")
    amount = f"{share * 100:.1f} %"
    key = "wide, {amount}" if share > WIDE_EDGE else "clean, {amount}"
    return tr(key, amount=amount)
