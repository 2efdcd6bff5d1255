"""A list of captions before and after a change, with what changes marked in one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.theme import color, fonts, metrics
from app.theme import signals as theme_signals

Index = QModelIndex | QPersistentModelIndex
ChangeRole = Qt.ItemDataRole.UserRole + 1
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_PARTS = re.compile(r"\s+|,|[^\s,]+")
_AIR = 28
"""Letters of unchanged text that stand before the first change."""


class Change(NamedTuple):
    """One caption: the picture's id and name, and both texts."""

    id: int
    name: str
    before: str
    after: str


class Part(NamedTuple):
    """A piece of a marked line; ``kind`` is same, gone or new."""

    text: str
    kind: str


@lru_cache(512)
def marked(before: str, after: str) -> tuple[Part, ...]:
    """Both texts as one line: what goes, what comes, and what stays between."""
    old, new = _PARTS.findall(_flat(before)), _PARTS.findall(_flat(after))
    found: list[Part] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Part("".join(old[a:b]), "same"))
            continue
        found += [Part("".join(old[a:b]), "gone"), Part("".join(new[c:d]), "new")]
    found = [part for part in found if part.text]
    if found and found[0].kind == "same" and len(found[0].text) > _AIR and len(found) > 1:
        kept = found[0].text[-_AIR:]
        found[0] = Part("… " + kept.partition(" ")[2], "same")
    return tuple(found)


class ChangeList(QListView):
    """Rows of 44 px. ``looked_at`` carries the id of the picture whose row becomes current."""

    looked_at = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.changes = _Changes(self)
        self.setModel(self.changes)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setProperty("surface", "none")
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.selectionModel().currentChanged.connect(self._moved)
        theme_signals.changed.connect(self.viewport().update)

    def set_changes(self, changes: Sequence[Change]) -> None:
        """Show ``changes``."""
        self.changes.replace(changes)

    def add(self, change: Change) -> None:
        """Put ``change`` at the end and keep it in view."""
        bar = self.verticalScrollBar()
        follow = bar.value() == bar.maximum()
        self.changes.append(change)
        if follow:
            self.scrollToBottom()

    def _moved(self, index: QModelIndex) -> None:
        if index.isValid():
            self.looked_at.emit(index.data(ChangeRole).id)


class _Changes(QAbstractListModel):
    def __init__(self, parent: ChangeList) -> None:
        super().__init__(parent)
        self.items: list[Change] = []

    def replace(self, changes: Sequence[Change]) -> None:
        self.beginResetModel()
        self.items = list(changes)
        self.endResetModel()

    def append(self, change: Change) -> None:
        self.beginInsertRows(QModelIndex(), len(self.items), len(self.items))
        self.items.append(change)
        self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = 0) -> object:
        change = self.items[index.row()]
        spoken = {
            Qt.ItemDataRole.DisplayRole: change.name,
            Qt.ItemDataRole.ToolTipRole: f"{change.before}\n→\n{change.after}",
            Qt.ItemDataRole.AccessibleTextRole: f"{change.name}: {change.after}",
            ChangeRole: change,
        }
        return spoken.get(role)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, metrics.ROW_THUMB)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        change: Change = index.data(ChangeRole)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, color("acc_wash"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, color("row_hover"))
        inner = option.rect.adjusted(metrics.PAD, 4, -metrics.PAD, -4)
        half = inner.height() // 2
        painter.setFont(fonts.font(11))
        painter.setPen(color("t3"))
        painter.drawText(QRect(inner.left(), inner.top(), inner.width(), half), _LEFT, change.name)
        line = QRect(inner.left(), inner.top() + half, inner.width(), half)
        for part in marked(change.before, change.after):
            line = _paint_part(painter, line, part)
            if line.width() <= 4:
                break


def _paint_part(painter: QPainter, line: QRect, part: Part) -> QRect:
    font = fonts.font(12, 600 if part.kind == "new" else 400)
    font.setStrikeOut(part.kind == "gone")
    painter.setFont(font)
    painter.setPen(color({"gone": "err", "new": "ok"}.get(part.kind, "t2")))
    measure = painter.fontMetrics()
    shown = measure.elidedText(part.text, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, _LEFT, shown)
    return line.adjusted(measure.horizontalAdvance(shown), 0, 0, 0)


def _flat(text: str) -> str:
    return text.replace("\n", " ⏎ ")
