"""The place of a chart's lines: words while there are none, else what pyqtgraph draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.theme import signals as theme_signals
from app.widgets.axis import label_text
from app.widgets.chart_lines import ChartState, Series
from app.widgets.graph_library import library
from app.widgets.text import label
from app.widgets.turns import turns

if TYPE_CHECKING:
    from app.widgets.graph import Graph


class Plot(QWidget):
    """``series`` and ``state`` say what is drawn; after a change of them comes :meth:`renew`, and
    they are drawn once for all changes. ``zoomed`` tells whether a part of the whole is shown.
    """

    zoomed = Signal(bool)

    def __init__(
        self, height: int, x_name: str, y_text: Callable[[float], str] | None, *, zooms: bool
    ) -> None:
        super().__init__()
        self.series: list[Series] = []
        self.state = ChartState()
        self.head: Callable[[float], tuple[str, str]] = lambda x: (tr(x_name), label_text(x))
        self._y_text, self._zooms = y_text, zooms
        self._graph: Graph | None = None
        self._hint = QSize(240, height)
        self._words = label(size=11, tone="quiet")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._words)
        self.setMinimumHeight(min(72, height))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_signals.changed.connect(self._redress)
        language_signals.changed.connect(self._redress)
        library.came.connect(self.renew)

    @property
    def graph(self) -> Graph | None:
        """What draws, with all that was changed; None until there is something to draw."""
        if turns.drop(self):
            self._draw()
        return self._graph

    def renew(self) -> None:
        """Draw what has changed, soon."""
        if self.isVisible():
            turns.ask(self)

    def take_turn(self) -> bool:
        """Make what draws, or draw; gives whether there is more to do."""
        made = self._graph is not None
        if made or not self._some:
            self._draw()
            return False
        self._graph = self._made()
        return self._graph is not None

    @property
    def _some(self) -> bool:
        return any(len(one.xs) for one in self.series)

    def sizeHint(self) -> QSize:
        return self._hint

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._graph is None:
            turns.ask(self)
        else:
            self._draw()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.renew()
        return super().event(event)

    def show_all(self) -> None:
        """Show the whole again."""
        if self._graph is not None:
            self._graph.show_all()

    def _draw(self) -> None:
        some = self._some
        if some and self._graph is None:
            self._graph = self._made()
        if some and self._graph is not None:
            self._graph.show_chart(self.series, self.state)
            self._pages.setCurrentWidget(self._graph)
            return
        # An axis without a point would be invented.
        self._words.setText("" if some else self.state.waiting)
        self._pages.setCurrentWidget(self._words)

    def _made(self) -> Graph | None:
        """What draws; None while its library is still on its way."""
        if not library.is_here:
            library.ask()
            return None
        from app.widgets.graph import Graph

        graph = Graph(lambda x: self.head(x), self._y_text, zooms=self._zooms)
        graph.zoomed.connect(self.zoomed)
        graph.setGeometry(self.rect())
        self._pages.addWidget(graph)
        return graph

    def _redress(self) -> None:
        if self._graph is not None:
            self._graph.redress()
