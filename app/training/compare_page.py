"""The stage as a table: what differs between the shown run and those that are drawn beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeySequence, QPainter, QPixmap, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr
from app.theme import color, fonts, metrics
from app.training.compared import OWN, Manner
from app.training.comparison import Line, lines_of
from app.widgets.buttons import button
from app.widgets.chart_lines import Series, pen_of
from app.widgets.segments import Segments
from app.widgets.text import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.training.model import TrainState
    from app.training.story import Story

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
FIRST_WIDTH, COLUMN_WIDTH = 240, 150


class ComparePage(QWidget):
    """``closed`` asks for the run again."""

    closed = Signal()

    def __init__(self, state: TrainState) -> None:
        super().__init__()
        self.state = state
        self.rows = RunsTable()
        self.scope = Segments([(False, "What differs"), (True, "All settings")])
        self.scope.changed.connect(lambda _: self.refresh())
        self.back = button("Back to the run", "arrow-left", on=self.closed.emit)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        leave.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        leave.activated.connect(self.closed)
        self.hint = label("Open the eye of a run to put it beside this one.", tone="quiet")
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(metrics.ROW)
        self.table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.table.horizontalHeader().setDefaultAlignment(_LEFT)
        self.table.horizontalHeader().setFixedHeight(metrics.ROW + metrics.GAP)
        head = QHBoxLayout()
        head.setContentsMargins(16, metrics.GAP, metrics.PAD, metrics.GAP)
        head.setSpacing(metrics.PAD)
        head.addWidget(label("Runs side by side", weight=600))
        head.addWidget(self.scope)
        head.addWidget(self.hint)
        head.addStretch(1)
        head.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        body = QHBoxLayout()
        body.setContentsMargins(5, 0, 5, 0)
        body.addWidget(self.table)
        column.addLayout(body, 1)
        state.compared.changed.connect(self._refresh_shown)
        language_signals.changed.connect(self._refresh_shown)

    def refresh(self) -> None:
        """Compare the shown run with those beside it; without any, with the one before it."""
        stories, manners = self._stories()
        self.hint.setVisible(len(stories) < 2)
        self.rows.show_lines(
            lines_of(stories, everything=bool(self.scope.value)) if stories else [],
            [story.name for story in stories],
            manners,
        )
        sizes = self.table.horizontalHeader()
        sizes.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        sizes.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.table.setColumnWidth(0, FIRST_WIDTH)
        sizes.setMinimumSectionSize(COLUMN_WIDTH)

    def _refresh_shown(self) -> None:
        if self.isVisible():
            self.refresh()

    def _stories(self) -> tuple[list[Story], list[Manner]]:
        state = self.state
        if state.story is None:
            return [], []
        pairs = [(one, state.compared.manner(one)) for one in state.runs if one is not state.story]
        beside = [(one, manner) for one, manner in pairs if manner is not None]
        if not beside:
            after = state.runs.index(state.story) + 1 if state.story in state.runs else 0
            beside = [(one, Manner("t3", "solid")) for one in state.runs[after : after + 1]]
        both = [(state.story, OWN), *beside]
        return [story for story, _ in both], [manner for _, manner in both]


class RunsTable(QAbstractTableModel):
    """Lines down, runs across."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.names: list[str] = []
        self._manners: list[Manner] = []

    def show_lines(self, lines: list[Line], names: list[str], manners: Sequence[Manner]) -> None:
        """Show these."""
        self.beginResetModel()
        self.lines, self.names, self._manners = lines, names, list(manners)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else 1 + len(self.names)

    def data(self, index: Index, role: int = 0) -> object:
        line, column = self.lines[index.row()], index.column()
        text = line.title if not column else "" if line.is_group else line.texts[column - 1]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return text
        if role == Qt.ItemDataRole.FontRole:
            return fonts.font(12, 600 if line.is_group else 400)
        if role == Qt.ItemDataRole.ForegroundRole:
            same = column > 1 and not line.is_group and not line.differs[column - 1]
            plain = not column and not line.is_group
            return color("t3" if same else "t2" if plain else "t1")
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.names[section - 1] if section else tr("Setting")
        if role == Qt.ItemDataRole.DecorationRole and section:
            return _swatch(self._manners[section - 1])
        return None


def _swatch(manner: Manner) -> QPixmap:
    """The line of a run, as the chart draws it."""
    found = QPixmap(20, 12)  # the name keeps a distance
    found.fill(Qt.GlobalColor.transparent)
    painter = QPainter(found)
    painter.setPen(pen_of(Series("", (), (), manner.color, manner.dash)))
    painter.drawLine(QPointF(0, 6.5), QPointF(14, 6.5))
    painter.end()
    return found


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
