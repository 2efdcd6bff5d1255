"""The chart of a verdict: what is under the pointer, limits that are dragged, a slot to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import bind, signals, tr
from app.theme import color, fonts
from app.validation.verdict_data import COLORS, LABELS, LOSS_COLOR, ChartData, LimitLine
from app.validation.verdict_frame import LOSSES, Frame
from app.validation.verdict_painter import MARKERS, marker, paint_chart
from app.validation.verdict_words import interval
from engine.validation.sentences import as_shown, decimal

if TYPE_CHECKING:
    from engine.validation.overfit_stats import Figure

HEIGHT = 228
_REACH = 6  # pixels beside a handle or its line's end that still take it


class ReadRow(NamedTuple):
    """A line of the read-out: color token, name, value, interval."""

    color: str
    name: str
    value: str
    interval: str


class VerdictChart(QWidget):
    """``limit_moved`` carries a limit's name and what it would be; ``limit_left`` that the hand let
    go; ``chosen`` the checkpoint of a slot.
    """

    limit_moved = Signal(str, float)
    limit_left = Signal()
    chosen = Signal(str)

    def __init__(self, *, compact: bool = False) -> None:
        super().__init__()
        self.compact = compact
        self.data = ChartData()
        self.weight: float | None = None
        self.all_weights = False
        self.hovered: int | None = None
        self.dragged: LimitLine | None = None
        self.stop = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", "inset")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        bind(self.setAccessibleName, "Verdict")
        signals.changed.connect(self.update)

    def show_data(self, data: ChartData, weight: float | None, *, all_weights: bool) -> None:
        """Show ``data``: the lines of ``weight``, with ``all_weights`` the others behind them."""
        resized = data.has_losses != self.data.has_losses
        self.data, self.weight, self.all_weights = data, weight, all_weights
        if self.hovered is not None and self.hovered >= len(data.slots):
            self.hovered = None
        if resized:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        if self.compact:
            return QSize(300, 178)
        return QSize(700, HEIGHT + 48 + (LOSSES + 18 if self.data.has_losses else 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    @property
    def frame(self) -> Frame:
        """Where everything is."""
        return Frame(self.size(), self.data, self.compact)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        frame = self.frame
        paint_chart(painter, frame, self.weight, self.all_weights)
        if self.dragged is not None:
            self._paint_count(painter, frame)
        elif self.hovered is not None:
            self._paint_readout(painter, frame, self.hovered)

    def readout(self, index: int) -> tuple[str, list[ReadRow]]:
        """What the read-out says of a slot (-1 is the base model): title and rows."""
        slots = self.data.slots
        if index < 0:
            title = tr("Base model")
        else:
            slot = slots[index]
            name = tr("Epoch {epoch}", epoch=slot.title) if self.data.numeric else slot.title
            weight = f"{self.weight:g}" if self.weight is not None else ""
            title = tr("{title}, weight {weight}", title=name, weight=weight)
        rows = []
        for curve in self.data.curves:
            figures = curve.weights.get(self.weight or 0.0, ())
            figure = curve.base if index < 0 else figures[index] if figures else None
            if figure is not None:
                rows.append(_row(COLORS[curve.key], LABELS[curve.key], figure))
        loss = slots[index].loss if index >= 0 else None
        if loss is not None:
            value, ends = f"{loss.value:.4f}", interval(loss, 4)
            rows.append(ReadRow(LOSS_COLOR, tr("Held-out loss"), value, ends))
        return title, rows

    def _paint_readout(self, painter: QPainter, frame: Frame, index: int) -> None:
        x = frame.base_x if index < 0 else frame.xs[index]
        painter.setPen(QPen(color("t2"), 1))
        painter.drawLine(QLineF(x, frame.main.top(), x, frame.bottom))
        for curve in self.data.curves:
            figures = curve.weights.get(self.weight or 0.0, ())
            figure = curve.base if index < 0 else figures[index] if figures else None
            if figure is not None:
                at = QPointF(x, frame.y(figure.value))
                marker(painter, MARKERS[curve.key], at, color("t1"), 4.5)
                marker(painter, MARKERS[curve.key], at, color(COLORS[curve.key]), 3.5)
        title, rows = self.readout(index)
        names = max((fonts.width_of(row.name, 11) for row in rows), default=0)
        values = max((fonts.width_of(row.value, 11, 600) for row in rows), default=0)
        ranges = max((fonts.width_of(row.interval, 11) for row in rows), default=0)
        inner = max(names + values + ranges + 24, fonts.width_of(title, 12, 600))
        box = QRectF(0, 0, inner + 20, 30 + 17 * len(rows))
        box.moveLeft(x + 12 if x + 12 + box.width() < frame.main.right() else x - 12 - box.width())
        box.moveLeft(max(2.0, box.left()))
        box.moveTop(frame.main.top() + max(0.0, (frame.main.height() - box.height()) / 2))
        _paint_box(painter, box)
        _text(painter, box.left() + 10, box.top() + 6, title, "t1", 12, 600)
        for number, row in enumerate(rows):
            top = box.top() + 25 + 17 * number
            _text(painter, box.left() + 10, top, row.name, row.color, 11)
            _text(painter, box.left() + 20 + names, top, row.value, "t1", 11, 600)
            _text(painter, box.left() + 30 + names + values, top, row.interval, "t3", 11)

    def _paint_count(self, painter: QPainter, frame: Frame) -> None:
        """How many rows the dragged limit is against, and why it goes no further."""
        limit = self._now(self.dragged)
        if limit is None:
            return
        words = tr("against {n} of {total} rows", n=limit.failing, total=limit.count)
        words = f"{words}; {tr(self.stop)}" if self.stop else words
        width = fonts.width_of(words, 11) + 16
        y = frame.y(limit.value)
        box = QRectF(frame.main.right() - width - 6, max(2.0, y - 26), width, 20)
        _paint_box(painter, box)
        _text(painter, box.left() + 8, box.top() + 2, words, "t1", 11)

    def _now(self, limit: LimitLine | None) -> LimitLine | None:
        """A limit as it is by now."""
        if limit is None:
            return None
        return next((one for one in self.data.limits if one.setting == limit.setting), None)

    # Pointer and keys

    def _limit_at(self, position: QPointF) -> LimitLine | None:
        if self.compact:
            return None
        frame = self.frame
        found: list[tuple[float, LimitLine]] = []
        for word in frame.side_words():
            if word.limit is None:
                continue
            handle = frame.handle(word.limit)
            place = handle.adjusted(-_REACH, -_REACH, _REACH, _REACH)
            words = QRectF(frame.main.right() + 16, word.middle - 7, 400, 14)
            if place.contains(position):
                found.append((abs(handle.center().y() - position.y()), word.limit))
            elif words.contains(position):
                found.append((abs(word.middle - position.y()), word.limit))
        return min(found, key=lambda one: one[0])[1] if found else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.dragged = self._limit_at(event.position())
        if self.dragged is None:
            index = self.frame.slot_at(event.position())
            if index is not None and index >= 0:
                self.chosen.emit(self.data.slots[index].checkpoint)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        limit = self._now(self.dragged)
        if limit is not None:
            wanted = as_shown(self.frame.value(event.position().y()))
            self.stop = limit.stop_at(wanted)
            self.limit_moved.emit(limit.setting, limit.setting_at(wanted))
        else:
            over = self._limit_at(event.position()) is not None
            shape = Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.hovered = None if over else self.frame.slot_at(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.dragged is not None:
            self.dragged, self.stop = None, ""
            self.limit_left.emit()
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        first, last = (-1 if self.frame.has_base else 0), len(self.data.slots) - 1
        if event.key() in moves and last >= 0:
            before = self.hovered if self.hovered is not None else first - 1
            self.hovered = min(last, max(first, before + moves[Qt.Key(event.key())]))
            self.update()
        elif event.key() == Qt.Key.Key_Return and (self.hovered or 0) >= 0 and last >= 0:
            self.chosen.emit(self.data.slots[self.hovered or 0].checkpoint)
        else:
            super().keyPressEvent(event)


def _row(tint: str, label: str, figure: Figure) -> ReadRow:
    return ReadRow(tint, tr(label), decimal(figure.value), interval(figure))


def _paint_box(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(color("line_field"), 1))
    painter.setBrush(color("field"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


def _text(
    painter: QPainter, x: float, y: float, words: str, tint: str, size: int, weight: int = 400
) -> None:
    painter.setFont(fonts.font(size, weight))
    painter.setPen(color(tint))
    painter.drawText(QRectF(x, y, 500, 17), Qt.AlignmentFlag.AlignVCenter, words)
