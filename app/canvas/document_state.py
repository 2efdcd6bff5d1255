"""The open document, which of its layers are worked on, and its history, for views to follow.

Every change goes through the document's own operations, is announced with the rectangle it
touched, and can be undone. No widgets here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Signal
from PySide6.QtGui import QColor

from app.canvas.picture import CompositePicture
from engine.canvas.layer import Layer
from engine.canvas.rect import EMPTY, Rect
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy as np

    from engine.canvas.document import Document
    from engine.canvas.history import Change
    from engine.canvas.layer import Node
    from engine.canvas.snapshots import Snapshot


class DocumentState(QObject):
    """One open document: which layer is worked on, what is unsaved, and what is on the screen."""

    opened = Signal()
    pixels_changed = Signal(QRect)
    size_changed = Signal(QPoint)  # how far the top left has moved from where it was, in pixels
    layers_changed = Signal()
    modified_changed = Signal()
    refused = Signal(object)  # the StylekilnError of an operation that cannot be done

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.path: Path | None = None
        self.active = ""
        self._chosen: tuple[str, ...] = ()
        self._on_mask = self._shows_mask = False
        self.color = QColor(0xB7, 0x78, 0x4A)
        self.stand_in: Callable[[Rect, int], np.ndarray] | None = None
        """What is shown instead of the document, while something is tried out."""
        self.picture = CompositePicture(1, 1, self._render)
        self._framed = ((1, 1), (0, 0))
        self.edits = 0
        self.saved_at = 0

    # Opening

    def open(self, document: Document, path: Path | None, *, modified: bool = False) -> None:
        """Work on ``document``; ``path`` is where Save writes it."""
        self.document, self.path, self.stand_in = document, path, None
        self.active = document.layers[-1].id if document.layers else ""
        self._chosen, self._on_mask, self._shows_mask = (), False, False
        self.picture = CompositePicture(document.width, document.height, self._render)
        self._framed = (document.size, document.origin)
        self.edits = self.saved_at = 0
        self.edits += modified
        self.opened.emit()
        self.layers_changed.emit()
        self.modified_changed.emit()

    def close(self) -> None:
        """Work on nothing."""
        self.document, self.path, self.active, self.stand_in = None, None, "", None
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
    def node(self) -> Node | None:
        """The layer or group that is worked on."""
        if self.document is None or not self.active:
            return None
        return next((item for item in self.document.nodes() if item.id == self.active), None)

    @property
    def layer(self) -> Layer | None:
        """The layer that is worked on; None also while that is a group."""
        node = self.node
        return node if isinstance(node, Layer) else None

    def _render(self, rect: QRect, level: int = 0) -> np.ndarray:
        assert self.document is not None
        if self.stand_in is not None:
            return self.stand_in(to_rect(rect), level)
        if self.shows_mask:
            return self.document.mask_picture(self.active, to_rect(rect), level)
        return self.document.composite(to_rect(rect), self.painted, level)

    @property
    def painted(self) -> str:
        """The node that changes while it is painted on."""
        return self.active

    def show_instead(
        self, stand_in: Callable[[Rect, int], np.ndarray] | None, area: Rect | None = None
    ) -> None:
        """Show something else in ``area`` (or everywhere) that is only tried out; None ends it."""
        self.stand_in = stand_in
        if self.document is not None:
            self._mark(self.document.bounds if area is None else area)

    # Which layers are worked on

    def set_active(self, node_id: str) -> None:
        """Choose this layer or group, and no other, to work on."""
        if node_id != self.active or len(self._chosen) > 1 or self._on_mask:
            self.choose((node_id,), node_id)

    def choose(self, node_ids: Iterable[str], active: str, *, mask: bool = False) -> None:
        """Choose several layers and groups; ``active`` is painted on, or its ``mask``."""
        self._chosen = tuple(node_ids)
        if active != self.active:
            self.active = active
            self.show_mask(False)
        self._on_mask = mask
        self.layers_changed.emit()

    @property
    def chosen(self) -> list[str]:
        """The chosen layers and groups, bottom first, without those in a chosen group."""
        if self.document is None:
            return []
        wanted = self._chosen if self.active in self._chosen else (self.active,)
        return [node.id for node in self.document.gathered(wanted)]

    @property
    def chosen_ids(self) -> tuple[str, ...]:
        """What is marked in the list, with what lies in chosen groups."""
        return self._chosen if self.active in self._chosen else (self.active,)

    # Masks

    @property
    def paints_mask(self) -> bool:
        """Whether painting acts on the active layer's mask, and not on its pixels."""
        return self._on_mask and self.node is not None and self.node.mask is not None

    def paint_on(self, node_id: str, *, mask: bool) -> None:
        """Choose a layer or group, and whether its pixels or its mask are painted."""
        self.choose((node_id,), node_id, mask=mask)

    @property
    def shows_mask(self) -> bool:
        """Whether the stage shows the active layer's mask instead of the picture."""
        return self._shows_mask and self.node is not None and self.node.mask is not None

    def show_mask(self, shown: bool) -> None:
        """Show the active layer's mask alone, or the picture again."""
        if shown != self._shows_mask:
            self._shows_mask = shown
            if self.document is not None:
                self._mark(self.document.bounds)
            self.layers_changed.emit()

    # History

    def undo(self) -> None:
        """Take the last step back."""
        if self.document is not None:
            self._apply(self.document.undo())

    def redo(self) -> None:
        """Do the last undone step again."""
        if self.document is not None:
            self._apply(self.document.redo())

    def go_to(self, position: int) -> None:
        """Go to the state after ``position`` steps of the history."""
        if self.document is not None:
            self._apply(self.document.go_to(position))

    def take_snapshot(self, name: str) -> None:
        """Keep the present state under a name."""
        if self.document is not None:
            self.document.take_snapshot(name)
            self._changed(EMPTY)

    def rename_snapshot(self, snapshot: Snapshot, name: str) -> None:
        """Give a snapshot another name."""
        self._set_snapshots(lambda one: replace(one, name=name) if one is snapshot else one)

    def remove_snapshot(self, snapshot: Snapshot) -> None:
        """Let go of a snapshot."""
        self._set_snapshots(lambda one: None if one is snapshot else one)

    def _set_snapshots(self, change: Callable[[Snapshot], Snapshot | None]) -> None:
        if self.document is not None:
            changed = [change(one) for one in self.document.snapshots]
            self.document.set_snapshots([one for one in changed if one is not None])
            self._changed(EMPTY)

    def go_to_snapshot(self, snapshot: Snapshot) -> None:
        """Make the document what it was when the snapshot was taken."""
        if self.document is not None:
            self._apply(self.document.go_to_snapshot(snapshot))

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
        if self.document is not None and self.node is None and self.document.layers:
            self.active = self.document.layers[-1].id
        was_modified = self.modified
        self.edits += 1
        self._follow_size()
        self._mark(rect)
        self.layers_changed.emit()
        if not was_modified:
            self.modified_changed.emit()

    def take_over(self, layer: Layer) -> None:
        """Work on a layer that has just been made."""
        self._activate(layer.id)
        self._changed(layer.bounds)

    def _follow_size(self) -> None:
        """Show a document that has grown or was cropped."""
        document = self.document
        if document is None or (document.size, document.origin) == self._framed:
            return
        (_, before), self._framed = self._framed, (document.size, document.origin)
        self.picture = CompositePicture(document.width, document.height, self._render)
        self.size_changed.emit(
            QPoint(document.origin[0] - before[0], document.origin[1] - before[1])
        )

    def _activate(self, node_id: str) -> None:
        self.active = node_id
        self._chosen, self._on_mask = (node_id,), False

    def _attempt(self, operation: Callable[[Document], Change]) -> Change | None:
        """Do something to the document; why it cannot be done is told."""
        if self.document is None:
            return None
        try:
            change = operation(self.document)
        except BadInputError as error:
            self.refused.emit(error)
            return None
        self._apply(change)
        return change

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
