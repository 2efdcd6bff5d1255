"""A transform under way: what moves, where to, and how it is shown until it is kept or given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPolygonF, QTransform

from app.canvas.document_state import to_rect
from app.canvas.picture import CompositePicture, image_over, premultiplied
from app.canvas.transform_box import Box
from engine.canvas import composite as compositing
from engine.canvas.layer import shared_copy
from engine.canvas.peeling import Peeled, below_and_above, peeled
from engine.canvas.transforming import Lifted, transformed
from engine.canvas.warping import Resampling, is_usable, moves_by
from engine.runtime.errors import BadInputError, JobCancelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.canvas.model import CanvasState
    from app.canvas.transform_box import Way
    from app.session import Session
    from engine.canvas.document import Document
    from engine.canvas.layer import Node

# The small picture of what moves is drawn sixty times a second: no side is longer.
MOST_SHOWN = 1024


@dataclass(frozen=True)
class TransformSettings:
    """``way`` is what a handle does, ``resampling`` how pixels are made."""

    way: Way = "scale"
    resampling: Resampling = "bicubic"


class Transform:
    """What is shown: the picture below, a small one that moves in ``box``, and the one above."""

    def __init__(
        self, document: Document, lifted: Lifted, nodes: Sequence[str], parts: Peeled
    ) -> None:
        self.document, self.lifted, self.nodes = document, lifted, tuple(nodes)
        self.box = Box.around(lifted.bounds)
        self.image: QImage = image_over(premultiplied(parts.pixels)).copy()
        self.rect = parts.rect
        self.keeping = self.given_up = False
        self._rest = parts.rest
        self.arrange()

    def arrange(self) -> None:
        """Take the document apart as it is now."""
        below, above = below_and_above(self.document.root, self.lifted, self._rest)
        self.below = self._picture(below)
        self.above = self._picture(above) if above else None

    def _picture(self, nodes: list[Node]) -> CompositePicture:
        def render(rect: QRect, level: int) -> np.ndarray:
            return compositing.composite(nodes, to_rect(rect), level)

        made = CompositePicture(self.document.width, self.document.height, render)
        made.sketch()
        return made

    def breathe(self) -> None:
        """Stop the work of keeping it once it is given up."""
        if self.given_up:
            raise JobCancelled

    def on_document(self) -> QTransform:
        """From the pixels of :attr:`image` to document points."""
        source = self.lifted.bounds
        scale = self.rect.width / max(1, self.image.width())
        to_document = QTransform.fromScale(scale, scale) * QTransform.fromTranslate(
            self.rect.x, self.rect.y
        )
        first = QPolygonF(QRectF(source.x, source.y, source.width, source.height))
        first.removeLast()
        made = QTransform()
        QTransform.quadToQuad(first, QPolygonF([QPointF(*one) for one in self.box.corners]), made)
        return to_document * made


class Transforming(QObject):
    """Begins transforms and keeps them, both off the UI thread."""

    def __init__(self, parent: QObject, session: Session, state: CanvasState) -> None:
        super().__init__(parent)
        self._session, self._state = session, state
        state.transform_asked.connect(lambda: session.start(self._begin()))
        state.transform_kept.connect(lambda: session.start(self._keep()))
        state.layers_changed.connect(self._follow)
        self._beginning = 0

    async def _begin(self) -> None:
        state, document = self._state, self._state.document
        if document is None or not state.chosen:
            state.end_transform()
            return
        self._beginning = turn = self._beginning + 1
        nodes = state.chosen
        try:
            lifted = document.lift(nodes)
        except BadInputError as error:
            state.refused.emit(error)
            state.end_transform()
            return
        copies = [shared_copy(node) for node in document.gathered(nodes)]
        parts = await self._session.bridge.io(peeled, lifted, copies, MOST_SHOWN)
        current = state.document is document and document.is_there(lifted)
        if turn == self._beginning and current and state.tool == "transform":
            state.set_transform(Transform(document, lifted, nodes, parts))

    def _follow(self) -> None:
        """Other layers may have changed; what moves may be gone, or not be chosen any more."""
        under_way = self._state.transform
        if under_way is None or under_way.keeping:
            return
        if not under_way.document.is_there(under_way.lifted):
            self._state.end_transform()
        elif tuple(self._state.chosen) != under_way.nodes:
            self._state.keep_transform()
        else:
            under_way.arrange()

    async def _keep(self) -> None:
        state, under_way = self._state, self._state.transform
        if under_way is None or under_way.keeping:
            return
        matrix = under_way.box.matrix
        if not under_way.box.is_changed or not is_usable(matrix, under_way.lifted.bounds):
            state.end_transform()
            return
        under_way.keeping = True
        state.transform_changed.emit()
        document, lifted = under_way.document, under_way.lifted
        step = moves_by(matrix) if lifted.selection is None else None
        if step is None:
            how = state.transforming.resampling
            done = await self._session.bridge.io(
                transformed, lifted, matrix, how, under_way.breathe
            )
        if state.transform is not under_way:
            return
        state.end_transform()
        if step is not None:
            state.put_change(document.move_nodes(under_way.nodes, *step))
            return
        change = document.put_transformed(lifted, done)
        if change is None:
            sentence = "The layer was changed while it was transformed."
            state.refused.emit(BadInputError(sentence, remedy="Transform it again."))
        else:
            state.put_change(change)
