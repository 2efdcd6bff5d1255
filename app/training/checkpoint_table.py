"""The checkpoints of a run: where in the run, step, loss and held-out loss, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QContextMenuEvent, QDrag, QKeySequence, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.i18n.format import number
from app.theme import color, fonts, icons, metrics
from app.theme import signals as theme_signals
from app.widgets.clipboard import copy_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from app.training.story import Story
    from engine.models.approvals import Approved
    from engine.training.runs import Checkpoint

header = 24
drag_distance = 8
icon_room = 22


class CheckpointTable(QWidget):
    """Painted rows of which one is chosen. A row drags out as its file.

    ``chosen`` carries a step; ``save_asked`` and ``menu_asked`` a checkpoint, the latter with a
    global place.
    """

    chosen = Signal(int)
    save_asked = Signal(object)
    menu_asked = Signal(object, QPoint)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Checkpoint] = []
        self._best: Checkpoint | None = None
        self._story: Story | None = None
        self._current: Path | None = None
        self._approved: Mapping[str, Approved] = {}
        self._hover = -1
        self._pressed: QPoint | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setProperty("ring", "inset")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme_signals.changed.connect(self.update)
        language_signals.changed.connect(self.update)

    @property
    def epochs(self) -> list[int]:
        """The epochs shown, from the top."""
        return [row.epoch for row in self._rows]

    @property
    def current(self) -> Checkpoint | None:
        """The chosen one."""
        return next((row for row in self._rows if row.path == self._current), None)

    def show_story(self, story: Story) -> None:
        """Show the checkpoints of ``story``; the best has a word for it."""
        self._story, self._rows, self._best = story, story.checkpoints[::-1], story.best
        if self.current is None:
            self._current = None
        self.updateGeometry()
        self._describe()
        self.update()

    def show_approved(self, approved: Mapping[str, Approved]) -> None:
        """Mark the checkpoints whose paths are in ``approved``."""
        self._approved = approved
        self._describe()
        self.update()

    def _describe(self) -> None:
        lines = [", ".join([*self._texts(row), *self._approval(row)]) for row in self._rows]
        self.setAccessibleName(tr("Checkpoints"))
        self.setAccessibleDescription("; ".join(lines))

    def _approval(self, row: Checkpoint) -> list[str]:
        """What the team uses it with, if it is approved."""
        found = self._approved.get(str(row.path))
        if found is None:
            return []
        weight = f"{found.approval.weight:g}"
        return [tr("Approved for the team, weight {weight}", weight=weight)]

    def sizeHint(self) -> QSize:
        # By the layout, so that what stands below moves in the same moment.
        return QSize(0, header + len(self._rows) * metrics.ROW)

    def choose(self, step: int) -> None:
        """Choose the row of ``step`` and tell; a step without a checkpoint chooses none."""
        if self.current is None or self.current.step != step:
            self._current = next((row.path for row in self._rows if row.step == step), None)
        self.update()
        self.chosen.emit(step)

    def _choose_row(self, row: Checkpoint) -> None:
        self._current = row.path
        self.choose(row.step)

    def _columns(self) -> list[QRect]:
        """The place takes what the three numbers and the icon leave."""
        room = self.width() - 2 * metrics.PAD - icon_room
        number_width = 58
        first = room - 3 * number_width
        lefts = [metrics.PAD, *(metrics.PAD + first + n * number_width for n in range(3))]
        return [QRect(left, 0, first if not n else number_width, 1) for n, left in enumerate(lefts)]

    def _texts(self, row: Checkpoint) -> list[str]:
        held = "" if row.held_out_loss is None else f"{row.held_out_loss:.4f}"
        return [self._place(row), number(row.step), f"{row.loss:.4f}", held]

    def _place(self, row: Checkpoint) -> str:
        """The epoch, with a part of it where it was saved inside of one."""
        story = self._story
        if story is None or not story.within_epoch(row.step):
            return str(row.epoch)
        return f"{row.step / story.steps_per_epoch:.2f}"

    def copy(self, row: Checkpoint | None) -> None:
        """Put the numbers of ``row`` on the clipboard, or those of all under their titles."""
        everything = [_titles(), *map(self._texts, self._rows)]
        copy_rows(everything if row is None else [self._texts(row)])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        for title, column, align in zip(_titles(), self._columns(), _aligns, strict=True):
            painter.drawText(QRect(column.left(), 0, column.width(), header), align, title)
        first = max(0, (event.rect().top() - header) // metrics.ROW)
        last = (event.rect().bottom() - header) // metrics.ROW
        for place, row in enumerate(self._rows[first : last + 1], first):
            self._paint_row(painter, place, row)

    def _paint_row(self, painter: QPainter, place: int, row: Checkpoint) -> None:
        top = header + place * metrics.ROW
        line = QRect(0, top, self.width(), metrics.ROW)
        if row.path == self._current:
            painter.fillRect(line, color("acc_wash"))
        elif place == self._hover:
            painter.fillRect(line, color("row_hover"))
        painter.setPen(color("line"))
        painter.drawLine(metrics.PAD, line.bottom(), self.width() - metrics.PAD, line.bottom())
        painter.setFont(fonts.font(12))
        cells = zip(self._texts(row), self._columns(), _aligns, strict=True)
        for text, column, align in cells:
            painter.setPen(color("t1"))
            where = QRect(column.left(), top, column.width(), metrics.ROW)
            painter.drawText(where, align, text)
        left = metrics.PAD + painter.fontMetrics().horizontalAdvance(self._place(row)) + 6
        if row is self._best:
            painter.setPen(color("acc"))
            painter.drawText(QRect(left, top, 80, metrics.ROW), _aligns[0], tr("best"))
            left += painter.fontMetrics().horizontalAdvance(tr("best")) + 6
        if str(row.path) in self._approved:
            icons.paint(painter, "badge-check", left, top + 6, 14, "ok")
        lit = place == self._hover
        icons.paint(painter, "download", self._icon_left(), top + 6, 14, "t1" if lit else "t3")

    def _icon_left(self) -> int:
        return self.width() - metrics.PAD - 14

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self._place_at(point)
        if place < 0 or event.button() != Qt.MouseButton.LeftButton:
            return
        self._choose_row(self._rows[place])
        if point.x() >= self._icon_left() - 4:
            self.save_asked.emit(self._rows[place])
        else:
            self._pressed = point

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if (point - self._pressed).manhattanLength() > drag_distance:
                self._drag(self._place_at(self._pressed))
            return
        self._light(self._place_at(point))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def leaveEvent(self, event: QEvent) -> None:
        self._light(-1)

    def _light(self, place: int) -> None:
        """Show which row is under the pointer; only the two that change are painted."""
        before, self._hover = self._hover, place
        for row in {before, place} - {-1} if before != place else ():
            self.update(0, header + row * metrics.ROW, self.width(), metrics.ROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy(self.current)
            return
        if event.key() not in moves or not self._rows:
            super().keyPressEvent(event)
            return
        here = self._rows.index(self.current) if self.current is not None else -1
        there = min(max(0, here + moves[Qt.Key(event.key())]), len(self._rows) - 1)
        self._choose_row(self._rows[there])

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the row under the pointer, or of the chosen one by key."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = -1 if by_key else self._place_at(event.pos())
        row = self.current if by_key else self._rows[place] if place >= 0 else None
        if row is not None:
            self.menu_asked.emit(row, event.globalPos())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._tip(event)  # type: ignore[arg-type]
        return super().event(event)

    def _tip(self, event: QHelpEvent) -> bool:
        place = self._place_at(event.pos())
        if place < 0:
            QToolTip.hideText()
        elif event.pos().x() >= self._icon_left() - 4:
            QToolTip.showText(event.globalPos(), tr("Save a copy…"), self)
        else:
            row = self._rows[place]
            words = "\n".join([row.path.name, *self._approval(row)])
            QToolTip.showText(event.globalPos(), words, self)
        return True

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


def _titles() -> list[str]:
    return [tr("Epoch"), tr("Step"), tr("Loss"), tr("Held-out")]


_aligns = [
    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    *[Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter] * 3,
]
