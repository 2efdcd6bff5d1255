"""Small painted things of the right column: pictures on a checker, and the bars of the buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.i18n import bind, tr
from app.i18n.format import dimensions, number
from app.theme import color, fonts
from app.theme import signals as theme_signals
from app.widgets.images import checker, draw_fitted, pixmap_of
from app.widgets.row_list import paint_shape

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent


class PictureBox(QWidget):
    """A picture fitted into a square; ``checker`` shows through its transparent parts."""

    def __init__(self, side: int = 0, *, checker: bool = True) -> None:
        super().__init__()
        self._side = side
        self._checker = checker
        self._picture = QPixmap()
        if side:
            self.setFixedSize(side, side)
        else:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_signals.changed.connect(self.update)

    @property
    def picture(self) -> QPixmap:
        """What is shown; null for nothing."""
        return self._picture

    def set_picture(self, picture: QImage | QPixmap | np.ndarray | None) -> None:
        """Show ``picture``; None leaves the bare tile."""
        self._picture = QPixmap() if picture is None else pixmap_of(picture)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side or 148, self._side or 148)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("tile"))
        if self._picture.isNull():
            return
        if self._checker and self._picture.hasAlphaChannel():
            painter.fillRect(self.rect(), checker())
        draw_fitted(painter, self._picture, QRectF(self.rect()))


class BucketBars(QWidget):
    """One bar a bucket, fullest first, with the shape of it; the bucket of the current picture in
    the accent, and the share of pictures that it is hard on in the color of warnings.

    A click, or Enter on the one the arrow keys have reached, chooses a bucket. Beyond ``most`` the
    last row opens the rest.
    """

    row = 22
    shape = 18
    label = 96
    count = 44
    most = 6
    chosen = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[Bar] = ()
        self._buckets: Sequence[Bar] = ()
        self._hard: Mapping[tuple[int, int], int] = {}
        self._current: tuple[int, int] | None = None
        self._at = -1
        self._open = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.setAccessibleName, "Buckets")
        theme_signals.changed.connect(self.update)

    def set_buckets(
        self,
        buckets: Sequence[Bar],
        current: tuple[int, int] | None,
        hard: Mapping[tuple[int, int], int] | None = None,
    ) -> None:
        """Show the fullest buckets, and the current one even when it is not among them. ``hard``
        counts the pictures of a bucket that are enlarged or cut too much.
        """
        self._hard = hard or {}
        most = len(buckets) if self._open else self.most
        shown = list(buckets[:most])
        shown += [item for item in buckets[most:] if item[0] == current]
        self._all, self._buckets, self._current = buckets, shown, current
        self._at = min(self._at, self._rows - 1)
        self.setFixedHeight(self._rows * self.row)
        words = [
            f"{dimensions(*size)}: {number(n)}. {self.tip(row)}"
            for row, (size, n) in enumerate(shown)
        ]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def tip(self, row: int) -> str:
        """What a click on ``row`` does, and what its part in the color of warnings says."""
        if not 0 <= row < len(self._buckets):
            return ""
        size, count = self._buckets[row]
        lines = [tr("Show only the pictures of this bucket")]
        if hard := self._hard.get(size, 0):
            lines.append(
                tr(
                    "Amber: {n} of {total} is enlarged more than 1.5× or cut by more than 20 %",
                    "Amber: {n} of {total} are enlarged more than 1.5× or cut by more than 20 %",
                    n=number(hard),
                    total=number(count),
                )
            )
        return "\n".join(lines)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            assert isinstance(event, QHelpEvent)
            words = self.tip(event.pos().y() // self.row)
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    @property
    def _rest(self) -> int:
        return len(self._all) - len(self._buckets)

    @property
    def _rows(self) -> int:
        return len(self._buckets) + bool(self._rest)

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._buckets):
            self.chosen.emit(self._buckets[row][0])
        elif row == len(self._buckets) and self._rest:
            self._open = True
            self.set_buckets(self._all, self._current, self._hard)
            self.updateGeometry()

    def _reach(self, row: int) -> None:
        if row != self._at:
            self._at = row
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._reach(int(event.position().y()) // self.row)

    def leaveEvent(self, event: QEvent) -> None:
        self._reach(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self._choose(int(event.position().y()) // self.row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if by:
            self._reach(max(0, min(self._rows - 1, self._at + by)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._at)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        most = max((count for _, count in self._buckets), default=1)
        if 0 <= self._at < self._rows:
            painter.fillRect(0, self._at * self.row, self.width(), self.row, color("row_hover"))
        for row, (size, count) in enumerate(self._buckets):
            self._paint_bar(painter, row * self.row, size, count, most)
        if self._rest:
            painter.setPen(color("t2"))
            where = QRect(0, len(self._buckets) * self.row, self.width(), self.row)
            painter.drawText(where, _LEFT, tr("{n} more", n=number(self._rest)))

    def _paint_bar(
        self, painter: QPainter, top: int, size: tuple[int, int], count: int, most: int
    ) -> None:
        current = size == self._current
        painter.setPen(color("t1" if current else "t2"))
        words = QRect(self.shape, top, self.label - self.shape, self.row)
        painter.drawText(words, _LEFT, dimensions(*size))
        paint_shape(painter, QRect(0, top, 13, self.row), size[0] / size[1])
        room = self.width() - self.label - self.count
        width = max(2, round(room * count / most))
        bar = QRect(self.label, top + self.row // 2 - 3, width, 6)
        painter.fillRect(bar, color("acc" if current else "line_control"))
        hard = min(1.0, self._hard.get(size, 0) / count)
        if hard:
            painter.fillRect(bar.adjusted(round(width * (1 - hard)), 0, 0, 0), color("warn"))
        painter.setPen(color("t1" if current else "t2"))
        right = QRect(self.width() - self.count, top, self.count, self.row)
        painter.drawText(right, _RIGHT, number(count))


Bar = tuple[tuple[int, int], int]
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
