"""The layers as a Qt list, top layer first, and how a row looks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QByteArray,
    QEvent,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.i18n import signals, tr
from app.i18n.format import percent
from app.theme import color, fonts, icons
from app.widgets.images import checker, image_of
from engine.canvas.rect import Rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.canvas.model import CanvasState
    from engine.canvas.layer import Layer

Index = QModelIndex | QPersistentModelIndex
LayerRole = Qt.ItemDataRole.UserRole + 1
ThumbnailRole = Qt.ItemDataRole.UserRole + 2
MIME = "application/x-stylekiln-layer"
ROW = 40
EYE = QRect(12, 10, 20, 20)
THUMBNAIL = QRect(40, 4, 44, 32)
TEXT_LEFT = 92
RIGHT = 12


class LayerModel(QAbstractListModel):
    """Rows are layers from top to bottom; a candidate on the picture is a row above them."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__(state)
        self._state = state
        self._ids: list[str] = []
        self._thumbnails: dict[str, tuple[int, QImage]] = {}
        state.layers_changed.connect(self.refresh)
        state.preview_changed.connect(self.refresh)
        signals.changed.connect(self._repaint)
        self.refresh()

    def refresh(self) -> None:
        """Follow the document; keeps rows when only their looks changed."""
        ids = [layer.id for layer in reversed(self._layers())]
        if self._state.has_shown_candidate():
            ids.insert(0, "")
        if ids != self._ids:
            self.beginResetModel()
            self._ids = ids
            kept = set(ids)
            self._thumbnails = {k: v for k, v in self._thumbnails.items() if k in kept}
            self.endResetModel()
        else:
            self._repaint()

    def _repaint(self) -> None:
        if self._ids:
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))

    def _layers(self) -> list[Layer]:
        return self._state.document.layers if self._state.document is not None else []

    def layer(self, index: Index) -> Layer | None:
        """The layer of a row, None for the candidate's."""
        wanted = self._ids[index.row()] if index.isValid() else ""
        return next((layer for layer in self._layers() if layer.id == wanted), None)

    def row_of(self, layer_id: str) -> int:
        """The row of a layer, -1 when it is not there."""
        return self._ids.index(layer_id) if layer_id in self._ids else -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many rows."""
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, layer, thumbnail."""
        layer = self.layer(index)
        if role == LayerRole:
            return layer
        if layer is None:
            return self._candidate_data(role)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return layer.name
        if role == ThumbnailRole:
            return self._thumbnail(layer)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{layer.name}, {origin(layer)}, {percent(layer.opacity)}"
        return None

    def _candidate_data(self, role: int) -> Any:
        shown = self._state.candidates.current
        if shown is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr("Candidate {n}", n=shown.number)
        return shown.image if role == ThumbnailRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename."""
        layer = self.layer(index)
        if role != Qt.ItemDataRole.EditRole or layer is None:
            return False
        if value != layer.name:
            self._state.rename_layer(layer.id, str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Layers can be chosen, renamed and dragged; drops go between rows."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        if self.layer(index) is None:
            return Qt.ItemFlag.ItemIsEnabled
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemIsDragEnabled
        )

    def supportedDropActions(self) -> Qt.DropAction:
        """Layers move."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Only our own rows."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The layer that is dragged."""
        data = QMimeData()
        layer = self.layer(indexes[0])
        data.setData(MIME, QByteArray((layer.id if layer else "").encode()))
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Put the dragged layer above ``row``. The document moves it, so the view must not."""
        layer_id = bytes(data.data(MIME).data()).decode()
        if not layer_id:
            return False
        row = len(self._ids) if row < 0 else row
        from_row = self.row_of(layer_id)
        # Rows count down from the top while places count up, and the layer leaves its own row.
        place = len(self._ids) - row - (1 if from_row >= row else 0)
        self._state.move_in_stack(layer_id, max(0, place))
        return False

    def _thumbnail(self, layer: Layer) -> QImage:
        kept = self._thumbnails.get(layer.id)
        if kept is None or kept[0] != layer.revision:
            image = image_of(thumbnail(layer))
            kept = self._thumbnails[layer.id] = (layer.revision, image)
        return kept[1]


def thumbnail(layer: Layer) -> np.ndarray:
    """All that a layer shows, straight RGBA, small but not smaller than a row's picture."""
    around = layer.tiles.bounds()
    level = 0
    while min(around.height >> level, around.width >> level) > 2 * THUMBNAIL.width():
        level += 1
    small = Rect.edges(
        around.x >> level,
        around.y >> level,
        -(-around.right >> level),
        -(-around.bottom >> level),
    )
    pixels = None if small.empty else layer.tiles.at_level(level, small)
    return np.zeros((1, 1, 4), np.uint8) if pixels is None else np.ascontiguousarray(pixels)


