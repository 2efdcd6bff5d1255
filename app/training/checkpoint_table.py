"""The checkpoints of a run: epoch, step, loss and held-out loss, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QUrl, Signal
from PySide6.QtGui import QDrag, QPainter
from PySide6.QtWidgets import QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import color, fonts, metrics
from app.theme import signals as theme_signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from engine.training.runs import Checkpoint

header = 24
drag_distance = 8


class CheckpointTable(QWidget):
    """Painted rows of which one is chosen. A row drags out as its file."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Checkpoint] = []
        self._best: Checkpoint | None = None
        self._current: int | None = None
        self._hover = -1
        self._pressed: QPoint | None = None
        self.setMouseTracking(True)
        self.setProperty("ring", "inset")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme_signals.changed.connect(self.update)
        language_signals.changed.connect(self.update)

    @property
    def epochs(self) -> list[int]:
        """The epochs shown, from the top."""
        return [row.epoch for row in self._rows]

    def show_checkpoints(self, rows: Sequence[Checkpoint], best: Checkpoint | None) -> None:
        """Show ``rows``; ``best`` has its held-out loss in the accent color."""
        self._rows, self._best = list(reversed(rows)), best
        if self._current not in self.epochs:
            self._current = None
        self.setFixedHeight(header + len(self._rows) * metrics.ROW)
        lines = [", ".join(self._texts(row)) for row in self._rows]
        self.setAccessibleName(tr("Checkpoints"))
        self.setAccessibleDescription("; ".join(lines))
        self.update()

    def choose(self, epoch: int) -> None:
        """Choose the row of ``epoch`` and tell."""
        self._current = epoch if epoch in self.epochs else None
        self.update()
        self.chosen.emit(epoch)

    def _columns(self) -> list[QRect]:
        """Epoch takes what the three numbers leave."""
        room = self.width() - 2 * metrics.PAD
        number_width = 66
        first = room - 3 * number_width
        lefts = [metrics.PAD, *(metrics.PAD + first + n * number_width for n in range(3))]
        return [QRect(left, 0, first if not n else number_width, 1) for n, left in enumerate(lefts)]

    def _texts(self, row: Checkpoint) -> list[str]:
        held = "" if row.held_out_loss is None else f"{row.held_out_loss:.4f}"
        return [str(row.epoch), number(row.step), f"{row.loss:.4f}", held]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        titles = [tr("Epoch"), tr("Step"), tr("Loss"), tr("Held-out")]
        for title, column, align in zip(titles, self._columns(), _aligns, strict=True):
            painter.drawText(QRect(column.left(), 0, column.width(), header), align, title)
        for place, row in enumerate(self._rows):
            self._paint_row(painter, place, row)

    def _paint_row(self, painter: QPainter, place: int, row: Checkpoint) -> None:
        top = header + place * metrics.ROW
        line = QRect(0, top, self.width(), metrics.ROW)
        if row.epoch == self._current:
            painter.fillRect(line, color("acc_wash"))
        elif place == self._hover:
            painter.fillRect(line, color("row_hover"))
        painter.setPen(color("line"))
        painter.drawLine(metrics.PAD, line.bottom(), self.width() - metrics.PAD, line.bottom())
        painter.setFont(fonts.font(12))
        cells = zip(self._texts(row), self._columns(), _aligns, strict=True)
        for number_of, (text, column, align) in enumerate(cells):
            lowest = row is self._best and number_of == len(_aligns) - 1
            painter.setPen(color("acc" if lowest else "t1"))
            where = QRect(column.left(), top, column.width(), metrics.ROW)
            painter.drawText(where, align, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
            self.choose(self._rows[place].epoch)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if (point - self._pressed).manhattanLength() > drag_distance:
                self._drag(self._place_at(self._pressed))
            return
        self._hover = self._place_at(point)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() not in moves or not self._rows:
            super().keyPressEvent(event)
            return
        here = self.epochs.index(self._current) if self._current in self.epochs else -1
        there = min(max(0, here + moves[Qt.Key(event.key())]), len(self._rows) - 1)
        self.choose(self.epochs[there])

    def _place_at(self, point: QPoint) -> int:
        place = (point.y() - header) // metrics.ROW
        return place if point.y() >= header and place < len(self._rows) else -1

    def _drag(self, place: int) -> None:
        self._pressed = None
        if place < 0:
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._rows[place].path))])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)


_aligns = [
    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    *[Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter] * 3,
]
