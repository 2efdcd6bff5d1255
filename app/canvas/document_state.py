"""The open document, its layers and its history, for views to follow.

Every change goes through the document's own operations, is announced with the rectangle it
touched, and can be undone. No widgets here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Signal
from PySide6.QtGui import QColor

from app.canvas.picture import CompositePicture
from engine.canvas.rect import Rect
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from engine.canvas.document import Document
    from engine.canvas.history import Change
    from engine.canvas.layer import Layer


class DocumentState(QObject):
    """One open document: which layer is worked on, what is unsaved, and what is on the screen."""

    opened = Signal()
    pixels_changed = Signal(QRect)
    layers_changed = Signal()
    modified_changed = Signal()
    refused = Signal(object)  # the StylekilnError of an operation that cannot be done

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.path: Path | None = None
        self.active = ""
        self.color = QColor(0xB7, 0x78, 0x4A)
        self.picture = CompositePicture(1, 1, self._render)
        self.edits = 0
        self.saved_at = 0

    # Opening

    def open(self, document: Document, path: Path | None, *, modified: bool = False) -> None:
        """Work on ``document``; ``path`` is where Save writes it."""
        self.document, self.path = document, path
        self.active = document.layers[-1].id if document.layers else ""
        self.picture = CompositePicture(document.width, document.height, self._render)
        self.edits = self.saved_at = 0
        self.edits += modified
        self.opened.emit()
        self.layers_changed.emit()
        self.modified_changed.emit()

    def close(self) -> None:
        """Work on nothing."""
        self.document, self.path, self.active = None, None, ""
        self.opened.emit()
        self.layers_changed.emit()

    @property
    def size(self) -> QSize:
        """The document's size in pixels."""
        return QSize(*self.document.size) if self.document is not None else QSize(1, 1)

    @property
    def modified(self) -> bool:
        """Whether the file does not hold the present state."""
        return self.edits != self.saved_at

    def mark_saved(self, edits: int) -> None:
        """The file holds the state after ``edits`` changes."""
        self.saved_at = edits
        self.modified_changed.emit()

    @property
    def layer(self) -> Layer | None:
        """The selected layer."""
        if self.document is None or not self.active:
            return None
        return next((item for item in self.document.layers if item.id == self.active), None)

    def _render(self, rect: QRect, level: int = 0) -> np.ndarray:
        assert self.document is not None
        return self.document.composite(to_rect(rect), self.active, level)

    # Layers

    def set_active(self, layer_id: str) -> None:
        """Select a layer to work on."""
        if layer_id != self.active:
            self.active = layer_id
            self.layers_changed.emit()

    def add_layer(
        self,
        name: str,
        pixels: np.ndarray | None = None,
        at: QPoint | None = None,
        source: str = "",
    ) -> None:
        """Put a layer above the selected one: empty, or a picture of ``source`` at ``at``."""
        if self.document is None:
            return
        x, y = (at.x(), at.y()) if at is not None else (0, 0)
        layer = self.document.add_layer(name, pixels, x=x, y=y, above=self.active, source=source)
        self._activate(layer.id)
        self._changed(layer.bounds)

    def duplicate_layer(self, name: str) -> None:
        """Put a copy of the selected layer above it."""
        if self.document is None or not self.active:
            return
        layer = self.document.duplicate_layer(self.active, name)
        self._activate(layer.id)
        self._changed(layer.bounds)

    def merge_down(self) -> None:
        """Make one layer of the selected one and the one below."""
        if self.document is None or not self.active:
            return
        try:
            change = self.document.merge_down(self.active)
        except BadInputError as error:
            self.refused.emit(error)
            return
        self._activate(change.layer_id)
        self._apply(change)

    def can_merge(self) -> bool:
        """Whether there is a layer below the selected one."""
        document, layer = self.document, self.layer
        return document is not None and layer is not None and document.index(layer.id) > 0

    def remove_layer(self) -> None:
        """Take the selected layer out; the one below is selected."""
        if self.document is None or not self.active:
            return
        index = self.document.index(self.active)
        try:
            change = self.document.remove_layer(self.active)
        except BadInputError as error:
            self.refused.emit(error)
            return
        layers = self.document.layers
        self.active = layers[max(0, index - 1)].id if layers else ""
        self._apply(change)

    def move_in_stack(self, layer_id: str, index: int) -> None:
        """Put a layer at place ``index`` of the stack, 0 at the bottom."""
        if self.document is not None:
            self._apply(self.document.reorder_layer(layer_id, index))

    def raise_layer(self, by: int) -> None:
        """Move the selected layer up (1) or down (-1)."""
        if self.document is None or not self.active:
            return
        place = self.document.index(self.active) + by
        if 0 <= place < len(self.document.group_of(self.active).children):
            self.move_in_stack(self.active, place)

    def rename_layer(self, layer_id: str, name: str) -> None:
        """Give a layer another name; an empty one is ignored."""
        if self.document is not None and name.strip():
            self._apply(self.document.rename_layer(layer_id, name.strip()))

    def set_visible(self, layer_id: str, visible: bool) -> None:
        """Show or hide a layer."""
        if self.document is not None:
            self._apply(self.document.set_visible(layer_id, visible))

    def set_opacity(self, opacity: float, *, continuing: bool = False) -> None:
        """Set the selected layer's opacity, 0 to 1; ``continuing`` while a slider is dragged."""
        if self.document is not None and self.active:
            self._apply(self.document.set_opacity(self.active, opacity, continuing=continuing))

    def clear_selection_pixels(self) -> None:
        """Make the selection, or the whole selected layer, transparent."""
        self._on_layer("clear")

    def fill_selection(self) -> None:
        """Fill the selection, or the whole selected layer, with the color."""
        self._on_layer("fill", (self.color.red(), self.color.green(), self.color.blue()))

    def _on_layer(self, operation: str, *values: object) -> None:
        if self.document is None or not self.active:
            return
        try:
            self._apply(getattr(self.document, operation)(self.active, *values))
        except BadInputError as error:
            self.refused.emit(error)

    # History

    def undo(self) -> None:
        """Take the last step back."""
        if self.document is not None:
            self._apply(self.document.undo())

    def redo(self) -> None:
        """Do the last undone step again."""
        if self.document is not None:
            self._apply(self.document.redo())

    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.document is not None and self.document.history.can_undo is not None

    def can_redo(self) -> bool:
        """Whether there is an undone step."""
        return self.document is not None and self.document.history.can_redo is not None

    def _apply(self, change: Change | None) -> None:
        if change is None or not change.what:
            return
        self._changed(change.rect)

    def _changed(self, rect: Rect) -> None:
        if self.document is not None and self.layer is None and self.document.layers:
            self.active = self.document.layers[-1].id
        was_modified = self.modified
        self.edits += 1
        self._mark(rect)
        self.layers_changed.emit()
        if not was_modified:
            self.modified_changed.emit()

    def _activate(self, layer_id: str) -> None:
        self.active = layer_id

    def _mark(self, rect: Rect) -> None:
        if not rect.empty:
            area = to_qrect(rect)
            self.picture.mark(area)
            self.pixels_changed.emit(area)


def to_rect(rect: QRect) -> Rect:
    """The engine's rectangle for a Qt one."""
    return Rect(rect.x(), rect.y(), rect.width(), rect.height())


def to_qrect(rect: Rect) -> QRect:
    """The Qt rectangle for an engine one."""
    return QRect(rect.x, rect.y, rect.width, rect.height)
