"""The frame that a repaint looks at, round the selection or beyond the canvas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Signal

from app.canvas.document_state import to_qrect, to_rect
from app.canvas.selection_state import SelectionState
from engine.canvas import region
from engine.canvas.core import LARGEST_SIDE
from engine.canvas.rect import Rect
from engine.canvas.region import GRID, Surroundings

if TYPE_CHECKING:
    from engine.canvas.tiles import Tiles


@dataclass(frozen=True)
class FrameRules:
    """What the automatic frame and the transition follow; see :mod:`engine.canvas.region`.

    ``grow`` and ``feather`` in pixels, None where they are chosen.
    """

    native_size: int = 512
    strength: float = 0.6
    grow: int | None = None
    feather: int | None = None
    surroundings: Surroundings = "auto"


class FrameState(SelectionState):
    """The frame: automatic, or as it was dragged. Beyond the canvas it extends it."""

    frame_asked = Signal()  # the frame was put where it may be out of sight

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.region: QRect | None = None
        self._extended = False
        self.rules = FrameRules()
        self.size_changed.connect(self._follow_growth)

    def _let_go(self) -> None:
        super()._let_go()
        self.region = None

    def _select(self, new: Tiles | None) -> None:
        if self.document is not None and not (new is None and self.selection is None):
            self._keep_region(None)
        super()._select(new)

    # The dragged frame

    def set_region(self, rect: QRect | None) -> None:
        """Choose what the model sees round the selection; None leaves it to the program."""
        self._keep_region(self._fitting(rect) if rect is not None else None)
        self.selection_changed.emit()

    def set_rules(self, **values: Any) -> None:
        """Change what the automatic frame follows."""
        rules = replace(self.rules, **values)
        if rules != self.rules:
            self.rules = rules
            self.selection_changed.emit()

    def extend(self) -> None:
        """Put the frame over the right border, ready to be dragged to where more is wanted."""
        width, height = self.size.width(), self.size.height()
        strip = max(GRID, width // 4 // GRID * GRID)
        seen = min(width, max(strip, self.rules.native_size - strip))
        self.set_region(QRect(width - seen, 0, seen + strip, height))
        self.frame_asked.emit()

    def _fitting(self, rect: QRect) -> QRect | None:
        """``rect`` where it shows some of the canvas and lets it grow no larger than it can be."""
        whole = QRect(QPoint(0, 0), self.size)
        across, down = LARGEST_SIDE - whole.width(), LARGEST_SIDE - whole.height()
        rect = rect.intersected(whole.adjusted(-across, -down, across, down))
        across, down = across + min(0, rect.x()), down + min(0, rect.y())
        rect = rect.intersected(whole.adjusted(-LARGEST_SIDE, -LARGEST_SIDE, across, down))
        seen = rect.intersected(whole)
        least = min(GRID, whole.width(), whole.height())
        return rect if min(seen.width(), seen.height()) >= least else None

    def _keep_region(self, rect: QRect | None) -> None:
        """The frame is kept with the document, like the settings of the repaint."""
        self.region = rect
        self._extended = self.extends
        if self.document is not None:
            self.document.settings["frame"] = list(to_rect(rect)) if rect is not None else []

    def _read_document(self) -> None:
        stored = self.document.settings.get("frame") if self.document is not None else None
        if isinstance(stored, list) and len(stored) == 4 and all(type(n) is int for n in stored):
            self._keep_region(self._fitting(QRect(*stored)))
        super()._read_document()

    def _follow_growth(self, shift: QPoint) -> None:
        """The frame stays on what it shows; one that has done its work is gone."""
        if self.region is not None:
            moved = self.region.translated(-shift)
            done = self._extended and not self._reaches_beyond(moved)
            self._keep_region(None if done else self._fitting(moved))
        self.selection_changed.emit()

    # The frame as it is

    def region_frame(self) -> QRect | None:
        """What the model sees: the chosen frame, or the automatic one round the selection."""
        selected = self.selected
        if self.document is None or (selected is None and self.region is None):
            return None
        if self.region is not None or selected is None:
            return QRect(self.region or QRect())
        rules = self.rules
        frame = region.context_frame(
            self.document.size,
            to_rect(selected),
            rules.strength,
            rules.native_size,
            rules.grow,
            rules.feather,
            rules.surroundings,
        )
        return to_qrect(frame)

    @property
    def extends(self) -> bool:
        """Whether the frame reaches beyond the canvas."""
        return self.region is not None and self._reaches_beyond(self.region)

    def _reaches_beyond(self, frame: QRect) -> bool:
        return not QRect(QPoint(0, 0), self.size).contains(frame)

    @property
    def grown_size(self) -> QSize:
        """The size of the canvas with all that its frame shows."""
        return QRect(QPoint(0, 0), self.size).united(self.region or QRect()).size()

    def work_size(self, frame: QRect) -> tuple[int, int]:
        """The size at which the model paints ``frame``."""
        return region.work_size((frame.width(), frame.height()), self.rules.native_size)

    def distances(self) -> region.Sizes:
        """How far beyond the selection, or into the old canvas, a repaint reaches."""
        rules, selected = self.rules, self.selected
        around = to_rect(selected) if selected is not None else Rect(0, 0, 0, 0)
        if self.document is not None and self.region is not None:
            around = region.around(around, self.document.size, to_rect(self.region))
        return region.sizes(around, rules.strength, rules.native_size, rules.grow, rules.feather)

    def feather_reach(self) -> int:
        """How many pixels beyond the selection a repaint still changes a little."""
        return self.distances().reach if self.selected is not None else 0

    # Room for the model

    def target(self) -> QRect:
        """What a repaint would change: the selection, else the frame, else everything."""
        return self.selected or self.region or QRect(QPoint(0, 0), self.size)

    def is_flat(self) -> bool:
        """Whether the picture shows one plain color, or nothing, where it would be repainted."""
        if self.document is None:
            return False
        return (self.extends and self.selected is None) or self.picture.is_flat(self.target())
