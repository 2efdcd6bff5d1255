"""How a row of the layer list looks, and what of it lies where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.canvas.layer_tree import MaskRole, NodeRole, ThumbnailRole
from app.canvas.layer_words import origin
from app.i18n import tr
from app.i18n.format import percent
from app.theme import color, fonts, icons
from app.widgets.images import checker
from engine.canvas.layer import Group, Layer

if TYPE_CHECKING:
    from app.canvas.layer_tree import Index
    from app.canvas.model import CanvasState
    from engine.canvas.layer import Node

ROW = 40
EYE = QRect(12, 10, 20, 20)
INDENT = 22
RIGHT = 12
_PICTURE = QRect(40, 4, 44, 32)
_CLIP_SHIFT = 18


class RowPlaces:
    """The rectangles of a row's parts, from the row's top left corner."""

    def __init__(self, node: Node | None) -> None:
        left = _PICTURE.left()
        self.arrow = self.chevron = self.picture = self.mask = QRect()
        if node is not None and node.clipping:
            self.arrow = QRect(left - 1, 13, 14, 14)
            left += _CLIP_SHIFT
        if isinstance(node, Group):
            self.chevron = QRect(left - 4, 9, 22, 22)
            left += INDENT
        else:
            self.picture = _PICTURE.translated(left - _PICTURE.left(), 0)
            left = self.picture.right() + 9
        if node is not None and node.mask is not None:
            self.mask = QRect(left - 2, 4, 32, 32)
            left = self.mask.right() + 9
        self.text = left

    def part_at(self, at: QPoint) -> str:
        """What lies at a point: ``eye``, ``chevron``, ``picture``, ``mask``, or ``""``."""
        if EYE.adjusted(-8, -10, 2, 10).contains(at):
            return "eye"
        for name in ("chevron", "picture", "mask"):
            if getattr(self, name).contains(at):
                return name
        return ""


class LayerRows(QStyledItemDelegate):
    """Paints eye, thumbnails, two lines and opacity; the view acts on clicks."""

    def __init__(self, state: CanvasState, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state
        self.open = lambda _: True  # whether the group of a row is open

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One row."""
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The row without its background, which the view paints from edge to edge."""
        node: Node | None = index.data(NodeRole)
        places = RowPlaces(node)
        painter.save()
        painter.translate(option.rect.topLeft())
        if not isinstance(node, Group):
            _paint_picture(painter, places.picture, index.data(ThumbnailRole))
        if node is None:
            self._paint_candidate(painter, option.rect.width(), str(index.data()))
        else:
            self._paint_node(painter, option, node, index)
        painter.restore()

    def _paint_candidate(self, painter: QPainter, width: int, name: str) -> None:
        icons.paint(painter, "eye", EYE.left() + 2, EYE.top() + 2, 16, "t2")
        painter.setFont(fonts.font(11))
        painter.setPen(color("acc"))
        text = tr("preview")
        advance = painter.fontMetrics().horizontalAdvance(text)
        spot = QRect(width - RIGHT - advance, 0, advance + 1, ROW)
        painter.drawText(spot, Qt.AlignmentFlag.AlignVCenter, text)
        room = QRect(RowPlaces(None).text, 0, width - RIGHT - advance - 100, ROW)
        _paint_lines(painter, room, (name, "t1"), (tr("not accepted yet"), "t3"))

    def _paint_node(
        self, painter: QPainter, option: QStyleOptionViewItem, node: Node, index: Index
    ) -> None:
        places, width = RowPlaces(node), option.rect.width()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        active = node.id == self._state.active
        eye = "eye" if node.visible else "eye-off"
        tint = "t2" if node.visible else "t3"
        icons.paint(painter, eye, EYE.left() + 2, EYE.top() + 2, 16, tint)
        if node.clipping:
            arrow = places.arrow
            icons.paint(painter, "corner-left-down", arrow.x(), arrow.y(), 14, "t3")
        if isinstance(node, Group):
            chevron = "chevron-down" if self.open(index) else "chevron-right"
            icons.paint(painter, chevron, places.chevron.x() + 4, places.chevron.y() + 4, 14, "t2")
        if node.mask is not None:
            framed = active and self._state.paints_mask
            _paint_mask(painter, places.mask, index.data(MaskRole), framed, node.mask.enabled)
        right = self._paint_facts(painter, width, node, selected)
        name = "t1" if selected else "t2" if node.visible else "t3"
        second = origin(node)
        if self._state.collage.active and node.id == self._state.collage.group_id:
            second = tr("not accepted yet")
        if active and self._state.paints_mask:
            second = tr("mask shown") if self._state.shows_mask else tr("painting the mask")
        room = QRect(places.text, 0, right - places.text, ROW)
        _paint_lines(painter, room, (node.name, name), (second, "t2" if selected else "t3"))

    def _paint_facts(self, painter: QPainter, width: int, node: Node, selected: bool) -> int:
        """Opacity and marks at the right end; gives where they begin."""
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2" if selected else "t3"))
        spot = QRect(width - RIGHT - 40, 0, 40, ROW)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(spot, middle, percent(node.opacity))
        right = width - RIGHT - 44
        recipe = isinstance(node, Layer) and node.recipe is not None
        pinned = isinstance(node, Layer) and node.alpha_locked
        mark = "lock" if node.locked else "grid-2x2" if pinned else "sparkles" if recipe else ""
        if mark:
            icons.paint(painter, mark, right - 14, (ROW - 14) / 2, 14, "t3")
            right -= 22
        return right

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Rename in place."""
        return QLineEdit(parent)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Over the name."""
        rect, left = option.rect, RowPlaces(index.data(NodeRole)).text
        editor.setGeometry(
            rect.left() + left - 8, rect.top() + 7, max(80, rect.width() - left - 42), 26
        )


def paint_drop_mark(
    painter: QPainter, rect: QRect, line: QRect, where: QAbstractItemView.DropIndicatorPosition
) -> None:
    """Where a drop on a row goes: round the whole line into the group, or over or under the row."""
    painter.setPen(QPen(color("acc"), 2))
    position = QAbstractItemView.DropIndicatorPosition
    if where == position.OnItem:
        painter.drawRect(line.adjusted(1, 1, -1, 0))
    elif where == position.AboveItem:
        painter.drawLine(rect.left(), rect.top(), rect.right(), rect.top())
    elif where == position.BelowItem:
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())


def _paint_picture(painter: QPainter, place: QRect, image: QImage | None) -> None:
    painter.setBrushOrigin(place.topLeft())
    painter.fillRect(place, checker())
    if image is None or image.isNull():
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    target = QRect(QPoint(0, 0), image.size().scaled(place.size(), _KEEP))
    target.moveCenter(place.center())
    painter.drawImage(QRectF(target), image, QRectF(image.rect()))


_KEEP = Qt.AspectRatioMode.KeepAspectRatio


def _paint_mask(
    painter: QPainter, place: QRect, image: QImage | None, framed: bool, enabled: bool
) -> None:
    """Black and white; framed while it is painted, crossed out while it does not act."""
    if image is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(place), image, QRectF(image.rect()))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not enabled:
        painter.setPen(QPen(color("err"), 2))
        inside = place.adjusted(4, 4, -3, -3)
        painter.drawLine(inside.topLeft(), inside.bottomRight())
        painter.drawLine(inside.bottomLeft(), inside.topRight())
    painter.setPen(QPen(color("acc"), 2) if framed else QPen(color("line"), 1))
    edge = QRectF(place)
    painter.drawRect(edge.adjusted(-1, -1, 1, 1) if framed else edge.adjusted(0.5, 0.5, -0.5, -0.5))


def _paint_lines(
    painter: QPainter, room: QRect, first: tuple[str, str], second: tuple[str, str]
) -> None:
    """A name and under it a quiet line, each (words, color)."""
    for top, size, (text, tint) in ((4, 12, first), (20, 11, second)):
        painter.setFont(fonts.font(size))
        painter.setPen(color(tint))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        line = QRect(room.left(), top, room.width(), 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)
