"""What is in hand: tool, brush and colors, and the stroke that is under way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QSize, Signal
from PySide6.QtGui import QColor

from app.canvas.brush_settings import BrushSettings
from app.canvas.layout_state import LayoutState
from engine.canvas import composite as compositing
from engine.canvas.blending import NORMAL
from engine.canvas.brush import Brush, Stroke
from engine.canvas.layer import shared_copy
from engine.canvas.retouch import CloneStroke, PushStroke, SmudgeStroke
from engine.canvas.smoothing import Smoother
from engine.canvas.symmetry import NO_SYMMETRY
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from engine.canvas.document import Document, StrokeMaker
    from engine.canvas.history import Change

StrokeKind = Literal["paint", "erase", "clone", "smudge", "push"]
MAKERS: dict[StrokeKind, StrokeMaker] = {
    "paint": Stroke,
    "erase": Stroke,
    "smudge": SmudgeStroke,
    "push": PushStroke,
}


@dataclass(frozen=True)
class StampSettings:
    """``aligned`` keeps the way to the source from stroke to stroke; ``all_layers`` takes the
    picture as seen, not the layer alone.
    """

    aligned: bool = True
    all_layers: bool = False


class StrokeState(LayoutState):
    """Tool, brush, colors, and painting."""

    tool_changed = Signal()
    brush_changed = Signal()
    color_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tool = self._tool_before = "brush"
        self.brush = BrushSettings()
        self.background = QColor(255, 255, 255)
        self.stamp = StampSettings()
        self.stamp_source: QPointF | None = None
        self._stamp_offset: tuple[int, int] | None = None
        self._stroke: Stroke | None = None
        self._smoother = Smoother(0.0)
        self._stroke_end: tuple[float, float, float] | None = None

    def _let_go(self) -> None:
        super()._let_go()
        self._stroke = self._stroke_end = self.stamp_source = self._stamp_offset = None

    # Tool, brush, color

    def set_tool(self, name: str) -> None:
        """Take the tool ``name`` in hand."""
        if name != self.tool:
            self._tool_before = self.tool
        self.tool = name
        self.tool_changed.emit()

    def end_transform(self) -> None:
        """Show the document as it is, with the tool from before in hand."""
        super().end_transform()
        if self.tool == "transform":
            self.set_tool(self._tool_before)

    def set_brush(self, **values: Any) -> None:
        """Change the brush; values out of range are clamped."""
        self.brush = self.brush.with_values(**values)
        self.brush_changed.emit()

    def scale_brush(self, factor: float) -> None:
        """Make the brush larger or smaller, by at least one pixel."""
        self.set_brush(size=self.brush.scaled_size(factor))

    def set_color(self, value: QColor) -> None:
        """Paint with ``value``."""
        self.color = QColor(value)
        self.color_changed.emit()

    def set_background(self, value: QColor) -> None:
        """What gradients run to."""
        self.background = QColor(value)
        self.color_changed.emit()

    def swap_colors(self) -> None:
        """Paint with the background color, and the other way round."""
        self.color, self.background = self.background, self.color
        self.color_changed.emit()

    def reset_colors(self) -> None:
        """Black on white."""
        self.color, self.background = QColor(0, 0, 0), QColor(255, 255, 255)
        self.color_changed.emit()

    def pick_color(self, at: QPoint) -> None:
        """Take the color of the picture as seen at ``at``; transparent pixels give none."""
        if self.document is None or not QRect(QPoint(0, 0), self.size).contains(at):
            return
        red, green, blue, alpha = (int(v) for v in self._render(QRect(at, QSize(1, 1)))[0, 0])
        if alpha:
            self.set_color(QColor(red, green, blue))

    # The clone stamp

    def set_stamp(self, **values: bool) -> None:
        """Change where the stamp takes from."""
        self.stamp = replace(self.stamp, **values)
        self.brush_changed.emit()

    def set_stamp_source(self, at: QPointF) -> None:
        """Clone from here; the next stroke says how far away that is."""
        self.stamp_source, self._stamp_offset = QPointF(at), None
        self.brush_changed.emit()

    def stamp_from(self, at: QPointF) -> QPointF | None:
        """Where the stamp would take from if it painted at ``at``."""
        if self.stamp_source is None or self._stamp_offset is None:
            return self.stamp_source
        return at + QPointF(*self._stamp_offset)

    def _clone_maker(self, document: Document, node_id: str, at: QPointF) -> StrokeMaker:
        source = self.stamp_source
        if source is None:
            raise BadInputError(
                "There is nothing to clone from.", remedy="Alt click what is to be cloned."
            )
        if self._stamp_offset is None or not self.stamp.aligned:
            away = source - at
            self._stamp_offset = round(away.x()), round(away.y())
        if self.stamp.all_layers:
            nodes = document.frozen().root.children
        else:
            alone = shared_copy(document.node(node_id))
            alone.visible, alone.clipping, alone.mode = True, False, NORMAL
            alone.opacity, alone.mask = 1.0, None
            nodes = [alone]
        seen = partial(compositing.composite, nodes)
        return partial(CloneStroke, offset=self._stamp_offset, source=seen)

    # Painting

    def begin_stroke(
        self,
        sample: tuple[float, float, float],
        *,
        erase: bool,
        join: bool = False,
        kind: StrokeKind = "paint",
    ) -> None:
        """Start to paint on the active layer or mask; ``join`` draws on from the last stroke."""
        node = self.node
        if self.document is None or node is None:
            return
        try:
            made = self._maker(kind, node.id, QPointF(sample[0], sample[1]))
            self._stroke = self._begun(self.document, node.id, self._tip(erase=erase), made)
        except BadInputError as error:
            self.refused.emit(error)
            return
        self._smoother = Smoother(0.0 if join else self.brush.smoothing)
        if self._stroke is not None:
            self._stroke.lean(*self._tilt)
        if join and self._stroke_end is not None:
            self.stroke_to(self._stroke_end)
        self.stroke_to(sample)

    def _maker(self, kind: StrokeKind, node_id: str, at: QPointF) -> StrokeMaker:
        assert self.document is not None
        return MAKERS[kind] if kind != "clone" else self._clone_maker(self.document, node_id, at)

    def _tip(self, *, erase: bool) -> Brush:
        brush = self.brush
        return Brush(
            radius=brush.size / 2,
            hardness=brush.hardness,
            color=(self.color.red(), self.color.green(), self.color.blue()),
            opacity=brush.opacity,
            flow=brush.flow,
            spacing=brush.spacing,
            erase=erase,
            pressure_size=brush.pressure_size,
            pressure_opacity=brush.pressure_opacity,
            tilts=brush.tilts,
            symmetry=self.symmetry or NO_SYMMETRY,
        )

    def _begun(
        self, document: Document, node_id: str, brush: Brush, make: StrokeMaker
    ) -> Stroke | None:
        return document.begin_stroke(node_id, brush, on_mask=self.paints_mask, make=make)

    _tilt = (0.0, 0.0)

    def lean(self, x: float, y: float) -> None:
        """The pen leans by so many degrees to the right and down."""
        self._tilt = (x, y)
        if self._stroke is not None:
            self._stroke.lean(x, y)

    def stroke_to(self, sample: tuple[float, float, float]) -> None:
        """Go on with the stroke to (x, y, pressure)."""
        if self._stroke is None:
            return
        self._stroke_end = sample
        x, y, pressure = sample
        for point in self._smoother.to((x, y, self.brush.felt(pressure))):
            self._mark(self._stroke.to(*point))

    def end_stroke(self) -> None:
        """The stroke is one undo step from now on."""
        if self._stroke is None or self.document is None:
            return
        for point in self._smoother.end():
            self._mark(self._stroke.to(*point))
        self._stroke = None
        self._apply(self._ended(self.document))

    def _ended(self, document: Document) -> Change:
        return document.end_stroke()
