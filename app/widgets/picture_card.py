"""One card of the picture grid: tile, picture, badges, flag, name and rating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.i18n import tr
from app.theme import color, fonts, icons
from app.widgets import roles
from app.widgets.images import draw_fitted

if TYPE_CHECKING:
    from app.widgets.picture_grid import PictureGrid

FOOT = 24
GAP = 8
AIR = 0.08
Index = QModelIndex | QPersistentModelIndex


class CardDelegate(QStyledItemDelegate):
    """Draws one card: tile, picture, badges, flag, name and rating."""

    def __init__(self, grid: PictureGrid) -> None:
        super().__init__(grid)
        self._grid = grid

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._grid.cell_size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cell: QRect = option.rect  # type: ignore[attr-defined]
        tile = QRectF(cell.x(), cell.y(), cell.width() - GAP, cell.height() - GAP - FOOT)
        rejected = bool(index.data(roles.RejectedRole)) or index.data(roles.FlagRole) == "rejected"
        self._tile(painter, tile, option, index)
        self._picture(painter, tile, index, rejected)
        _badges(painter, tile, index.data(roles.BadgesRole) or [])
        mark = {"picked": "flag", "rejected": "x"}.get(index.data(roles.FlagRole) or "")
        if mark:
            icons.paint(painter, mark, tile.right() - 18, tile.top() + 5, 13, "t1")
        _foot(painter, tile, index, rejected, _has(option, QStyle.StateFlag.State_Selected))
        painter.restore()

    def _tile(
        self, painter: QPainter, tile: QRectF, option: QStyleOptionViewItem, index: Index
    ) -> None:
        selected = _has(option, QStyle.StateFlag.State_Selected)
        hovered = _has(option, QStyle.StateFlag.State_MouseOver)
        fill = "tile_selected" if selected else "tile_hover" if hovered else "tile"
        painter.setPen(QPen(color("acc"), 2) if selected else Qt.PenStyle.NoPen)
        painter.setBrush(color(fill))
        box = tile.adjusted(1, 1, -1, -1) if selected else tile
        painter.drawRoundedRect(box, 3, 3)
        if self._grid.keyboard and index == self._grid.currentIndex() and self._grid.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color("focus_alt"), 1))
            painter.drawRoundedRect(tile.adjusted(3.5, 3.5, -3.5, -3.5), 2, 2)

    def _picture(self, painter: QPainter, tile: QRectF, index: Index, rejected: bool) -> None:
        if index.data(roles.ProblemRole):
            self._unreadable(painter, tile)
            return
        pixmap = self._grid.pixmap(index)
        if pixmap is None:
            if self._grid.has_failed(index):
                self._unreadable(painter, tile)
            return
        painter.setOpacity(0.3 if rejected else 1.0)
        draw_fitted(painter, pixmap, tile, AIR)
        painter.setOpacity(1.0)

    def _unreadable(self, painter: QPainter, tile: QRectF) -> None:
        center = tile.center()
        icons.paint(painter, "image-off", center.x() - 10, center.y() - 18, 20, "t2")
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2"))
        words = QRectF(tile.left(), center.y() + 6, tile.width(), 16)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, tr("unreadable"))


def _has(option: QStyleOptionViewItem, flag: QStyle.StateFlag) -> bool:
    return bool(option.state & flag)  # type: ignore[attr-defined]


def _badges(painter: QPainter, tile: QRectF, badges: list[tuple[str, str, str]]) -> None:
    """At most two badges at the bottom left, and only what fits; the rest as a count."""
    left = tile.left() + 4
    measure = fonts.metrics(11)
    painter.setFont(fonts.font(11))
    shown = 0
    for icon, text, tone in badges[:2]:
        words = measure.horizontalAdvance(text) if text else 0.0
        width = 8 + (11 if icon else 0) + (4 if icon and text else 0) + words
        if left + width > tile.right() - (4 if len(badges) == shown + 1 else 24) and shown:
            break
        _badge(painter, QRectF(left, tile.bottom() - 21, width, 17), icon, text, tone)
        left += width + 3
        shown += 1
    if len(badges) > shown:
        more = f"+{len(badges) - shown}"
        width = 8 + measure.horizontalAdvance(more)
        _badge(painter, QRectF(left, tile.bottom() - 21, width, 17), "", more, "fact")


def _badge(painter: QPainter, box: QRectF, icon: str, text: str, tone: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("badge"))
    painter.drawRoundedRect(box, 2, 2)
    tint = "badge_warn" if tone == "warn" else "badge_text"
    if icon:
        icons.paint(painter, icon, box.left() + 4, box.top() + 3, 11, tint)
    painter.setPen(color(tint))
    place = box.adjusted(4 + (15 if icon else 0), 0, 0, 0)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)


def _foot(painter: QPainter, tile: QRectF, index: Index, rejected: bool, selected: bool) -> None:
    stars = int(index.data(roles.StarsRole) or 0)
    room = tile.width() - (stars * 6 + 6 if stars else 0)
    name = str(index.data(roles.NameRole) or "")
    painter.setFont(fonts.font(11))
    painter.setPen(color("t1" if selected else "t3" if rejected else "t2"))
    middle = Qt.TextElideMode.ElideMiddle
    shown = painter.fontMetrics().elidedText(name, middle, int(room))
    place = QRectF(tile.left(), tile.bottom(), room, FOOT)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("t1" if selected else "t2"))
    for dot in range(stars):
        left = tile.right() - 4 - (stars - 1 - dot) * 6
        painter.drawEllipse(QRectF(left, tile.bottom() + FOOT / 2 - 2, 4, 4))
