"""Small painted things of the right column: pictures on a checker, and the bars of the buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n.format import dimensions, number
from app.theme import color, fonts
from app.theme import signals as theme_signals
from app.widgets.images import checker, draw_fitted, pixmap_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


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
    """One bar a bucket, fullest first; the bucket of the current picture in the accent."""

    row = 22
    label = 82
    count = 44

    def __init__(self) -> None:
        super().__init__()
        self._buckets: Sequence[tuple[tuple[int, int], int]] = ()
        self._current: tuple[int, int] | None = None
        theme_signals.changed.connect(self.update)

    def set_buckets(
        self,
        buckets: Sequence[tuple[tuple[int, int], int]],
        current: tuple[int, int] | None,
        most: int = 6,
    ) -> None:
        """Show the ``most`` fullest buckets, and the current one even when it is not among them."""
        shown = list(buckets[:most])
        shown += [item for item in buckets[most:] if item[0] == current]
        self._buckets, self._current = shown, current
        self.setFixedHeight(len(shown) * self.row)
        words = [f"{dimensions(*size)}: {number(n)}" for size, n in shown]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        most = max((count for _, count in self._buckets), default=1)
        room = self.width() - self.label - self.count
        for row, (size, count) in enumerate(self._buckets):
            top = row * self.row
            current = size == self._current
            painter.setPen(color("t1" if current else "t2"))
            painter.drawText(QRect(0, top, self.label, self.row), _LEFT, dimensions(*size))
            width = max(2, round(room * count / most))
            bar = QRect(self.label, top + self.row // 2 - 3, width, 6)
            painter.fillRect(bar, color("acc" if current else "line_control"))
            right = QRect(self.width() - self.count, top, self.count, self.row)
            painter.drawText(right, _RIGHT, number(count))


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
