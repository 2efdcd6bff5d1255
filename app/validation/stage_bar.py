"""The bar over the stage of Validate: what is on it, which pages of the grid, and the zoom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.i18n import bind
from app.i18n import signals as language_signals
from app.i18n.format import percent
from app.shell.menus import Menu
from app.theme import icons, metrics
from app.validation.cell_menu import SORTS
from app.validation.page_choosers import PageChoosers
from app.validation.shown_panel import ShownPanel
from app.validation.zoom_buttons import actual_size_button
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Choice, Segments
from app.widgets.tab_order import put_before
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.validation.compare import CompareView
    from app.validation.compared_pictures import Mode
    from app.validation.model import GridState
    from engine.validation.resolve import Position

MODES = [
    ("grid", "Grid"),
    ("compare", "Compare"),
    ("difference", "Difference"),
    ("verdict", "Verdict"),
]
RATES = [
    (1, "1 per second"),
    (2, "2 per second"),
    (4, "4 per second"),
    (8, "8 per second"),
]
GAINS = [
    (1, "As it is"),
    (2, "2 times"),
    (4, "4 times"),
    (8, "8 times"),
    (16, "16 times"),
    (32, "32 times"),
]


class StageBar(QWidget):
    """``zoomed`` carries 1 or -1; ``fitted`` asks to show everything, ``actual`` for 100 %."""

    zoomed = Signal(int)
    fitted = Signal()
    actual = Signal()
    detailed = Signal(bool)

    def __init__(self, state: GridState, compare: CompareView) -> None:
        super().__init__()
        self._state, self._compare = state, compare
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        # What does not fit is left out, so that the bar never makes the window wider.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.mode = Segments(MODES)
        bind(self.mode.setAccessibleName, "What the stage shows")
        self.pages = PageChoosers(state)
        self.earlier = tool_button("history", "Grids of this project")
        self.way = Segments([("side", "Side by side"), ("blink", "Blink"), ("slider", "Slider")])
        bind(self.way.setAccessibleName, "How A and B are compared")
        self.play = tool_button("play", "Hold or go on", self._play, shortcut="Space")
        self.rate = Choice(RATES)
        bind(self.rate.setAccessibleName, "How often A and B change places")
        self.gain = Choice(GAINS)
        bind(self.gain.setAccessibleName, "How much stronger the difference is shown")
        self.gain_label = label("Stronger", tone="label")
        self.sort_label = label("Sort", tone="label")
        self.sort = Choice(SORTS)
        bind(self.sort.setAccessibleName, "Sort rows")
        self.filter = tool_button("list-filter", "What is shown", self.open_filter)
        self.filter.setCheckable(True)
        self.panel: ShownPanel | None = None
        self.detail = tool_button(
            "scan-search", "The same detail in all cells: wheel zooms, drag moves", checkable=True
        )
        self.zoom = label(tone="label")
        self.zoom.setMinimumWidth(44)
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._build()
        self._listen()
        self.refresh()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.mode)
        row.addWidget(self.earlier)
        row.addSpacing(4)
        row.addWidget(self.pages)
        for widget in (self.way, self.play, self.rate, self.gain_label, self.gain):
            row.addWidget(widget)
        row.addStretch(1)
        self.sort.setFixedWidth(110)
        self.rate.setFixedWidth(124)
        self.gain.setFixedWidth(92)
        for widget in (self.sort_label, self.sort, self.filter, self.detail):
            row.addWidget(widget)
        zooms = QHBoxLayout()
        zooms.setSpacing(metrics.GAP_ICONS)
        self.actual_button = actual_size_button(self.actual.emit)
        self.smaller = tool_button("zoom-out", "Zoom out", self._zoom(-1), shortcut="-")
        self.larger = tool_button("zoom-in", "Zoom in", self._zoom(1), shortcut="+")
        self.whole = tool_button("maximize", "Fit the grid", self.fitted.emit, shortcut="Ctrl+0")
        self._zooms = (self.smaller, self.zoom, self.larger, self.actual_button, self.whole)
        for part in self._zooms:
            zooms.addWidget(part)
        row.addLayout(zooms)
        self.export = button("Export", "share")
        row.addWidget(self.export)
        self.more = tool_button("ellipsis", "More", self.open_more)
        row.addWidget(self.more)

    def _zoom(self, direction: int) -> Callable[[], None]:
        return lambda: self.zoomed.emit(direction)

    def _listen(self) -> None:
        compare = self._compare
        self.mode.changed.connect(lambda _: self.refresh())
        self.way.changed.connect(lambda _: self.refresh())
        self.rate.changed.connect(lambda value: compare.set_rate(int(str(value))))
        self.gain.changed.connect(lambda value: compare.set_gain(int(str(value))))
        self.sort.changed.connect(lambda value: self._state.shown.set_sort(str(value)))
        self.detail.clicked.connect(lambda: self.detailed.emit(self.detail.isChecked()))
        compare.changed.connect(self.refresh)
        self._state.axes_changed.connect(self.refresh)
        self._state.cell_changed.connect(self._allow_export)
        language_signals.changed.connect(self.refresh)

    @property
    def comparing(self) -> bool:
        """Whether A and B are on the stage, and not the grid."""
        return self.mode.value in ("compare", "difference")

    @property
    def compare_mode(self) -> Mode:
        """How A and B are to be compared."""
        return "difference" if self.mode.value == "difference" else cast("Mode", self.way.value)

    def refresh(self) -> None:
        """Show the controls of what is on the stage."""
        compare, there = self._compare, bool(self._state.axes.checkpoints)
        self.pages.refresh()
        put_before(self.way, self.pages.choosers.values())
        self._show_controls(there)
        self._allow_export()
        for made in (self.sort, self.filter, self.detail):
            made.setEnabled(there)
        self.rate.set_value(compare.rate)
        self.gain.set_value(compare.gain)
        self.sort.set_value(self._state.shown.sort)
        self.filter.setChecked(self._state.shown.narrowed)
        self.play.setIcon(icons.icon("pause" if compare.playing else "play", 16))

    def _allow_export(self, _: Position | None = None) -> None:
        self.export.setEnabled(next(iter(self._state.finished()), None) is not None)

    def _show_controls(self, there: bool) -> None:
        """Those of the mode, without the ones there is no room for."""
        grid, pictures = self.mode.value == "grid", self.mode.value != "verdict"
        wanted: dict[QWidget, bool] = {
            self.mode: True,
            self.earlier: True,
            self.pages: grid and there,
            self.way: self.mode.value == "compare",
            self.play: self.compare_mode == "blink" and self.comparing,
            self.rate: self.compare_mode == "blink" and self.comparing,
            self.gain_label: self.mode.value == "difference",
            self.gain: self.mode.value == "difference",
            self.sort_label: grid,
            self.sort: grid,
            self.filter: grid,
            self.detail: grid,
            self.smaller: pictures,
            self.zoom: pictures,
            self.larger: pictures,
            self.actual_button: self.comparing,
            self.whole: pictures,
            self.export: True,
            self.more: False,
        }
        for left_out in (
            (self.sort_label,), (self.gain_label,), (self.zoom,), (self.rate,), (self.sort,),
            (self.smaller, self.larger), (self.actual_button,), (self.whole,), (self.export,),
        ):  # fmt: skip
            if self._needed(wanted) > self.width():
                missing = [one for one in left_out if wanted[one] and one in self._deeds()]
                wanted.update(dict.fromkeys(left_out, False))
                wanted[self.more] = wanted[self.more] or bool(missing)
        for control, shown in wanted.items():
            control.setVisible(shown)

    def _deeds(self) -> tuple[QWidget, ...]:
        """What the menu offers where the bar has no room for it."""
        return (self.sort, self.smaller, self.actual_button, self.whole, self.export)

    def open_more(self) -> None:
        """Offer what there is no room for."""
        menu, hidden = Menu(self.more), QWidget.isHidden
        if hidden(self.sort) and self.mode.value == "grid":
            menu.title("Sort rows")
            shown = self._state.shown
            for name, words in SORTS:
                menu.add(words, partial(shown.set_sort, name), ticked=name == shown.sort)
            menu.line()
        if self.mode.value != "verdict":
            if hidden(self.larger):
                menu.add("Zoom in", self._zoom(1), "zoom-in", shortcut="+")
                menu.add("Zoom out", self._zoom(-1), "zoom-out", shortcut="-")
            if hidden(self.whole):
                menu.add("Fit the grid", self.fitted.emit, "maximize", shortcut="Ctrl+0")
            if self.comparing and hidden(self.actual_button):
                menu.add("Actual size", self.actual.emit, shortcut="1")
        if hidden(self.export) and self.export.isEnabled():
            menu.add("Export grid…", self.export.click, "share")
        menu.below(self.more, right=True)

    def _needed(self, wanted: dict[QWidget, bool]) -> int:
        shown = [one for one, on in wanted.items() if on]
        inside = max(0, sum(one in self._zooms for one in shown) - 1)  # gaps of the zoom's buttons
        gaps = metrics.GAP_ICONS * inside + metrics.GAP * (len(shown) - inside)
        return sum(map(_width, shown)) + gaps + 2 * metrics.PAD

    def show_zoom(self, scale: float | None, detail: bool) -> None:
        """Say how large pictures are, and whether cells show a part of them."""
        self.zoom.setText(percent(scale) if scale is not None else "")
        self.detail.setChecked(detail)

    def _play(self) -> None:
        self._compare.set_playing(not self._compare.playing)

    def open_filter(self) -> None:
        """Offer which cells are shown."""
        self.filter.setChecked(self._state.shown.narrowed)
        self.panel = ShownPanel(self._state, self.filter)
        self.panel.open_under(self.filter)

    def resizeEvent(self, event: object) -> None:
        """Leave words out where there is no room for them."""
        self.refresh()


def _width(control: QWidget) -> int:
    """What ``control`` takes of the row: its hint, within the bounds that are set for it."""
    wanted = max(control.minimumWidth(), control.sizeHint().width())
    return min(control.maximumWidth(), wanted)
