"""The grid of thumbnail cards over any model of pictures, drawn without item widgets."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.i18n import tr
from app.theme import color, fonts, icons
from app.widgets import roles
from app.widgets.images import draw_fitted, image_of
from app.widgets.thumbnails import ThumbnailCache

FOOT = 24
GAP = 8
AIR = 0.08
TILE_RANGE = (96, 320)
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
            path = index.data(roles.PathRole)
            if path and self._grid.thumbnails is not None and path in self._grid.thumbnails.failed:
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


class PictureGrid(QListView):
    """Cards of ``tile_width`` pixels that fill the width; Ctrl and wheel changes their size."""

    opened = Signal(QModelIndex)
    tile_width_changed = Signal(int)

    def __init__(
        self, thumbnails: ThumbnailCache | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.keyboard = False
        self._wanted = 152
        self._arrays: dict[int, tuple[Any, QPixmap]] = {}
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(40)
        self.setMouseTracking(True)
        self.setViewportMargins(12, 12, 0, 0)
        self.setItemDelegate(CardDelegate(self))
        self.activated.connect(self.opened)
        if thumbnails is not None:
            thumbnails.ready.connect(self._came)

    def _came(self, _: str) -> None:
        self.viewport().update()

    @property
    def tile_width(self) -> int:
        """The width asked for; tiles grow from it to fill the row."""
        return self._wanted

    def set_tile_width(self, width: int) -> None:
        """Make tiles about ``width`` pixels wide."""
        self._wanted = max(TILE_RANGE[0], min(TILE_RANGE[1], width))
        self._regrid()
        self.tile_width_changed.emit(self._wanted)

    def cell_size(self) -> QSize:
        """One card with the gap after it."""
        room = max(1, self.viewport().width() - 2)
        columns = max(1, room // (self._wanted + GAP))
        width = room // columns
        return QSize(width, round((width - GAP) * 0.9) + FOOT + GAP)

    def pixmap(self, index: Index) -> QPixmap | None:
        """What to draw for ``index``, or None while it is being made."""
        image = index.data(roles.ImageRole)
        if image is not None:
            return image if isinstance(image, QPixmap) else QPixmap.fromImage(image)
        array = index.data(roles.ArrayRole)
        if array is not None:
            return self._of_array(index.row(), array)
        path = index.data(roles.PathRole)
        if not path or self.thumbnails is None:
            return None
        return self.thumbnails.get(path, round(self.cell_size().width() * self.devicePixelRatioF()))

    def _of_array(self, row: int, array: Any) -> QPixmap:
        kept = self._arrays.get(row)
        if kept is None or kept[0] is not array:
            kept = self._arrays[row] = (array, QPixmap.fromImage(image_of(array)))
        return kept[1]

    def _regrid(self) -> None:
        size = self.cell_size()
        if size != self.gridSize():
            self.setGridSize(size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._regrid()
        super().resizeEvent(event)
        # Qt leaves the layout of a narrower moment when the width grows step by step.
        self.scheduleDelayedItemsLayout()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_tile_width(self._wanted + (16 if event.angleDelta().y() > 0 else -16))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.keyboard = True
        super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self.keyboard = False
        return super().viewportEvent(event)


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
