"""A list of 26 px rows: icon, name, quiet note, count. It is as high as its rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.theme import color, current, fonts, icons, metrics
from app.theme import signals as theme_signals

RowRole = Qt.ItemDataRole.UserRole + 1
NOTE = 0.4
"""Share of a row that a note has where not all of it and of the name have room."""


class Row(NamedTuple):
    """One row. ``key`` tells rows apart; texts are ready to show. ``tone`` colors the count. It is
    a tuple, because 4,000 of them are made and compared after each tag.

    ``aspect`` draws an outline of that width by height in the place of the icon; a ``gutter`` keeps
    that place free, where other rows of the list have one.
    """

    key: str
    text: str
    count: str = ""  # type: ignore[assignment]  # a tuple has a method of that name
    note: str = ""
    icon: str = ""
    tone: str = "t3"
    icon_tone: str = "t2"
    tip: str = ""
    note_tone: str = "t3"
    aspect: float = 0.0
    gutter: bool = False


class RowList(QListView):
    """Rows of which one is chosen, by click or by arrow keys. One tab stop."""

    chosen = Signal(str)
    activated_key = Signal(str)
    menu_asked = Signal(str, QPoint)  # a right click on a row; the place is global

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RowModel(self)
        self._widest: int | None = None
        self.setModel(self.rows)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.viewport().setAutoFillBackground(False)
        self.setProperty("surface", "none")
        self.selectionModel().currentChanged.connect(self._moved)
        self.activated.connect(lambda index: self.activated_key.emit(index.data(RowRole).key))
        theme_signals.changed.connect(self.viewport().update)
        self.setFixedHeight(0)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show ``rows``; the chosen one stays chosen when it is still there."""
        if list(rows) == self.rows.items:
            return
        key = self.current()
        self.rows.replace(rows)
        self._widest = None
        self.setFixedHeight(len(rows) * metrics.ROW)
        self.set_current(key)

    def widest_count(self) -> int:
        """How wide the column of counts is; digits are equally wide, so the longest tells."""
        if self._widest is None:
            longest = max((item.count for item in self.rows.items), key=len, default="")
            self._widest = QFontMetrics(fonts.font(12)).horizontalAdvance(longest)
        return self._widest

    def current(self) -> str:
        """The key of the chosen row, empty when none is."""
        index = self.currentIndex()
        return index.data(RowRole).key if index.isValid() else ""

    def set_current(self, key: str) -> None:
        """Choose the row of ``key`` without telling; an unknown key chooses none."""
        found = next((n for n, row in enumerate(self.rows.items) if row.key == key), -1)
        self.selectionModel().blockSignals(True)
        self.setCurrentIndex(self.rows.index(found) if found >= 0 else QModelIndex())
        if found < 0:
            self.clearSelection()
        self.selectionModel().blockSignals(False)
        self.viewport().update()

    def paint_lead(self, painter: QPainter, inner: QRect, row: Row, chosen: bool) -> int:
        """Paint what stands before the name; return where the name begins."""
        left = inner.left()
        if row.icon:
            top = inner.top() + (inner.height() - 14) // 2
            icons.paint(painter, row.icon, left, top, 14, "t1" if chosen else row.icon_tone)
        elif row.aspect:
            paint_shape(painter, QRect(left, inner.top(), 14, inner.height()), row.aspect)
        elif not row.gutter:
            return left
        return left + 22

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the row under the pointer, or of the chosen one by key."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            below = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            self.menu_asked.emit(index.data(RowRole).key, below if by_key else event.globalPos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the chosen row chooses it again: its list may share a choice with others."""
        before = self.currentIndex()
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index == before:
            self.chosen.emit(index.data(RowRole).key)

    def _moved(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.data(RowRole).key)

    def sizeHint(self) -> QSize:
        return QSize(120, len(self.rows.items) * metrics.ROW)


