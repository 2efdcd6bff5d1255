"""The state of the canvas: one document, the tool in hand, the selection, the candidates.

No widgets here. Every change of the document goes through the document's own operations, is
announced with the rectangle it touched, and can be undone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Signal
from PySide6.QtGui import QColor, QImage

from app.canvas.candidates import Candidates
from app.canvas.picture import CompositePicture
from engine.canvas import region, selection
from engine.canvas.brush import Brush
from engine.canvas.rect import Rect
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from engine.canvas.brush import Stroke
    from engine.canvas.document import Document
    from engine.canvas.history import Change
    from engine.canvas.layer import Layer

SMALLEST_BRUSH, LARGEST_BRUSH = 1.0, 1000.0


@dataclass(frozen=True)
class BrushSettings:
    """What the option bar shows. ``size`` is the diameter in document pixels."""

    size: float = 24.0
    hardness: float = 0.8
    opacity: float = 1.0


class CanvasState(QObject):
    """One open document and how it is worked on."""

    opened = Signal()
    pixels_changed = Signal(QRect)
    layers_changed = Signal()
    selection_changed = Signal()
    preview_changed = Signal()
    tool_changed = Signal()
    brush_changed = Signal()
    color_changed = Signal()
    modified_changed = Signal()
    refused = Signal(object)  # the StylekilnError of an operation that cannot be done

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.path: Path | None = None
        self.active = ""
        self.tool = "brush"
        self.brush = BrushSettings()
        self.color = QColor(0xB7, 0x78, 0x4A)
        self.selection: QRect | None = None
        self.region: QRect | None = None
        self.native_size = 512
        self.strength = 0.6
        self.candidates = Candidates(self)
        self.picture = CompositePicture(1, 1, self._render)
        self.edits = 0
        self.saved_at = 0
        self._stroke: Stroke | None = None
        self._stroke_end: tuple[float, float, float] | None = None
        self._moved_from: QPoint | None = None
        self._move_started = False
        self.candidates.shown_changed.connect(self.preview_changed)

    # Opening

    def open(self, document: Document, path: Path | None, *, modified: bool = False) -> None:
        """Work on ``document``; ``path`` is where Save writes it."""
        self.document, self.path = document, path
        self.active = document.layers[-1].id if document.layers else ""
        self.picture = CompositePicture(document.width, document.height, self._render)
        self.region = None
        self._stroke = self._stroke_end = None
        self.edits = self.saved_at = 0
        self.edits += modified
        self._read_selection()
        self.candidates.clear()
        self.opened.emit()
        self.layers_changed.emit()
        self.modified_changed.emit()

    def close(self) -> None:
        """Work on nothing."""
        self.document, self.path, self.active = None, None, ""
        self.selection = self.region = None
        self.candidates.clear()
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

    def _render(self, rect: QRect) -> np.ndarray:
        assert self.document is not None
        area = Rect(rect.x(), rect.y(), rect.width(), rect.height())
        return self.document.composite(area, self.active if self.layer else "")

    # Tool, brush, color

    def set_tool(self, name: str) -> None:
        """Take the tool ``name`` in hand."""
        self.tool = name
        self.tool_changed.emit()

    def set_brush(self, **values: float) -> None:
        """Change size, hardness or opacity of the brush; out of range values are clamped."""
        changed = replace(self.brush, **values)
        self.brush = BrushSettings(
            min(LARGEST_BRUSH, max(SMALLEST_BRUSH, changed.size)),
            min(1.0, max(0.0, changed.hardness)),
            min(1.0, max(0.01, changed.opacity)),
        )
        self.brush_changed.emit()

    def scale_brush(self, factor: float) -> None:
        """Make the brush larger or smaller, by at least one pixel."""
        size = self.brush.size * factor
        if abs(size - self.brush.size) < 1:
            size = self.brush.size + (1 if factor > 1 else -1)
        self.set_brush(size=float(round(size)))

    def set_color(self, value: QColor) -> None:
        """Paint with ``value``."""
        self.color = QColor(value)
        self.color_changed.emit()

    def pick_color(self, at: QPoint) -> None:
        """Take the color of the picture as seen at ``at``; transparent pixels give none."""
        if self.document is None or not QRect(QPoint(0, 0), self.size).contains(at):
            return
        red, green, blue, alpha = (int(v) for v in self._render(QRect(at, QSize(1, 1)))[0, 0])
        if alpha:
            self.set_color(QColor(red, green, blue))

    # Painting

    def begin_stroke(
        self, sample: tuple[float, float, float], *, erase: bool, join: bool = False
    ) -> None:
        """Start to paint on the selected layer; ``join`` draws a line from the last stroke."""
        layer = self.layer
        if self.document is None or layer is None:
            return
        brush = Brush(
            radius=self.brush.size / 2,
            hardness=self.brush.hardness,
            color=(self.color.red(), self.color.green(), self.color.blue()),
            opacity=self.brush.opacity,
            erase=erase,
        )
        try:
            self._stroke = self.document.begin_stroke(layer.id, brush)
        except BadInputError as error:
            self.refused.emit(error)
            return
        if join and self._stroke_end is not None:
            self.stroke_to(self._stroke_end)
        self.stroke_to(sample)

    def stroke_to(self, sample: tuple[float, float, float]) -> None:
        """Go on with the stroke to (x, y, pressure)."""
        if self._stroke is None:
            return
        self._stroke_end = sample
        self._mark(self._stroke.to(*sample))

    def end_stroke(self) -> None:
        """The stroke is one undo step from now on."""
        if self._stroke is None or self.document is None:
            return
        self._stroke = None
        self._apply(self.document.end_stroke())

    # Moving

    def begin_move(self) -> None:
        """The selected layer is about to be dragged."""
        layer = self.layer
        self._moved_from = QPoint(layer.x, layer.y) if layer is not None else None
        self._move_started = False

    def move_by(self, dx: int, dy: int) -> None:
        """Put the dragged layer ``dx``, ``dy`` from where it was; the drag is one undo step."""
        layer = self.layer
        if self.document is None or layer is None or self._moved_from is None:
            return
        x, y = self._moved_from.x() + dx, self._moved_from.y() + dy
        if (x, y) == (layer.x, layer.y):
            return
        try:
            change = self.document.move_layer(layer.id, x, y, continuing=self._move_started)
        except BadInputError as error:
            self._moved_from = None
            self.refused.emit(error)
            return
        self._move_started = True
        self._apply(change)

    def end_move(self) -> None:
        """The drag is over."""
        self._moved_from = None

    # Selection and region

    def drag_selection(self, rect: QRect | None) -> None:
        """Show ``rect`` while it is drawn; :meth:`commit_selection` makes it the selection."""
        whole = QRect(QPoint(0, 0), self.size)
        rect = rect.intersected(whole) if rect is not None else None
        self.selection = rect if rect is not None and not rect.isEmpty() else None
        self.selection_changed.emit()

    def commit_selection(self) -> None:
        """Make what is drawn the document's selection, as one undo step."""
        if self.document is None or self.selection == self._document_selection():
            return
        self.region = None
        mask = None
        if self.selection is not None:
            mask = selection.rectangle(self.document.size, to_rect(self.selection))
        self._apply(self.document.select(mask))

    def select(self, rect: QRect | None) -> None:
        """Select ``rect``, or nothing."""
        self.drag_selection(rect)
        self.commit_selection()

    def select_all(self) -> None:
        """Select the whole document."""
        self.select(QRect(QPoint(0, 0), self.size))

    def set_region(self, rect: QRect | None) -> None:
        """Choose what the model sees round the selection; None leaves it to the program."""
        if rect is not None:
            rect = rect.intersected(QRect(QPoint(0, 0), self.size))
            rect = rect if rect.width() >= 8 and rect.height() >= 8 else None
        self.region = rect
        self.selection_changed.emit()

    def region_frame(self) -> QRect | None:
        """What the model sees: the chosen frame, or the automatic one round the selection."""
        if self.document is None or (self.selection is None and self.region is None):
            return None
        if self.region is not None:
            return QRect(self.region)
        assert self.selection is not None
        frame = region.context_frame(
            self.document.size, to_rect(self.selection), self.strength, self.native_size
        )
        return to_qrect(frame)

    def set_native_size(self, side: int) -> None:
        """The model paints pictures of ``side`` pixels best; the automatic frame follows it."""
        self.native_size = side
        self.selection_changed.emit()

    def set_strength(self, strength: float) -> None:
        """The automatic frame follows the strength."""
        self.strength = strength
        self.selection_changed.emit()

    def work_size(self, frame: QRect) -> tuple[int, int]:
        """The size at which the model paints ``frame``."""
        return region.work_size((frame.width(), frame.height()), self.native_size)

    def _document_selection(self) -> QRect | None:
        if self.document is None or self.document.selection is None:
            return None
        return to_qrect(self.document.selection_bounds)

    def _read_selection(self) -> None:
        self.selection = self._document_selection()
        self.selection_changed.emit()

    # Candidates

    def preview(self) -> tuple[QImage, QRect] | None:
        """The candidate that lies over the picture, and where."""
        shown = self.candidates.current
        if shown is None or self.candidates.blink or shown.image is None:
            return None
        return shown.image, shown.rect

    def shown_number(self) -> int:
        """The number of the candidate shown, 0 for none."""
        shown = self.candidates.current
        return shown.number if shown is not None else 0

    def has_shown_candidate(self) -> bool:
        """Whether a candidate lies over the picture."""
        return self.candidates.current is not None

    def set_blink(self, blink: bool) -> None:
        """Hide the candidate while held."""
        self.candidates.set_blink(blink)

    def accept_candidate(self, name: str) -> None:
        """Put the candidate shown on a new layer above the selected one."""
        shown = self.candidates.current
        if self.document is None or shown is None or shown.pixels is None:
            return
        layer = self.document.add_layer(
            name,
            shown.pixels,
            x=shown.rect.x(),
            y=shown.rect.y(),
            above=self.active,
            recipe=shown.recipe,
            what="Accept candidate",
        )
        self.candidates.clear()
        self._activate(layer.id)
        self._changed(layer.bounds)

    # Layers

    def set_active(self, layer_id: str) -> None:
        """Select a layer to work on."""
        if layer_id != self.active:
            self.active = layer_id
            self.layers_changed.emit()

    def add_layer(
        self, name: str, pixels: np.ndarray | None = None, at: QPoint | None = None
    ) -> None:
        """Put a layer above the selected one: empty, or a picture at ``at``."""
        if self.document is None:
            return
        x, y = (at.x(), at.y()) if at is not None else (0, 0)
        layer = self.document.add_layer(name, pixels, x=x, y=y, above=self.active)
        self._activate(layer.id)
        self._changed(layer.bounds)

    def duplicate_layer(self, name: str) -> None:
        """Put a copy of the selected layer above it."""
        if self.document is None or not self.active:
            return
        layer = self.document.duplicate_layer(self.active, name)
        self._activate(layer.id)
        self._changed(layer.bounds)

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
        if 0 <= place < len(self.document.layers):
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
            self._read_selection()

    def redo(self) -> None:
        """Do the last undone step again."""
        if self.document is not None:
            self._apply(self.document.redo())
            self._read_selection()

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
