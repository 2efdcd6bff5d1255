"""What the stage of Validate shows: the grid, A and B, one cell, the verdict, or how to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.validation.framing import STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.compare import CompareView
    from app.validation.evidence import Pair
    from app.validation.full_cell import FullCell
    from app.validation.grid_view import GridView
    from app.validation.model import GridState
    from app.validation.no_grid import NoGrid
    from app.validation.pair_view import PairView
    from app.validation.stage_bar import StageBar
    from app.validation.verdict_page import VerdictPage
    from engine.validation.resolve import Position


class Stage(QStackedWidget):
    """Follows the segments of its bar, and sizes what is shown."""

    def __init__(
        self,
        state: GridState,
        bar: StageBar,
        grid: GridView,
        compare: CompareView,
        full: FullCell,
        verdict: VerdictPage,
        empty: NoGrid,
        pair: PairView,
    ) -> None:
        super().__init__()
        self._state, self._bar = state, bar
        self.grid, self.compare, self.full = grid, compare, full
        self.verdict, self.empty, self.pair = verdict, empty, pair
        for shown in (grid, compare, full, verdict, empty, pair):
            self.addWidget(shown)
        for segments in (bar.mode, bar.way):
            segments.changed.connect(lambda _: self._turn())
        bar.zoomed.connect(self.zoom)
        bar.fitted.connect(self.fit)
        bar.actual.connect(compare.actual_size)
        bar.detailed.connect(grid.set_loupe)
        for changed in (grid.sized, compare.changed):
            changed.connect(self.tell_zoom)
        for large in (compare, full):
            large.stepped.connect(grid.go)
            large.closed.connect(self.show_grid)
        pair.closed.connect(self._leave_pairs)
        self._left_verdict = False

    def follow(self) -> None:
        """Show what the segments say, or how to begin while there is no grid."""
        self._show(self._staged() if self._state.axes.checkpoints else self.empty)
        self.empty.refresh()
        self._bar.refresh()
        self.tell_zoom()

    def _staged(self) -> QWidget:
        """What the segments say."""
        if self._bar.comparing:
            return self.compare
        if self._bar.mode.value == "verdict":
            return self.verdict
        large = (self.full, self.pair)
        return next((one for one in large if one is self.currentWidget()), self.grid)

    def _show(self, shown: QWidget) -> None:
        before = self.currentWidget()
        self.setCurrentWidget(shown)
        if shown is not before and before is not None and before.hasFocus():
            shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def _turn(self) -> None:
        """Another segment was chosen."""
        if self._bar.comparing:
            self.compare.set_mode(self._bar.compare_mode)
        else:
            self.compare.set_playing(False)
        self.follow()

    def _to_grid(self) -> None:
        self._bar.mode.set_value("grid")
        self._show(self.grid)
        self._turn()

    # What is shown

    def show_grid(self) -> None:
        """Back to the grid, with A in sight."""
        self._to_grid()
        if self._state.first is not None:
            self.grid.show_cell(self._state.first)
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_cell(self, key: Position) -> None:
        """The grid with ``key`` as A in sight, on the page where it is."""
        self._to_grid()
        self._state.turn_to(key)
        self._state.choose(key)
        self.follow()
        self.grid.show_cell(key)
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_compare(self, mode: str = "compare") -> None:
        """Show A and B large."""
        self._bar.mode.set_value(mode)
        self._turn()
        self.compare.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_way(self, way: str) -> None:
        """Compare A and B in another way: ``side``, ``blink`` or ``slider``."""
        self._bar.way.set_value(way)
        self.show_compare()

    def show_verdict(self) -> None:
        """Show what the measures say of the checkpoints."""
        self._bar.mode.set_value("verdict")
        self._turn()
        self.verdict.chart.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_cell(self, key: Position) -> None:
        """Show one cell over the whole stage."""
        self._state.choose(key)
        self._bar.mode.set_value("grid")
        self._show(self.full)
        self.full.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_pairs(self, pairs: Sequence[Pair], at: int) -> None:
        """Show pair ``at`` of these large; it is left for the page that it was opened from."""
        self._left_verdict = self.currentWidget() is self.verdict
        back = "Back to the verdict" if self._left_verdict else "Back to grid"
        self.pair.show_pairs(pairs, at, back)
        self._bar.mode.set_value("grid")
        self._show(self.pair)
        self.pair.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave_pairs(self) -> None:
        if self._left_verdict:
            self.show_verdict()
        else:
            self.show_grid()

    def open_first(self) -> None:
        """Show A over the whole stage."""
        if self._state.first is not None:
            self.open_cell(self._state.first)

    # How large

    def zoom(self, direction: int) -> None:
        """Enlarge (1) or shrink (-1) what is on the stage."""
        if self.currentWidget() is self.compare:
            self.compare.zoom_by(1.25 if direction > 0 else 0.8)
        else:
            self.grid.step_zoom(direction)

    def fit(self) -> None:
        """Show all of what is on the stage."""
        if self.currentWidget() is self.compare:
            self.compare.fit()
        else:
            self.grid.fit()

    def zoom_detail(self, direction: int) -> None:
        """Show a smaller (1) or a larger (-1) part of all pictures."""
        self.grid.framing.zoom_by(STEP if direction > 0 else 1 / STEP)

    def tell_zoom(self) -> None:
        """Let the bar say how large pictures are shown."""
        framed = not self.grid.framing.whole
        shown = self.compare.scale if self._bar.comparing else self.grid.picture_scale()
        self._bar.show_zoom(shown, framed)