def origin(layer: Layer) -> str:
    """Where a layer comes from, in a few words."""
    recipe = layer.recipe
    if not recipe:
        return tr("locked") if layer.locked else layer.source or tr("painted")
    image = recipe.get("image", {})
    parts = [_lora_words(use) for use in image.get("loras", ())[:1]]
    seed = image.get("seed", recipe.get("seed"))
    if seed is not None:
        parts.append(tr("seed {seed}", seed=seed))
    return ", ".join(parts) or tr("repainted")


def _lora_words(use: dict[str, Any]) -> str:
    """The LoRA of a recipe: its epoch where the file name tells one, and its weight."""
    stem = Path(use["path"]).stem
    numbered = re.search(r"-(\d{6})$", stem)
    name = tr("epoch {epoch}", epoch=int(numbered[1])) if numbered else stem
    return f"{name}, {use['weight']:.2f}"


class LayerDelegate(QStyledItemDelegate):
    """Paints a layer row; a click on the eye shows or hides the layer."""

    def __init__(self, state: CanvasState, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One row."""
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Eye, thumbnail, two lines, opacity."""
        rect = option.rect
        layer: Layer | None = index.data(LayerRole)
        selected = layer is not None and layer.id == self._state.active
        hover = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if selected or hover:
            painter.fillRect(rect, color("acc_wash" if selected else "row_hover"))
        painter.fillRect(rect.left(), rect.top(), rect.width(), 1, color("line"))
        painter.translate(rect.topLeft())
        self._paint_picture(painter, index.data(ThumbnailRole))
        if layer is None:
            self._paint_candidate(painter, rect.width(), str(index.data()))
        else:
            self._paint_layer(painter, rect.width(), layer, selected)
        painter.restore()

    def _paint_picture(self, painter: QPainter, image: QImage | None) -> None:
        painter.setBrushOrigin(THUMBNAIL.topLeft())
        painter.fillRect(THUMBNAIL, checker())
        if image is None or image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = QSize(image.size()).scaled(THUMBNAIL.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(THUMBNAIL.topLeft(), size)
        target.moveCenter(THUMBNAIL.center())
        painter.drawImage(QRectF(target), image, QRectF(image.rect()))

    def _paint_candidate(self, painter: QPainter, width: int, name: str) -> None:
        icons.paint(painter, "eye", EYE.left() + 2, EYE.top() + 2, 16, "t2")
        painter.setFont(fonts.font(11))
        painter.setPen(color("acc"))
        text = tr("preview")
        advance = painter.fontMetrics().horizontalAdvance(text)
        painter.drawText(
            QRect(width - RIGHT - advance, 0, advance + 1, ROW), Qt.AlignmentFlag.AlignVCenter, text
        )
        self._paint_lines(
            painter, width - RIGHT - advance - 8, name, tr("not accepted yet"), "t1", "t3"
        )

    def _paint_layer(self, painter: QPainter, width: int, layer: Layer, selected: bool) -> None:
        tint = "t2" if layer.visible else "t3"
        icons.paint(
            painter, "eye" if layer.visible else "eye-off", EYE.left() + 2, EYE.top() + 2, 16, tint
        )
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2" if selected else "t3"))
        painter.drawText(
            QRect(width - RIGHT - 40, 0, 40, ROW),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            percent(layer.opacity),
        )
        right = width - RIGHT - 44
        mark = "lock" if layer.locked else "sparkles" if layer.recipe else ""
        if mark:
            icons.paint(painter, mark, right - 14, (ROW - 14) / 2, 14, "t3")
            right -= 22
        name = "t1" if selected else "t2" if layer.visible else "t3"
        self._paint_lines(
            painter, right, layer.name, origin(layer), name, "t2" if selected else "t3"
        )

    def _paint_lines(
        self,
        painter: QPainter,
        right: int,
        name: str,
        second: str,
        first_tint: str,
        second_tint: str,
    ) -> None:
        room = right - TEXT_LEFT
        for top, text, size, tint in ((4, name, 12, first_tint), (20, second, 11, second_tint)):
            painter.setFont(fonts.font(size))
            painter.setPen(color(tint))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRect(TEXT_LEFT, top, room, 16), Qt.AlignmentFlag.AlignVCenter, shown)

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """A click on the eye."""
        layer: Layer | None = index.data(LayerRole)
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            inside = EYE.translated(option.rect.topLeft()).adjusted(-4, -8, 4, 8)
            if layer is not None and inside.contains(event.position().toPoint()):
                self._state.set_visible(layer.id, not layer.visible)
                return True
        return super().editorEvent(event, model, option, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Rename in place."""
        return QLineEdit(parent)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Over the name."""
        rect = option.rect
        editor.setGeometry(
            rect.left() + TEXT_LEFT - 8, rect.top() + 7, rect.width() - TEXT_LEFT - 50, 26
        )