class RowModel(QStringListModel):
    """The rows of a :class:`RowList`. How many there are, Qt knows without asking Python, which a
    layout of 4,000 rows does ten thousand times.
    """

    def __init__(self, parent: RowList) -> None:
        super().__init__(parent)
        self.items: list[Row] = []

    def replace(self, rows: Sequence[Row]) -> None:
        self.items = list(rows)
        self.setStringList([row.text for row in rows])

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        return _CHOOSABLE

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        row = self.items[index.row()]
        if role == RowRole:
            return row
        spoken: dict[int, str | None] = {
            Qt.ItemDataRole.DisplayRole: row.text,
            Qt.ItemDataRole.ToolTipRole: row.tip or None,
            Qt.ItemDataRole.AccessibleTextRole: " ".join((row.text, row.note, row.count)),
        }
        return spoken.get(role)


class _Delegate(QStyledItemDelegate):
    def __init__(self, owner: RowList) -> None:
        super().__init__(owner)
        self._owner = owner

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, metrics.ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row: Row = index.data(RowRole)
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, color("acc_wash"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, color("row_hover"))
        inner = option.rect.adjusted(metrics.PAD, 0, -metrics.PAD, 0)
        self._paint_row(painter, inner, row, chosen)
        if chosen and self._owner.hasFocus() and _by_key(option):
            painter.setPen(color("acc"))
            painter.drawRect(option.rect.adjusted(1, 0, -2, -1))

    def _paint_row(self, painter: QPainter, inner: QRect, row: Row, chosen: bool) -> None:
        left = self._owner.paint_lead(painter, inner, row, chosen)
        if left > inner.right():
            return
        size = (inner.right() + 1 - left, inner.height())
        scale = painter.device().devicePixelRatioF()
        words = _Words(row.text, row.count, row.note, row.tone, row.note_tone)
        widest = self._owner.widest_count()
        made = _words(current().name, words, chosen, widest, size, scale)
        painter.drawPixmap(left, inner.top(), made)


class _Words(NamedTuple):
    """What is written in a row."""

    text: str
    count: str  # type: ignore[assignment]  # a tuple has a method of that name
    note: str
    tone: str
    note_tone: str


@lru_cache(maxsize=128)
def _words(
    _theme: str, row: _Words, chosen: bool, widest: int, size: tuple[int, int], scale: float
) -> QPixmap:
    """Name, note and count of a row. Laid down as one picture: each word that is drawn anew while
    workers read files may have to wait for one of them.
    """
    width, height = size
    made = QPixmap(round(width * scale), round(height * scale))
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setFont(fonts.font(12))
    measure, right = painter.fontMetrics(), width
    name = measure.horizontalAdvance(row.text)
    for text, tone, least in ((row.count, row.tone, widest), (row.note, row.note_tone, 0)):
        if not text:
            continue
        room = right if least else max(right - metrics.GAP - name, round(right * NOTE))
        text = measure.elidedText(text, Qt.TextElideMode.ElideRight, room)
        wide = max(least, measure.horizontalAdvance(text))
        painter.setPen(color("t2" if chosen and tone == "t3" else tone))
        painter.drawText(QRect(right - wide, 0, wide, height), _RIGHT, text)
        right -= wide + metrics.GAP
    where = QRect(0, 0, max(0, right), height)
    shown = measure.elidedText(row.text, Qt.TextElideMode.ElideMiddle, where.width())
    painter.setPen(color("t1"))
    painter.drawText(where, _LEFT, shown)
    painter.end()
    return made


def paint_shape(painter: QPainter, room: QRect, aspect: float) -> None:
    """An outline of width by height ``aspect`` in the middle of ``room``, 13 pixels at most."""
    wide, high = round(13 * min(1, aspect)), round(13 * min(1, 1 / aspect))
    box = QRect(0, 0, max(3, wide), max(3, high))
    box.moveCenter(room.center())
    painter.setPen(color("t2"))
    painter.drawRect(box.adjusted(0, 0, -1, -1))


def _by_key(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_KeyboardFocusChange)


_CHOOSABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
