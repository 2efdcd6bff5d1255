"""What floats under the filter: completions, and the sentence that says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.i18n import tr, tr_error
from app.i18n.format import number
from app.theme import color, fonts, metrics
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QSize

    from engine.dataset.query_complete import Completion
    from engine.runtime.errors import StylekilnError

MOST_ROWS = 10
nowhere = QModelIndex()
Index = QModelIndex | QPersistentModelIndex
_ITEM = Qt.ItemDataRole.UserRole + 1


class FilterPopup(QFrame):
    """A child of the window that never takes the keys. Empty it is hidden."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        self.field = field
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.items = _Items(self)
        self.list = QListView()
        self.list.setModel(self.items)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setProperty("surface", "none")
        self.list.viewport().setAutoFillBackground(False)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.problem = label(tone="error", wrap=True)
        self.problem.setContentsMargins(metrics.PAD, 6, metrics.PAD, 6)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.problem)
        column.addWidget(self.list)
        self.hide()

    @property
    def is_listing(self) -> bool:
        """Whether completions are shown."""
        return not self.isHidden() and bool(self.items.found)

    @property
    def chosen(self) -> Completion | None:
        """The completion the arrows stand on."""
        index = self.list.currentIndex()
        return self.items.found[index.row()] if index.isValid() else None

    def offer(self, found: Sequence[Completion]) -> None:
        """Show ``found``; none of them is chosen yet."""
        self.items.replace(found)
        self.list.setCurrentIndex(QModelIndex())
        self._place()

    def complain(self, error: StylekilnError | None) -> None:
        """Show what is wrong, or nothing."""
        self.problem.setText("" if error is None else tr_error(error))
        self._place()

    def step(self, by: int) -> None:
        """Go to another completion, round the ends."""
        row = self.list.currentIndex().row()
        count = len(self.items.found)
        row = (row + by) % count if row >= 0 else 0 if by > 0 else count - 1
        self.list.setCurrentIndex(self.items.index(row))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(color("float_line"))
        painter.setBrush(color("field"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _place(self) -> None:
        rows, wrong = len(self.items.found), bool(self.problem.text())
        self.problem.setVisible(wrong)
        self.list.setVisible(rows > 0)
        self.setVisible(rows > 0 or wrong)
        if self.isHidden():
            return
        window = self.field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
            self.show()
        width = max(self.field.width(), 360)
        below = 0
        if wrong:
            below = self.problem.heightForWidth(width - 2)
            self.problem.setFixedHeight(below)
        self.resize(width, min(rows, MOST_ROWS) * metrics.ROW + below + 2)
        self.move(self.field.mapTo(window, QPoint(0, self.field.height() + 2)))
        self.raise_()


class _Items(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.found: list[Completion] = []

    def replace(self, found: Sequence[Completion]) -> None:
        self.beginResetModel()
        self.found = list(found)
        self.endResetModel()

    def rowCount(self, parent: Index = nowhere) -> int:
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self.found[index.row()]
        return {_ITEM: item, int(Qt.ItemDataRole.DisplayRole): item.text}.get(role)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        hint = super().sizeHint(option, index)
        hint.setHeight(metrics.ROW)
        return hint

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: Completion = index.data(_ITEM)
        view: QListView = self.parent()  # type: ignore[assignment]
        box = option.rect  # type: ignore[attr-defined]
        if index == view.currentIndex():
            painter.fillRect(box, color("acc_wash"))
        inner = box.adjusted(metrics.PAD, 0, -metrics.PAD, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(fonts.font(12))
        painter.setPen(color("t1"))
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignLeft, item.text)
        left = painter.fontMetrics().horizontalAdvance(item.text) + 16
        detail = number(item.count) if item.count else tr(item.detail) if item.detail else ""
        rest = inner.adjusted(min(left, inner.width()), 0, 0, 0)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        shown = painter.fontMetrics().elidedText(detail, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, shown)
