"""The foot of culling: every group, or every picture to sort, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem

from app.theme import color, fonts, icons, metrics
from app.theme import signals as theme_signals
from app.widgets.images import draw_fitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QMouseEvent

    from app.widgets.thumbnails import ThumbnailCache

TILE = QSize(104, 58)
CardRole = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Card:
    """One group or picture: its first pictures, the words under it, an icon when it is decided,
    and which of the pictures go.
    """

    paths: tuple[Path, ...]
    words: str
    icon: str = ""
    going: tuple[bool, ...] = ()


class CardStrip(QListView):
    """Cards side by side; ``chosen`` tells the place of one that was clicked. It takes no focus,
    because the keys of the stage decide.
    """

    chosen = Signal(int)

    def __init__(self, thumbnails: ThumbnailCache) -> None:
        super().__init__()
        self.cards = _Cards(self)
        self.thumbnails = thumbnails
        self.setModel(self.cards)
        self.setItemDelegate(_Delegate(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setProperty("surface", "none")
        self.setFixedHeight(TILE.height() + 18 + 14)
        self._current = -1
        thumbnails.ready.connect(self.viewport().update)
        theme_signals.changed.connect(self.viewport().update)

    @property
    def current(self) -> int:
        """The place of the card that is looked at, -1 without one."""
        return self._current

    def set_cards(self, cards: Sequence[Card], current: int) -> None:
        """Show ``cards`` with one of them current."""
        self.cards.replace(cards)
        self._current = current
        if 0 <= current < len(cards):
            self.scrollTo(self.cards.index(current))
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.chosen.emit(index.row())


class _Cards(QAbstractListModel):
    def __init__(self, parent: CardStrip) -> None:
        super().__init__(parent)
        self.items: list[Card] = []

    def replace(self, cards: Sequence[Card]) -> None:
        if len(cards) != len(self.items):
            self.beginResetModel()
            self.items = list(cards)
            self.endResetModel()
            return
        self.items = list(cards)  # the same places: scrolling stays where it is
        if cards:
            self.dataChanged.emit(self.index(0), self.index(len(cards) - 1))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        card = self.items[index.row()]
        if role == CardRole:
            return card
        names = ", ".join(path.name for path in card.paths)
        if role == Qt.ItemDataRole.ToolTipRole:
            return names
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{names}: {card.words}"
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, owner: CardStrip) -> None:
        super().__init__(owner)
        self._owner = owner

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(TILE.width() + 6, TILE.height() + 18)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        card: Card = index.data(CardRole)
        current = index.row() == self._owner.current
        corner = option.rect.topLeft()
        tile = QRectF(corner.x() + 1, corner.y() + 1, TILE.width() - 2, TILE.height() - 2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("acc"), 2) if current else Qt.PenStyle.NoPen)
        painter.setBrush(color("tile_selected" if current else "tile"))
        painter.drawRoundedRect(tile, metrics.RADIUS, metrics.RADIUS)
        self._paint_pictures(painter, tile, card)
        painter.setOpacity(1)
        if card.icon:
            icons.paint(painter, card.icon, tile.right() - 16, tile.top() + 3, 13, "t1")
        self._paint_number(painter, tile, index.row() + 1)
        painter.setFont(fonts.font(11))
        painter.setPen(color("t1" if current else "t3"))
        below = QRect(corner.x(), round(tile.bottom()) + 2, TILE.width(), 16)
        middle = Qt.TextElideMode.ElideMiddle
        words = painter.fontMetrics().elidedText(card.words, middle, below.width() - 4)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        painter.restore()

    def _paint_pictures(self, painter: QPainter, tile: QRectF, card: Card) -> None:
        width = tile.width() / len(card.paths)
        for place, path in enumerate(card.paths):
            pixmap = self._owner.thumbnails.get(str(path), 160)
            going = place < len(card.going) and card.going[place]
            painter.setOpacity(0.3 if going else 1.0)
            if pixmap is not None:
                area = QRectF(tile.left() + place * width, tile.top(), width, tile.height())
                draw_fitted(painter, pixmap, area, 0.08)

    def _paint_number(self, painter: QPainter, tile: QRectF, number: int) -> None:
        words = str(number)
        width = fonts.metrics(11, 600).horizontalAdvance(words) + 8
        plate = QRectF(tile.left() + 3, tile.top() + 3, width, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("badge"))
        painter.drawRoundedRect(plate, 2, 2)
        painter.setPen(color("badge_text"))
        painter.setFont(fonts.font(11, 600))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
