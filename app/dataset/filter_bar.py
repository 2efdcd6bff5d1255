"""Forty pixels above the grid: filter, count, order, source or as trained, tile size."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.dataset.filter_field import FilterField
from app.dataset.filter_help import FilterHelp
from app.dataset.filter_saved import SavedFilters
from app.dataset.tags_panel import joined
from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import icons, metrics
from app.widgets.buttons import tool_button
from app.widgets.fields import Choice
from app.widgets.picture_grid import TILE_RANGE
from app.widgets.segments import Segments
from app.widgets.slider import Track
from app.widgets.text import label, set_tone

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations


NARROW, NARROWEST = 760, 600
"""Widths below which the tile size is set on a shorter track, and on none."""


class FilterBar(QWidget):
    """Everything in it shows what the state says, whoever changed it."""

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__()
        self.state = state
        self.words = FilterField(state)
        self.saved = SavedFilters(state, operations, self)
        self.save_button = tool_button("bookmark", "Saved filters", self._open_saved, dense=True)
        self.help_button = tool_button(
            "circle-question-mark", "What a filter can say", self._open_help, dense=True
        )
        self.count = label(tone="quiet")
        self._count_text = bind(self.count.setText, "")
        self.order = Choice(
            [
                ("name", "Name"),
                ("date", "Date"),
                ("size", "Size"),
                ("aspect", "Aspect"),
                ("stars", "Stars"),
                ("sharpness", "Sharpness"),
                ("similarity", "Similarity"),
            ]
        )
        self.direction = tool_button("arrow-up", "Turn the order round", self._turn)
        self.seen = Segments([(False, "Source"), (True, "As trained")])
        self.tile = Track(*TILE_RANGE, 8, ())
        self.tile.setFixedWidth(92)
        self._tile = TILE_RANGE[0]
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(600)
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.TOOLBAR)
        self.setMinimumWidth(480)  # less than its parts want: the tile size gives way first
        row = QHBoxLayout(self)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        self.words.setMinimumWidth(160)
        self.words.setMaximumWidth(420)
        tools = QHBoxLayout(self.words)
        tools.setContentsMargins(0, 0, 2, 0)
        tools.setSpacing(0)
        tools.addStretch(1)
        for tool in (self.help_button, self.save_button):
            tool.setCursor(Qt.CursorShape.ArrowCursor)
            tools.addWidget(tool)
        self.words.setTextMargins(0, 0, 2 * metrics.CONTROL_DENSE + 4, 0)
        row.addWidget(self.words, 3)
        row.addWidget(self.count)
        row.addStretch(1)
        for widget in (self.order, self.direction, self.seen, self.tile):
            row.addWidget(widget)
        bind(self.words.setAccessibleName, "Filter")
        bind(self.order.setAccessibleName, "Order")
        bind(self.seen.setAccessibleName, "Pictures as")
        bind(self.tile.setAccessibleName, "Tile size")
        bind(self.tile.setToolTip, "Tile size")

    def _connect(self) -> None:
        self.order.changed.connect(self.state.set_order)
        self.seen.changed.connect(self.state.set_baked)
        self.saved.chosen.connect(self.state.set_words)
        self._settling.timeout.connect(self._store_tile)
        self.state.shown_changed.connect(self._show_order)
        self.state.query_changed.connect(self._tell_error)
        self._show_order()

    @cached_property
    def help(self) -> FilterHelp:
        """The words of the filter language, made when they are first asked for."""
        made = FilterHelp(self)
        made.chosen.connect(self._write)
        return made

    def _tell_error(self) -> None:
        """What is shown was found by the filter before: no number may stand for this one."""
        wrong = self.state.error is not None
        set_tone(self.count, "warn" if wrong else "quiet")
        self.tell(len(self.state.shown), len(self.state.pictures))

    def tell(self, shown: int, total: int) -> None:
        """Say how many pictures are shown."""
        if self.state.error is not None:
            self._count_text.say("not applied")
        elif not self.state.snapshot.whole:
            self._count_text.say("")  # they are being read
        elif shown == total:
            self._count_text.say("{n} picture", "{n} pictures", n=number(total))
        else:
            self._count_text.say("{shown} of {total}", shown=number(shown), total=number(total))
        self.seen.set_value(self.state.baked)

    def remember_tile(self, width: int) -> None:
        """Store the tile size once it stays for a moment."""
        self._tile = width
        self._settling.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Ctrl and wheel still change the size.
        self.tile.setVisible(self.width() >= NARROWEST)
        self.tile.setFixedWidth(92 if self.width() >= NARROW else 64)

    def _show_order(self) -> None:
        self.order.set_value(self.state.order)
        self.direction.setIcon(icons.icon("arrow-down" if self.state.down else "arrow-up", 16))
        self.direction.setAccessibleDescription(
            tr("largest first") if self.state.down else tr("smallest first")
        )

    def _turn(self) -> None:
        self.state.set_order(self.state.order, not self.state.down)
        self._show_order()

    def _open_saved(self) -> None:
        self.words.apply()
        self.saved.open_below(self.words)

    def _open_help(self) -> None:
        self.help.open_below(self.words)

    def _write(self, example: str) -> None:
        self.state.set_words(joined(self.state.words, example))
        self.words.setFocus()

    def _store_tile(self) -> None:
        self.state.session.change_settings(tile_size=self._tile)
