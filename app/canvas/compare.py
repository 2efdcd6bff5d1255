"""Two candidates, or one and the picture as it is, on both sides of a line that is dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, Qt, Signal

from app.canvas.tool import Pointer, Tool

if TYPE_CHECKING:
    from app.canvas.candidate import Candidate
    from app.canvas.candidates import Candidates
    from app.canvas.model import CanvasState
    from app.canvas.viewport import Viewport

REACH = 7.0
STEP = 0.05


class Compare(QObject):
    """``other`` lies left of the line, None for the picture as it is; what is shown lies right.

    ``split`` is where the line stands, as a share of the width of the frame.
    """

    changed = Signal()

    def __init__(self, candidates: Candidates) -> None:
        super().__init__(candidates)
        self._candidates = candidates
        self.active = False
        self.split = 0.5
        self.other: Candidate | None = None
        candidates.reset.connect(self._follow)
        candidates.shown_changed.connect(self._follow)

    @property
    def on(self) -> bool:
        """Whether both sides are seen now."""
        return self.active and self._candidates.current is not None

    def set_active(self, active: bool) -> None:
        """Begin or end; it begins with the line in the middle."""
        if active != self.active:
            self.active, self.split = active, 0.5
            self.changed.emit()

    def toggle(self) -> None:
        """Begin, or end; without anything shown the first that is ready is."""
        if not self.active and self._candidates.current is None:
            self._candidates.step(1)
        self.set_active(not self.active and self._candidates.current is not None)

    def set_split(self, split: float) -> None:
        """Move the line."""
        self.split = min(1.0, max(0.0, split))
        self.changed.emit()

    def nudge(self, direction: int) -> None:
        """Move the line a step."""
        self.set_split(self.split + direction * STEP)

    def set_other(self, other: Candidate | None) -> None:
        """Compare with this one, or with the picture as it is."""
        self.other = other
        self.changed.emit()

    def step_other(self, direction: int) -> None:
        """Compare with the next or previous one that is not shown; the picture comes first."""
        shown = self._candidates.current
        ready = [one for one in self._candidates.items if one.state == "ready" and one is not shown]
        choices: list[Candidate | None] = [None, *ready]
        place = choices.index(self.other) if self.other in choices else 0
        self.set_other(choices[(place + direction) % len(choices)])

    def _follow(self) -> None:
        if self.other not in self._candidates.items or self.other is self._candidates.current:
            self.other = None
        if self.active and not self._candidates.items:
            self.set_active(False)

    # Where the line is

    @property
    def frame(self) -> QRect:
        """Round all that is compared, in document pixels."""
        shown = self._candidates.current
        around = QRect(shown.batch.frame or shown.rect) if shown is not None else QRect()
        return around.united(self.other.rect) if self.other is not None else around

    def line(self, view: Viewport) -> QRectF:
        """The frame on the screen; the line stands at ``split`` of its width."""
        return view.rect_to_screen(self.frame)

    def line_at(self, view: Viewport) -> float:
        """Where the line stands on the screen."""
        box = self.line(view)
        return round(box.left() + self.split * box.width())

    def grips(self, view: Viewport, at: QPointF) -> bool:
        """Whether the pointer is near enough to drag the line."""
        box = self.line(view)
        near = abs(at.x() - self.line_at(view)) <= REACH
        return self.on and near and box.top() <= at.y() <= box.bottom()


class SplitTool(Tool):
    """Drags the line, whatever tool is in hand."""

    name = "split"
    cursor = Qt.CursorShape.SplitHCursor

    def move(self, state: CanvasState, view: Viewport, pointer: Pointer) -> None:
        """The line follows the pointer."""
        box = state.compare.line(view)
        state.compare.set_split((pointer.screen.x() - box.left()) / max(1.0, box.width()))


SPLIT = SplitTool()
