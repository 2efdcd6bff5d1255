"""The bar over the stage of Validate: grid or comparison, which seed is shown, and the zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.i18n import bind, tr
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Choice, Segments
from app.widgets.text import label

if TYPE_CHECKING:
    from app.validation.model import GridState

ALL_SEEDS = "all"


class StageBar(QWidget):
    """``zoomed`` carries 1 or -1; ``fitted`` asks to show everything."""

    zoomed = Signal(int)
    fitted = Signal()

    def __init__(self, state: GridState) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        self.mode = Segments([("grid", "Grid"), ("compare", "Compare")])
        self.seed = Choice(plain=True)
        self.seed.setFixedWidth(76)
        self.seed.changed.connect(self._show_seed)
        bind(self.seed.setAccessibleName, "Seed")
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.mode)
        row.addSpacing(8)
        row.addWidget(label("Seed", tone="label"))
        row.addWidget(self.seed)
        row.addStretch(1)
        row.addWidget(tool_button("zoom-out", "Zoom out", lambda: self.zoomed.emit(-1)))
        row.addWidget(tool_button("zoom-in", "Zoom in", lambda: self.zoomed.emit(1)))
        row.addWidget(tool_button("maximize", "Fit the grid", self.fitted.emit, shortcut="Ctrl+0"))
        self.export = button("Export", "share")
        row.addWidget(self.export)
        state.cell_changed.connect(lambda _: self._allow_export())

    def refresh(self) -> None:
        """Offer the seeds of the grid that is shown."""
        seeds: list[tuple[object, str]] = [(seed, str(seed)) for seed in self._state.axes.seeds]
        self.seed.set_options([*seeds, (ALL_SEEDS, tr("All"))])
        shown = self._state.shown_seed
        self.seed.set_value(ALL_SEEDS if shown is None else shown)
        self.seed.setEnabled(bool(self._state.axes.checkpoints))
        self._allow_export()

    def _allow_export(self) -> None:
        self.export.setEnabled(next(iter(self._state.finished()), None) is not None)

    def _show_seed(self, value: object) -> None:
        self._state.show_seed(None if value == ALL_SEEDS else int(str(value)))
