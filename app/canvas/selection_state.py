"""What is selected on the canvas.

The selection is the document's own raster. While a tool draws one, a :class:`Draft` is shown in
its place; what is joined to the selection is one undo step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, Signal

from app.canvas.document_state import to_qrect, to_rect
from app.canvas.draft import Draft, rectangle_draft
from app.canvas.layers_state import LayersState
from engine.canvas import selecting, selection
from engine.canvas.rect import Rect

if TYPE_CHECKING:
    from pathlib import Path

    from engine.canvas.document import Document
    from engine.canvas.selecting import Joining
    from engine.canvas.tiles import Tiles


@dataclass(frozen=True)
class WandSettings:
    """``tolerance`` 0 to 255 is how far a channel may differ; ``contiguous`` takes only what hangs
    together; ``all_layers`` looks at the picture as seen, not at the layer alone.
    """

    tolerance: int = 32
    contiguous: bool = True
    all_layers: bool = True


class SelectionState(LayersState):
    """The selection of the open document, and how the next one is joined to it."""

    selection_changed = Signal()
    selecting_changed = Signal()  # how the next one is made
    edge_asked = Signal(object)  # a function of selection and document area; made by a worker
    color_asked = Signal(QPoint, str)  # select what has the color here; how it is joined

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.joining: Joining = "replace"
        self.wand = WandSettings()
        self.draft: Draft | None = None
        self.shift = QPoint()
        """How far the outline is dragged from where the selection lies."""
        self._last: Tiles | None = None
        self._measured: tuple[Tiles, QRect, bool] | None = None
        # Connected first, so that whoever hears of another document finds its selection.
        self.opened.connect(self._read_document)

    def open(self, document: Document, path: Path | None, *, modified: bool = False) -> None:
        """Work on ``document``; ``path`` is where Save writes it."""
        self._let_go()
        super().open(document, path, modified=modified)

    def close(self) -> None:
        """Work on nothing."""
        self._let_go()
        super().close()

    def _read_document(self) -> None:
        """Find what of another document is selected."""
        self.selection_changed.emit()

    def undo(self) -> None:
        """Take the last step back."""
        self.set_draft(None)
        super().undo()
        self.selection_changed.emit()

    def redo(self) -> None:
        """Do the last undone step again."""
        self.set_draft(None)
        super().redo()
        self.selection_changed.emit()

    def _let_go(self) -> None:
        self.draft = self._last = None
        self.shift = QPoint()

    def set_joining(self, how: Joining) -> None:
        """What is drawn next is joined to the selection like this."""
        self.joining = how
        self.selecting_changed.emit()

    def set_wand(self, **values: int | bool) -> None:
        """Change by which colors the wand selects."""
        self.wand = replace(self.wand, **values)  # type: ignore[arg-type]
        self.selecting_changed.emit()

    # What is selected

    @property
    def selection(self) -> Tiles | None:
        """The raster of the selection, 255 inside; not to be written to."""
        return self.document.selection if self.document is not None else None

    @property
    def selected(self) -> QRect | None:
        """The rectangle around what is selected or being drawn."""
        whole = QRect(QPoint(0, 0), self.size)
        if self.draft is not None and self.draft.closed and self.draft.replaces:
            drawn = self.draft.rect.intersected(whole)
            return drawn if not drawn.isEmpty() else None
        if self.selection is None:
            return None
        return self._measure()[0].translated(self.shift).intersected(whole)

    @property
    def is_rectangle(self) -> bool:
        """Whether a whole rectangle is selected, which can be stretched by its handles."""
        return self.selection is not None and self._measure()[1]

    def _measure(self) -> tuple[QRect, bool]:
        assert self.document is not None
        assert self.selection is not None
        if self._measured is None or self._measured[0] is not self.selection:
            around = self.document.selection_bounds
            full = selection.is_full(self.selection, around)
            self._measured = self.selection, to_qrect(around), full
        return self._measured[1:]

    def covers(self, at: QPoint) -> bool:
        """Whether this pixel is selected, at least by half."""
        if self.selection is None:
            return False
        pixel = self.selection.view(Rect(at.x(), at.y(), 1, 1))
        return pixel is not None and int(pixel[0, 0]) >= 128

    # Selecting

    def set_draft(self, draft: Draft | None) -> None:
        """Show what is drawn, instead of the selection it will replace."""
        if draft != self.draft or not self.shift.isNull():
            self.draft, self.shift = draft, QPoint()
            self.selection_changed.emit()

    def drag_selection(self, rect: QRect | None) -> None:
        """Show ``rect`` while it is drawn or stretched."""
        self.set_draft(rectangle_draft(rect) if rect is not None and not rect.isEmpty() else None)

    def drag_outline(self, dx: int, dy: int) -> None:
        """Show the outline ``dx``, ``dy`` from where it lies."""
        if self.shift != QPoint(dx, dy):
            self.shift = QPoint(dx, dy)
            self.selection_changed.emit()

    def drop_outline(self) -> None:
        """Let the selection lie where its outline was dragged."""
        shift, self.shift = self.shift, QPoint()
        if self.document is not None and self.selection is not None and not shift.isNull():
            bounds = self.document.bounds
            self._select(selecting.moved(self.selection, shift.x(), shift.y(), bounds))

    def join(self, new: Tiles, how: Joining | None = None) -> None:
        """Join ``new`` to the selection, as the option bar says or as ``how`` does: one step."""
        self._select(selecting.joined(self.selection, new, how or self.joining))

    def select(self, rect: QRect | None) -> None:
        """Select ``rect``, or nothing."""
        if self.document is not None:
            empty = rect is None or rect.isEmpty()
            size = self.document.size
            self._select(None if empty else selection.rectangle(size, to_rect(rect or QRect())))

    def select_all(self) -> None:
        """Select the whole document."""
        self.select(QRect(QPoint(0, 0), self.size))

    def can_reselect(self) -> bool:
        """Whether there was a selection that can come back."""
        return self.document is not None and self.selection is None and self._last is not None

    def reselect(self) -> None:
        """Select again what was selected last."""
        if self.can_reselect():
            self._select(self._last)

    def invert_selection(self) -> None:
        """Select what is not selected."""
        if self.document is not None and self.selection is not None:
            self._select(selecting.inverted(self.selection, self.document.bounds))

    def grow_selection(self, distance: int) -> None:
        """Let the selection be larger by so many pixels all around, or smaller."""
        if self.selection is not None:
            self.edge_asked.emit(partial(_grown, distance))

    def feather_selection(self, radius: float) -> None:
        """Let the edges of the selection fade over ``radius`` pixels."""
        if self.selection is not None:
            self.edge_asked.emit(partial(_feathered, radius))

    def _select(self, new: Tiles | None) -> None:
        self.draft, self.shift = None, QPoint()
        if self.document is not None and not (new is None and self.selection is None):
            before = self.selection
            self._apply(self.document.select(new))
            self._last = self.selection or before
        self.selection_changed.emit()


def _grown(distance: int, selected: Tiles, area: Rect) -> Tiles:
    return selecting.grown(selected, distance, area)


def _feathered(radius: float, selected: Tiles, area: Rect) -> Tiles:
    return selecting.feathered(selected, radius, area)
