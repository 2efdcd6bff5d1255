"""The small pictures of layers and masks, made when a row is seen and kept until it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from app.widgets.images import image_of
from engine.canvas.rect import Rect

if TYPE_CHECKING:
    from app.canvas.document_state import DocumentState
    from engine.canvas.layer import Layer, Node

THUMBNAIL = QSize(44, 32)
MASK = QSize(32, 32)


class LayerPictures:
    """Thumbnails by the identifier of the node."""

    def __init__(self, state: DocumentState) -> None:
        self._state = state
        self._layers: dict[str, tuple[int, QImage]] = {}
        self._masks: dict[str, tuple[object, QImage]] = {}

    def keep(self, node_ids: set[str]) -> None:
        """Let go of the pictures of all other nodes."""
        self._layers = {one: kept for one, kept in self._layers.items() if one in node_ids}
        self._masks = {one: kept for one, kept in self._masks.items() if one in node_ids}

    def layer(self, layer: Layer) -> QImage:
        """What a layer holds."""
        kept = self._layers.get(layer.id)
        if kept is None or kept[0] != layer.revision:
            kept = self._layers[layer.id] = (layer.revision, image_of(thumbnail(layer)))
        return kept[1]

    def mask(self, node: Node) -> QImage | None:
        """The mask of a node in the frame of the document, None without one."""
        if node.mask is None or self._state.document is None:
            return None
        kept = self._masks.get(node.id)
        if kept is None or kept[0] != node.revision:
            kept = self._masks[node.id] = (node.revision, self._mask(node.id))
        return kept[1]

    def _mask(self, node_id: str) -> QImage:
        document = self._state.document
        assert document is not None
        level = _level(min(document.size), MASK.width())
        width, height = (max(1, side >> level) for side in document.size)
        whole = image_of(document.mask_picture(node_id, Rect(0, 0, width, height), level))
        picture = QImage(MASK * 2, QImage.Format.Format_RGB32)
        picture.fill(Qt.GlobalColor.black)
        place = QRect(0, 0, 0, 0)
        place.setSize(whole.size().scaled(picture.size(), Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(picture.rect().center())
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, whole)
        painter.end()
        return picture


def thumbnail(layer: Layer) -> np.ndarray:
    """All that a layer shows, straight RGBA, small but not smaller than a row's picture."""
    around = layer.bounds.moved(-layer.x, -layer.y)
    level = _level(min(around.height, around.width), THUMBNAIL.width())
    small = Rect.edges(
        around.x >> level,
        around.y >> level,
        -(-around.right >> level),
        -(-around.bottom >> level),
    )
    pixels = None if small.empty else layer.tiles.at_level(level, small)
    return np.zeros((1, 1, 4), np.uint8) if pixels is None else np.ascontiguousarray(pixels)


def _level(side: int, wanted: int) -> int:
    level = 0
    while side >> level > 2 * wanted:
        level += 1
    return level
