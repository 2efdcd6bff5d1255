"""A generated picture and the training picture it is nearest to, large beside each other."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, signals, tr
from app.i18n.format import number
from app.theme import color, metrics
from app.validation.cell_measures import BY_NAME
from app.validation.compare_parts import FOOT, paint_foot, write
from app.widgets.buttons import button, tool_button
from app.widgets.images import draw_fitted
from app.widgets.text import ElidedLabel, hairline, label
from engine.validation.sentences import decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.evidence import EvidenceState, Pair
    from app.validation.full_pictures import FullPictures
    from app.validation.model import GridState

_MOVES = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: 1,
}


class PairView(QWidget):
    """Arrow keys go through the pairs, Esc goes back. The cell of the pair is A."""

    closed = Signal()

    def __init__(self, state: GridState, evidence: EvidenceState, full: FullPictures) -> None:
        super().__init__()
        self._state, self._evidence = state, evidence
        self._pairs: list[Pair] = []
        self._at = 0
        self.back = button("", "arrow-left", "quiet", on=self.closed.emit)
        self._back_text = bind(self.back.setText, "Back to grid")
        self.name = ElidedLabel(weight=600)
        self.count = label(tone="label")
        self.before = tool_button("chevron-left", "Pair before", partial(self.step, -1))
        self.after = tool_button("chevron-right", "Next pair", partial(self.step, 1))
        self.pictures = _Pictures(self, state, evidence, full)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bind(self.setAccessibleName, "Nearest training picture")
        self._build()
        signals.changed.connect(self.refresh)

    def _build(self) -> None:
        bar = QWidget()
        bar.setProperty("surface", "panel")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.name, 1)
        for made in (self.before, self.count, self.after):
            row.addWidget(made)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(hairline("column"))
        column.addWidget(self.pictures, 1)

    @property
    def pair(self) -> Pair | None:
        """The pair that is shown."""
        return self._pairs[self._at] if self._pairs else None

    def show_pairs(self, pairs: Sequence[Pair], at: int, back: str) -> None:
        """Show pair ``at`` of these; ``back`` says where one gets by leaving them."""
        self._back_text.say(back)
        self._pairs, self._at = list(pairs), at
        self._choose()

    def step(self, by: int) -> None:
        """Go on by so many pairs."""
        at = max(0, min(len(self._pairs) - 1, self._at + by))
        if self._pairs and at != self._at:
            self._at = at
            self._choose()

    def _choose(self) -> None:
        if self.pair is not None:
            self._state.choose(self.pair.key)
        self.refresh()

    def refresh(self) -> None:
        """Show the pair as it is now."""
        pair = self.pair
        self.name.setText("" if pair is None else self._state.name_of(pair.key))
        self.count.setText(f"{number(self._at + 1)} / {number(len(self._pairs))}")
        self.before.setEnabled(self._at > 0)
        self.after.setEnabled(self._at < len(self._pairs) - 1)
        self.pictures.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows show another pair; Space, Enter and Esc go back."""
        key = Qt.Key(event.key())
        if key in _MOVES:
            self.step(_MOVES[key])
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class _Pictures(QWidget):
    """Paints both, each as large as half of the room allows."""

    def __init__(
        self, page: PairView, state: GridState, evidence: EvidenceState, full: FullPictures
    ) -> None:
        super().__init__()
        self._page, self._state = page, state
        self._evidence, self._full = evidence, full
        full.ready.connect(self.update)
        evidence.training.ready.connect(self.update)

    def areas(self) -> tuple[QRectF, QRectF]:
        """Where the generated and the training picture are."""
        width, height = (self.width() - 2) / 2, max(1, self.height() - FOOT)
        return QRectF(0, 0, width, height), QRectF(width + 2, 0, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pair with what it is of under it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("g2"))
        pair = self._page.pair
        if pair is None:
            return
        left, right = self.areas()
        copying = f"{tr(BY_NAME['copying'].label)} {decimal(pair.similarity)}"
        self._paint(painter, left, self._full.get(pair.generated))
        paint_foot(painter, left, "A", self._state.name_of(pair.key), [copying])
        self._paint(painter, right, self._evidence.training.large(pair.training))
        name = Path(pair.training.replace("\\", "/")).name
        paint_foot(painter, right, "B", tr("Training picture {name}", name=name))

    def _paint(self, painter: QPainter, area: QRectF, pixmap: QPixmap | None) -> None:
        if pixmap is None:
            return
        if pixmap.isNull():
            write(painter, area, tr("unreadable"))
            return
        draw_fitted(painter, pixmap, area.adjusted(*_MARGIN))


_MARGIN = (metrics.PAD, metrics.PAD, -metrics.PAD, -metrics.PAD)
