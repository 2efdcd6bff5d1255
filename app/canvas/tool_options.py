"""What each tool can be told, as the parts of the option bar that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.canvas.brush_popup import BrushPopup
from app.canvas.crop_options import CropOptions
from app.canvas.laying_options import GradientOptions, OpacityOption, ShapeOptions
from app.canvas.region_options import RegionOptions
from app.canvas.select_options import EdgeOptions, Joinings, Variants, WandOptions
from app.canvas.tools import SLOTS
from app.canvas.transform_options import TransformOptions
from app.i18n import bind
from app.widgets.buttons import tool_button
from app.widgets.fields import Check, NumberField, ValueSlider
from app.widgets.segments import Segments
from app.widgets.text import label

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint

LEAST_SLIDER = 106
# Which parts a tool shows, from left to right.
PARTS: dict[str, tuple[str, ...]] = {
    "move": ("move",),
    "transform": ("transform",),
    "crop": ("crop",),
    "select": ("select", "joinings", "edge"),
    "select_ellipse": ("select", "joinings", "edge"),
    "lasso": ("lasso", "joinings", "edge"),
    "polygon": ("lasso", "joinings", "edge"),
    "wand": ("joinings", "wand"),
    "bucket": ("bucket", "wand", "opacity"),
    "gradient": ("bucket", "gradient", "opacity"),
    "line": ("line", "shape", "opacity"),
    "rectangle": ("line", "shape", "opacity"),
    "ellipse": ("line", "shape", "opacity"),
    "polygon_fill": ("line", "opacity"),
    "lasso_fill": ("line", "opacity"),
    "brush": ("tip",),
    "eraser": ("tip",),
    "smudge": ("smudge", "tip"),
    "push": ("smudge", "tip"),
    "stamp": ("tip", "stamp"),
    "hand": ("hand",),
    "rotate": ("hand",),
    "region": ("region",),
}


class TipOptions(QWidget):
    """Size, hardness and opacity of the brush."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(7)
        self._labels: list[QLabel] = []
        self.size_field = NumberField(1, 1000, 1, 0, unit="px")
        self.size_field.setFixedWidth(76)
        self.size_field.changed.connect(lambda value: state.set_brush(size=float(value)))
        self.hardness = ValueSlider(0, 100, 1, 0, unit="%", field_width=56)
        self.hardness.changed.connect(lambda value: state.set_brush(hardness=value / 100))
        self.opacity = ValueSlider(1, 100, 1, 0, unit="%", field_width=56)
        self.opacity.changed.connect(lambda value: state.set_brush(opacity=value / 100))
        for number, (key, control) in enumerate(
            (("Size", self.size_field), ("Hardness", self.hardness), ("Opacity", self.opacity))
        ):
            if number:
                row.addSpacing(8)
            self._labels.append(label(key, tone="label"))
            row.addWidget(self._labels[-1])
            bind(control.setAccessibleName, key)
            bind(control.setToolTip, key)
            row.addWidget(control)
        self.more = tool_button("sliders-horizontal", "More of the brush", self.open_more)
        row.addWidget(self.more)
        state.brush_changed.connect(self._follow)
        self._follow()

    def open_more(self) -> None:
        """Open what is changed less often, under its button."""
        self.popup = BrushPopup(self._state, self)
        self.popup.adjustSize()
        self.popup.move(self.more.mapToGlobal(QPoint(0, self.more.height() + 4)))
        self.popup.show()

    def narrow(self, width: int) -> None:
        """Give the sliders this width; 0 leaves the words out as well."""
        for slider in (self.hardness, self.opacity):
            slider.setFixedWidth(width or LEAST_SLIDER)
        for words in self._labels:
            words.setVisible(width > 0)
        self._row.invalidate()
        self.updateGeometry()  # else what lies around it measures it as it was

    def _follow(self) -> None:
        brush = self._state.brush
        self.size_field.set_value(brush.size)
        self.hardness.set_value(brush.hardness * 100)
        self.opacity.set_value(brush.opacity * 100)


class PaintingIn(QWidget):
    """In a collage: whether the brush shows more of the candidate or less."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._collage = state.collage
        self.ways = Segments(((False, "Paint in"), (True, "Take out")))
        self.ways.changed.connect(lambda out: self._collage.set_taking_out(bool(out)))
        bind(self.ways.setToolTip, "X changes between both; the eraser takes out too")
        bind(self.ways.setAccessibleName, "Collage")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.ways)
        state.collage.changed.connect(self._follow)

    def _follow(self) -> None:
        self.ways.set_value(self._collage.taking_out)


class StampOptions(QWidget):
    """Where the clone stamp takes from."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__()
        self._state = state
        self.aligned = Check("Aligned")
        self.aligned.changed.connect(lambda on: state.set_stamp(aligned=bool(on)))
        bind(self.aligned.setToolTip, "Each stroke goes on from where the last one took from")
        self.all_layers = Check("All layers")
        self.all_layers.changed.connect(lambda on: state.set_stamp(all_layers=bool(on)))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.aligned)
        row.addWidget(self.all_layers)
        state.brush_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.aligned.set_value(self._state.stamp.aligned)
        self.all_layers.set_value(self._state.stamp.all_layers)


class ToolOptions(QWidget):
    """The parts of the tool in hand."""

    def __init__(self, state: CanvasState, repaint: Repaint) -> None:
        super().__init__()
        self._state = state
        self.tip = TipOptions(state)
        self.region = RegionOptions(state, repaint)
        self.joinings = Joinings(state)
        self.edge = EdgeOptions(state)
        self.wand = WandOptions(state)
        self.shape = ShapeOptions(state)
        self.gradient = GradientOptions(state)
        self.opacity = OpacityOption(state)
        self.transform = TransformOptions(state)
        self.crop = CropOptions(state)
        self.stamp = StampOptions(state)
        self.variants = {slot: Variants(state, tools) for slot, tools in SLOTS.items()}
        self.parts: dict[str, QWidget] = {
            **self.variants,
            "joinings": self.joinings,
            "edge": self.edge,
            "wand": self.wand,
            "shape": self.shape,
            "gradient": self.gradient,
            "opacity": self.opacity,
            "tip": self.tip,
            "stamp": self.stamp,
            "transform": self.transform,
            "crop": self.crop,
            "region": self.region,
        }
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.painting = PaintingIn(state)
        row.addWidget(self.painting)
        for part in self.parts.values():
            row.addWidget(part)
        self.follow()

    def follow(self) -> None:
        """Show the parts of the tool in hand, nothing when it has none."""
        wanted = PARTS.get(self._state.tool, ())
        for name, part in self.parts.items():
            part.setVisible(name in wanted)
        self.painting.setVisible("tip" in wanted and self._state.collage.active)
        self.setVisible(bool(wanted))

    def narrow(self, width: int) -> None:
        """Give the sliders this width."""
        self.tip.narrow(width)
        self.region.narrow(width)
        self._row.invalidate()
        self.updateGeometry()
