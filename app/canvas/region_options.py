"""What the tool of the region can be told: what is done there, and how far the model sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.i18n import bind
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.fields import Choice, FieldRow, NumberField, ValueSlider
from app.widgets.text import label

if TYPE_CHECKING:
    from app.canvas.model import CanvasState
    from app.canvas.repaint import Repaint

WIDTH = 320
LABELS_WIDE = 88
FARTHEST = 512
MODES = (
    ("repaint", "Repaint selection"),
    ("extend", "Extend canvas"),
    ("remove", "Remove object"),
)
SURROUNDINGS = (
    ("auto", "Automatic"),
    ("tight", "Selection only"),
    ("whole", "Whole canvas"),
)
OWN = ("own", "As dragged")
FILLS = (
    ("auto", "Automatic"),
    ("keep", "Keep picture"),
    ("blur", "Blur"),
    ("border", "Border colors"),
    ("patch", "Copied pieces"),
    ("neutral", "Gray"),
    ("noise", "Nothing"),
)
# Under this width of a slider (see ToolOptions.narrow) the fields behind are only in the popup.
WIDE, MIDDLE, NARROW = 148, 130, 112


class Distance(QWidget):
    """A distance in pixels: the chosen one, or the automatic one until another is typed."""

    def __init__(self, key: str, repaint: Repaint, state: CanvasState, name: str) -> None:
        super().__init__()
        self._repaint, self._state, self._name = repaint, state, name
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.field = NumberField(0, FARTHEST, 1, 0, unit="px")
        self.field.setFixedWidth(74)
        self.field.changed.connect(lambda value: repaint.change(**{name: int(value)}))
        bind(self.field.setAccessibleName, key)
        row.addWidget(self.field)
        self.automatic = tool_button(
            "rotate-ccw", "Automatic", lambda: repaint.change(**{name: None}), dense=True
        )
        row.addWidget(self.automatic)
        row.addStretch(1)

    def follow(self) -> None:
        """Show what acts."""
        chosen = getattr(self._repaint.settings, self._name)
        distances = self._state.distances()
        feather = distances.reach - distances.start
        automatic = feather if self._name == "feather" else distances.start + feather // 2
        self.field.set_value(automatic if chosen is None else chosen)
        self.automatic.setVisible(chosen is not None)


class RegionFields:
    """The controls of the region; the bar and its popup each have their own."""

    def __init__(self, repaint: Repaint, state: CanvasState) -> None:
        self._repaint, self._state = repaint, state
        self.mode = Choice(MODES)
        self.mode.changed.connect(self._choose_mode)
        self.surroundings = Choice(SURROUNDINGS)
        self.surroundings.changed.connect(self._choose_surroundings)
        self.grow = Distance("Grow", repaint, state, "grow")
        self.feather = Distance("Feather", repaint, state, "feather")
        self.fill = Choice(FILLS)
        self.fill.changed.connect(lambda value: repaint.change(fill=value))
        for key, choice in (
            ("What is done", self.mode),
            ("Surroundings", self.surroundings),
            ("Start from", self.fill),
        ):
            bind(choice.setAccessibleName, key)

    def follow(self) -> None:
        """Show settings and frame as they are."""
        settings, state = self._repaint.settings, self._state
        self.mode.set_value("extend" if state.extends else settings.mode)
        own = state.region is not None
        options = [*SURROUNDINGS, OWN] if own else list(SURROUNDINGS)
        if options != self.surroundings.options:
            self.surroundings.set_options(options)
        self.surroundings.set_value("own" if own else settings.surroundings)
        self.grow.follow()
        self.feather.follow()
        self.fill.set_value(settings.fill)

    def _choose_mode(self, value: object) -> None:
        if value == "extend":
            self._repaint.choose_mode("repaint")
            self._repaint.change(strength=1.0)
            if not self._state.extends:
                self._state.extend()
            return
        if self._state.extends:
            self._state.set_region(None)
        self._repaint.choose_mode("remove" if value == "remove" else "repaint")

    def _choose_surroundings(self, value: Any) -> None:
        if value != "own":
            self._state.set_region(None)
            self._repaint.change(surroundings=value)


class RegionOptions(QWidget):
    """Mode, surroundings, grow, feather and fill in one line; what has no room is in the popup."""

    def __init__(self, state: CanvasState, repaint: Repaint) -> None:
        super().__init__()
        self._state, self._repaint = state, repaint
        self.fields = RegionFields(repaint, state)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addWidget(self.fields.mode)
        fields = self.fields
        for choice in (fields.mode, fields.surroundings, fields.fill):
            choice.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._folding: list[tuple[int, QWidget, QWidget]] = []
        for least, key, control in (
            (0, "Surroundings", fields.surroundings),
            (NARROW, "Grow", fields.grow),
            (MIDDLE, "Feather", fields.feather),
            (WIDE, "Start from", fields.fill),
        ):
            name = label(key, tone="label")
            self._row.addSpacing(4)
            self._row.addWidget(name)
            self._row.addWidget(control)
            self._folding.append((least, name, control))
        self.more = tool_button("sliders-horizontal", "More of the region", self.open_more)
        self._row.addWidget(self.more)
        for signal in (state.selection_changed, repaint.settings_changed, state.opened):
            signal.connect(self.follow)
        self.follow()

    def open_more(self) -> None:
        """Open all of it, under its button."""
        self.popup = RegionPopup(self._state, self._repaint, self)
        self.popup.adjustSize()
        below = QPoint(self.more.width() - self.popup.width(), self.more.height() + 4)
        self.popup.move(self.more.mapToGlobal(below))
        self.popup.show()

    def narrow(self, width: int) -> None:
        """Show what fits where a slider has this width."""
        for least, name, control in self._folding:
            name.setVisible(width >= least)
            control.setVisible(width >= least)
        self._row.invalidate()
        self.updateGeometry()

    def follow(self) -> None:
        """Show settings and frame as they are."""
        self.fields.follow()


class RegionPopup(QFrame):
    """All of the region, with how far its colors follow what is around it."""

    def __init__(self, state: CanvasState, repaint: Repaint, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFixedWidth(WIDTH)
        self.fields = RegionFields(repaint, state)
        self.match = ValueSlider(0, 1, 0.1, 1)
        self.match.set_value(repaint.settings.match_color)
        self.match.changed.connect(lambda value: repaint.change(match_color=float(value)))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, metrics.PAD, 1, metrics.GAP)
        column.setSpacing(metrics.GAP_FIELDS)
        fields = self.fields
        for key, control, hint in (
            ("Surroundings", fields.surroundings, "What the model sees around the selection."),
            ("Grow", fields.grow, "How far beyond the selection the model may paint."),
            ("Feather", fields.feather, "Width of the soft transition at the edge."),
            ("Start from", fields.fill, "What the model starts from inside the selection."),
            ("Match color", self.match, "How far the result takes on the colors around it."),
        ):
            column.addWidget(FieldRow(key, control, hint, label_width=LABELS_WIDE))
        for signal in (state.selection_changed, repaint.settings_changed):
            signal.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show settings and frame as they are."""
        self.fields.follow()
