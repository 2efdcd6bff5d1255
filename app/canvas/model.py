"""The state of the canvas: what tools do to layers, and the candidates.

No widgets here. It stands on layers of classes: ``document_state``, ``layers_state``,
``selection_state``, ``frame_state``, ``transform_state``, ``layout_state`` and ``stroke_state``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from app.canvas.candidate import Batch, Candidate
from app.canvas.candidates import Candidates
from app.canvas.collage import Collage
from app.canvas.compare import Compare
from app.canvas.kept_candidates import from_kept
from app.canvas.laying import LayingSettings
from app.canvas.stroke_state import StrokeState
from engine.canvas.layer import layer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.canvas.brush import Brush, Stroke
    from engine.canvas.covering import Covering
    from engine.canvas.document import Document, StrokeMaker
    from engine.canvas.history import Change
    from engine.canvas.layer import Layer
    from engine.canvas.shelf import Kept
    from engine.canvas.tiles import Tiles

# The side of a card's picture, for screens of twice the pixels.
CARD = 224


class CanvasState(StrokeState):
    """One open document and how it is worked on."""

    preview_changed = Signal()
    laying_changed = Signal()
    cover_asked = Signal(object)  # a Cover to lay on the active layer or mask

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.laying = LayingSettings()
        self.candidates = Candidates(self)
        self.collage = Collage(self)
        self._moved_by: QPoint | None = None
        self._move_started = False
        self.candidates.shown_changed.connect(self.preview_changed)
        self.compare = Compare(self.candidates)
        self.collage.looks_changed.connect(self.preview_changed)
        self.compare.changed.connect(self.preview_changed)
        self.layers_changed.connect(self._follow_layers)
        self.size_changed.connect(lambda shift: self.candidates.move(-shift))

    def _let_go(self) -> None:
        super()._let_go()
        self.candidates.clear()

    def set_laying(self, **values: Any) -> None:
        """Change how shapes and gradients are laid."""
        self.laying = replace(self.laying, **values)
        self.laying_changed.emit()

    def put_covering(self, covering: Covering, painted: Tiles, what: str) -> bool:
        """Show what was painted off this thread; False when the layer has changed since."""
        if self.document is None:
            return True
        change = self.document.put_covering(covering, painted, what)
        self._apply(change)
        return change is not None

    # Painting

    @property
    def painted(self) -> str:
        """Of a collage, all parts: one that comes forth lets others go."""
        return self.collage.group_id if self.collage.active else self.active

    def _begun(
        self, document: Document, node_id: str, brush: Brush, make: StrokeMaker
    ) -> Stroke | None:
        if self.collage.active:
            return self.collage.begin(brush)
        return super()._begun(document, node_id, brush, make)

    def _ended(self, document: Document) -> Change:
        return document.end_part() if self.collage.active else super()._ended(document)

    # Moving

    def begin_move(self) -> None:
        """The chosen layers are about to be dragged."""
        self._moved_by = QPoint(0, 0) if self.node is not None else None
        self._move_started = False

    def move_by(self, dx: int, dy: int) -> None:
        """Put what is dragged ``dx``, ``dy`` from where it was; the drag is one undo step."""
        if self.document is None or self._moved_by is None:
            return
        step = QPoint(dx, dy) - self._moved_by
        if step.isNull():
            return
        change = self._attempt(
            lambda it: it.move_nodes(self.chosen, step.x(), step.y(), continuing=self._move_started)
        )
        self._move_started = change is not None
        self._moved_by = QPoint(dx, dy) if change is not None else None

    def end_move(self) -> None:
        """The drag is over."""
        self._moved_by = None

    # Candidates

    def preview(self) -> tuple[QImage, QRect] | None:
        """What lies over the picture, and where: a candidate, or while it blinks what it is
        compared with, or the picture without the collage.
        """
        candidates = self.candidates
        if self.collage.active:
            return self.collage.without() if candidates.blink else None
        return self.candidate_picture(
            self.compare.other if candidates.blink else candidates.current
        )

    def candidate_picture(self, item: Candidate | None) -> tuple[QImage, QRect] | None:
        """What is seen of a candidate, and where."""
        return None if item is None or item.image is None else (item.image, item.rect)

    def new_batch(
        self,
        recipe: dict[str, Any],
        frame: tuple[int, int, int, int] | None = None,
        like: Batch | None = None,
    ) -> Batch:
        """A request for the region as it is now, or for the ``frame`` of a request ``like`` it."""
        origin = self.document.origin if self.document is not None else (0, 0)
        seen = self.region_frame()
        if frame is not None:
            seen = QRect(*frame)
        if like is not None and frame is not None:
            origin = like.origin
            seen = QRect(*frame).translated(self.way_of(like))
        seen = seen or QRect(QPoint(0, 0), self.size)
        before = self.picture.small(seen, CARD) if self.document is not None else None
        return Batch(recipe=recipe, frame=seen, before=before, origin=origin)

    def way_of(self, batch: Batch) -> QPoint:
        """How far what ``batch`` was asked for lies from where it was then."""
        now = self.document.origin if self.document is not None else (0, 0)
        return QPoint(*batch.origin) - QPoint(*now)

    def card_of(self, batch: Batch, image: QImage, rect: QRect) -> QImage:
        """``image`` at ``rect`` of the document, on what its request was asked for, small."""
        if batch.before is None:
            batch.frame = rect if batch.frame.isEmpty() else batch.frame
            batch.before = self.picture.small(batch.frame, CARD)
        card = batch.before.copy()
        across = card.width() / max(1, batch.frame.width())
        down = card.height() / max(1, batch.frame.height())
        place = rect.translated(-batch.frame.topLeft())
        painter = QPainter(card)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        target = QRectF(
            place.x() * across, place.y() * down, place.width() * across, place.height() * down
        )
        painter.drawImage(target, image, QRectF(image.rect()))
        painter.end()
        return card

    def shown_number(self) -> int:
        """The number of the candidate shown, 0 for none."""
        shown = self.candidates.current
        return shown.number if shown is not None else 0

    def has_shown_candidate(self) -> bool:
        """Whether a candidate lies over the picture."""
        return self.candidates.current is not None and not self.collage.active

    def set_blink(self, blink: bool) -> None:
        """Hide the candidate while held."""
        self.candidates.set_blink(blink)

    def accept_candidate(self, name: str) -> None:
        """Put the candidate shown on a new layer above the selected one."""
        shown = self.candidates.ready_one
        if self.document is None or shown is None or shown.pixels is None:
            return
        at = shown.rect.topLeft()
        layer = layer_of(name, shown.pixels, at.x(), at.y(), recipe=shown.kept_recipe)
        if self.put_layer(layer, "Accept candidate"):
            self.candidates.accept(layer.id)

    def put_layer(self, layer: Layer, what: str) -> bool:
        """Put a layer above the active one and work on it; the canvas grows to show all of it.

        One step, called ``what``; False when it cannot be done.
        """
        change = self._attempt(lambda it: it.add_beyond(layer, above=self.active, what=what))
        if change is None:
            return False
        self._activate(layer.id)
        self.layers_changed.emit()
        return True

    def change(self, operation: Callable[[Document], Change]) -> None:
        """Do something to the document that parts of the page do on their own."""
        self._attempt(operation)

    def _follow_layers(self) -> None:
        layers = self.document.layers if self.document is not None else ()
        self.candidates.follow_layers({layer.id for layer in layers})

    def restore_candidates(self, kept: Sequence[Kept]) -> None:
        """Show the candidates that were kept with the document."""
        self.candidates.restore(from_kept(kept, self.card_of))
        self._follow_layers()
