"""The line under a caption: its tokens against the one, two or three windows of an encoder."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.i18n import bind
from app.i18n.format import number
from app.theme import color, metrics
from app.widgets.text import label, set_tone
from engine.dataset.token_counts import LIMITS, limit_for


class TokenLine(QWidget):
    """Words, bar and number. The bar spans the smallest of 75, 150 and 225 that is enough."""

    def __init__(self) -> None:
        super().__init__()
        self.words = label("Tokens", size=11, tone="quiet")
        self.bar = TokenBar()
        self.count = label(size=11, tone="label")
        self._text = bind(self.count.setText, "")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.words)
        row.addWidget(self.bar, 1)
        row.addWidget(self.count)

    def show_count(self, tokens: int, pictures: int) -> None:
        """Show ``tokens``, those of the longest of ``pictures`` captions."""
        window = limit_for(tokens) or LIMITS[-1]
        self.bar.show_count(tokens, window)
        key = "{n} / {limit}" if pictures == 1 else "Longest {n} / {limit}"
        self._text.say(key, "", n=number(tokens), limit=window)
        over = tokens > LIMITS[0]
        set_tone(self.count, "error" if tokens > LIMITS[-1] else "warn" if over else "label")
        tips = {75: "Fits what a text encoder reads at once.", 150: two, 225: three}
        bind(self.setToolTip, tips[window] if tokens <= LIMITS[-1] else beyond)


two = "Longer than 75 tokens: trained whole only with a token length of 150 or more."
three = "Longer than 150 tokens: trained whole only with a token length of 225."
beyond = "Longer than 225 tokens: what comes after that is never trained."


class TokenBar(QWidget):
    """Three pixels high, with a gap at each full window."""

    def __init__(self) -> None:
        super().__init__()
        self._part, self._over, self._windows = 0.0, False, 1
        self.setFixedHeight(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_count(self, tokens: int, window: int) -> None:
        """Fill the bar to ``tokens`` of ``window``."""
        self._part = min(1.0, tokens / window)
        self._windows = window // LIMITS[0]
        self._over = tokens > LIMITS[0]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        top = (self.height() - 3) / 2
        painter.fillRect(QRectF(0, top, self.width(), 3), color("track"))
        tint = color("warn" if self._over else "track_done")
        painter.fillRect(QRectF(0, top, self.width() * self._part, 3), tint)
        for window in range(1, self._windows):
            left = self.width() * window / self._windows
            painter.fillRect(QRectF(left - 1, top, 2, 3), color("g1"))
