"""The transform that is under way, if any."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.canvas.frame_state import FrameState
from app.canvas.transforming import TransformSettings
from engine.canvas.warping import is_usable

if TYPE_CHECKING:
    from app.canvas.transform_box import Box
    from app.canvas.transforming import Transform
    from engine.canvas.history import Change


class TransformState(FrameState):
    """What is transformed is lifted off the document until it is kept or given up."""

    transform_asked = Signal()
    transform_kept = Signal()
    transform_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.transform: Transform | None = None
        self.transforming = TransformSettings()

    def set_transforming(self, **values: Any) -> None:
        """Change what a handle does, or how pixels are made."""
        self.transforming = replace(self.transforming, **values)
        self.transform_changed.emit()

    def set_transform(self, transform: Transform | None) -> None:
        """Show what was lifted, or the document whole again."""
        if self.transform is not None:
            self.transform.given_up = True
        self.transform = transform
        self.transform_changed.emit()

    def set_box(self, box: Box) -> None:
        """Show what moves inside ``box``; one that no picture fits into is left out."""
        if self.transform is None or self.transform.keeping:
            return
        try:
            usable = is_usable(box.matrix, box.source)
        except ValueError:
            return
        if usable:
            self.transform.box = box
            self.transform_changed.emit()

    def keep_transform(self) -> None:
        """Let the pixels be what is shown."""
        if self.transform is not None:
            self.transform_kept.emit()

    def end_transform(self) -> None:
        """Show the document as it is."""
        self.set_transform(None)

    def put_change(self, change: Change) -> None:
        """Show a change that was made to the document."""
        self._apply(change)
        self.selection_changed.emit()

    def undo(self) -> None:
        """Give up the transform that is under way, else take the last step back."""
        if self.transform is not None:
            self.end_transform()
        else:
            super().undo()

    def can_undo(self) -> bool:
        """Whether there is something to give up, or a step to take back."""
        return self.transform is not None or super().can_undo()

    def _let_go(self) -> None:
        super()._let_go()
        if self.transform is not None:
            self.end_transform()
