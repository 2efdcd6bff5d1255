"""The table of an import's report: heads of groups, and a row for each key of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QListView,
    QWidget,
)

from app.i18n import bind, tr
from app.i18n import signals as language_signals
from app.theme import color, fonts
from app.theme import signals as theme_signals
from app.training.kohya_cells import LEFT, ReportDelegate, columns, more_place
from app.training.kohya_model import ReportRows, more_words
from app.training.kohya_rows import Head, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.training.next_run import NextRun

TITLES = ("In the file", "Value", "Here", "Why")


class TableHead(QWidget):
    """The titles of the columns of ``table``."""

    def __init__(self, table: ReportTable) -> None:
        super().__init__()
        self._table = table
        self.setFixedHeight(28)
        table.laid_out.connect(self.update)
        language_signals.changed.connect(self.update)
        theme_signals.changed.connect(self.update)

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        laid = columns(self._table.viewport().width())
        for title, (left, wide) in zip(TITLES, laid, strict=False):
            painter.drawText(QRect(left, 0, wide, self.height()), LEFT, tr(title))
        painter.fillRect(0, self.height() - 1, self.width(), 1, color("line_stage"))


class ReportTable(QListView):
    """One row is chosen. Heads fold; ``go_asked`` wants the field of the chosen row, ``copy_asked``
    its words.
    """

    chosen = Signal(object)
    fold_asked = Signal(str)
    more_asked = Signal(str)
    go_asked = Signal()
    copy_asked = Signal()
    laid_out = Signal()

    def __init__(self, state: NextRun) -> None:
        super().__init__()
        self.lines = ReportRows(state, self)
        self.setModel(self.lines)
        self.setItemDelegate(ReportDelegate(self))
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setProperty("surface", "stage")
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bind(self.setAccessibleName, "Keys of the file")
        self.selectionModel().currentChanged.connect(lambda index, _: self._moved(index))
        theme_signals.changed.connect(self.viewport().update)
        language_signals.changed.connect(self.refresh)

    def put(self, rows: Sequence[Row]) -> None:
        """Show ``rows``; the current one stays where it is still there."""
        before = self.current()
        self.selectionModel().blockSignals(True)
        self.lines.show_rows(rows)
        self.choose(before)
        self.selectionModel().blockSignals(False)

    def refresh(self) -> None:
        """Say everything again: settings or language have changed."""
        if self.lines.read_problems():
            self.scheduleDelayedItemsLayout()  # a reason may need more lines, or fewer
        self.viewport().update()

    def current(self) -> Row | None:
        """The current row."""
        index = self.currentIndex()
        return self.lines.rows[index.row()] if index.isValid() else None

    def choose(self, row: Row | None) -> None:
        """Make ``row`` current: the line itself, or the head of its status."""
        for place, item in enumerate(self.lines.rows):
            same_head = isinstance(row, Head) and isinstance(item, Head)
            if item is row or (same_head and item.status == row.status):  # type: ignore[union-attr]
                self.setCurrentIndex(self.lines.index(place))
                return

    def choose_first(self) -> None:
        """Choose the first line."""
        lines = [row for row in self.lines.rows if not isinstance(row, Head)]
        self.scrollToTop()
        self.choose(lines[0] if lines else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current()
        if isinstance(row, Head) and event.key() in _FOLDING:
            wanted = {Qt.Key.Key_Left: True, Qt.Key.Key_Right: False}.get(Qt.Key(event.key()))
            if wanted is None or wanted != row.shut:
                self.fold_asked.emit(row.status)
        elif row is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = self.lines.rows[index.row()] if index.isValid() else None
        if not isinstance(row, Head) or event.button() != Qt.MouseButton.LeftButton:
            return
        link = more_place(row, self.visualRect(index))
        on_link = bool(more_words(row)) and link.contains(event.position().toPoint())
        (self.more_asked if on_link else self.fold_asked).emit(row.status)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if isinstance(self.current(), Head):
            super().mouseDoubleClickEvent(event)
        else:
            self.go_asked.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)  # of what is inside the scroll bar
        self.scheduleDelayedItemsLayout()
        self.executeDelayedItemsLayout()  # at once: rows are painted once, not before and after
        self.laid_out.emit()

    def _moved(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.lines.rows[index.row()])


_FOLDING = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Space,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)
