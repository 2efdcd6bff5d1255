"""What the picture is laid out by: guides, the frame of a crop, and the axes of symmetry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, Signal

from app.canvas.document_state import to_rect
from app.canvas.transform_state import TransformState
from engine.canvas.core import Guide
from engine.canvas.symmetry import NO_SYMMETRY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.canvas.symmetry import Symmetry


@dataclass(frozen=True)
class CropSettings:
    """``ratio`` is width over height, 0 for any and -1 for the document's own."""

    ratio: float = 0.0


class LayoutState(TransformState):
    """Guides belong to the document; what a crop would leave is shown until it is kept."""

    crop_changed = Signal()
    guides_changed = Signal()
    symmetry_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.crop: QRect | None = None
        self.cropping = CropSettings()
        self.shows_guides = True
        self.symmetry: Symmetry | None = None
        self.layers_changed.connect(self.guides_changed)

    def _let_go(self) -> None:
        super()._let_go()
        self.symmetry = None
        self.set_crop(None)

    # Guides

    @property
    def guides(self) -> tuple[Guide, ...]:
        """The guides of the document, while they are shown."""
        return self.document.guides if self.document is not None and self.shows_guides else ()

    def toggle_guides(self) -> None:
        """Show or hide the guides; hidden ones do not snap."""
        self.shows_guides = not self.shows_guides
        self.guides_changed.emit()

    def set_guides(self, guides: Sequence[Guide], *, continuing: bool = False) -> None:
        """Lay other guides; ``continuing`` while one is dragged."""
        self.shows_guides = True
        self._attempt(lambda it: it.set_guides(guides, continuing=continuing))

    def guide_at(self, at: QPointF, reach: float) -> int | None:
        """The number of the guide nearest to a document point, within ``reach`` document pixels."""
        places = {"x": at.x(), "y": at.y()}
        away = [(abs(places[guide.axis] - guide.at), n) for n, guide in enumerate(self.guides)]
        near = min(away, default=None)
        return near[1] if near is not None and near[0] <= reach else None

    def lines(self) -> tuple[list[int], list[int]]:
        """Where edges snap, across and down: guides, and the document's edges and middle."""
        width, height = self.size.width(), self.size.height()
        across = [0, width // 2, width, *(one.at for one in self.guides if one.axis == "x")]
        down = [0, height // 2, height, *(one.at for one in self.guides if one.axis == "y")]
        return across, down

    def snapped(self, at: QPointF, reach: float) -> QPointF:
        """``at`` on the guides that are within ``reach`` document pixels of it."""
        x = [one.at for one in self.guides if one.axis == "x"]
        y = [one.at for one in self.guides if one.axis == "y"]
        return QPointF(at.x() + pull([at.x()], x, reach), at.y() + pull([at.y()], y, reach))

    # The crop

    def set_cropping(self, **values: Any) -> None:
        """Change the ratio that a crop keeps."""
        self.cropping = replace(self.cropping, **values)
        if self.crop is not None:
            self.crop = with_ratio(self.crop, self.crop_ratio)
        self.crop_changed.emit()

    @property
    def crop_ratio(self) -> float:
        """Width over height, 0 for any."""
        if self.cropping.ratio < 0:
            return self.size.width() / self.size.height()
        return self.cropping.ratio

    def set_crop(self, rect: QRect | None) -> None:
        """Show what a crop would leave; None for no crop."""
        if rect != self.crop:
            self.crop = rect
            self.crop_changed.emit()

    def keep_crop(self) -> None:
        """Let the document be what is shown: one step."""
        rect = self.crop
        if self.document is not None and rect is not None:
            self.crop_to(rect)
            self.set_crop(QRect(QPoint(0, 0), self.size))

    def crop_to(self, rect: QRect) -> None:
        """Let the document be ``rect`` of itself, which may reach beyond it."""
        if rect != QRect(QPoint(0, 0), self.size):
            self._attempt(lambda it: it.crop(to_rect(rect)))
            self.selection_changed.emit()

    # Symmetry

    def set_symmetry(self, symmetry: Symmetry | None) -> None:
        """What brushes paint is mirrored along these axes; None for none."""
        self.symmetry = symmetry
        self.symmetry_changed.emit()

    def toggle_axis(self, axis: Literal["x", "y"]) -> None:
        """Mirror brushes along an axis through the middle, or no longer."""
        now = self.symmetry or NO_SYMMETRY
        middle = {"x": self.size.width() / 2, "y": self.size.height() / 2}[axis]
        place = None if getattr(now, axis) is not None else middle
        made = now._replace(x=place) if axis == "x" else now._replace(y=place)
        self.set_symmetry(None if made == NO_SYMMETRY else made)


def pull(edges: Sequence[float], lines: Sequence[float], reach: float) -> float:
    """How far the edge that is nearest to a line has to move on to it; 0 beyond ``reach``."""
    away = [line - edge for edge in edges for line in lines]
    near = min(away, key=abs, default=0.0)
    return near if abs(near) <= reach else 0.0


def with_ratio(rect: QRect, ratio: float) -> QRect:
    """``rect`` made smaller around its middle until it has the ratio; 0 leaves it."""
    if ratio <= 0 or rect.isEmpty():
        return rect
    width = min(rect.width(), round(rect.height() * ratio))
    height = max(1, round(width / ratio))
    left = rect.left() + (rect.width() - width) // 2
    top = rect.top() + (rect.height() - height) // 2
    return QRect(left, top, max(1, width), height)
