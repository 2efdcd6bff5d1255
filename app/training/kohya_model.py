"""The rows of an import's report as a list, and what is said of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from app.i18n import tr
from app.i18n.format import number
from app.training.kohya_rows import Head, Row, open_problem
from app.training.kohya_words import STATUS_TITLES, later_text, spoken, why_text
from app.training.problems import by_setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.training.next_run import NextRun
    from engine.training.kohya.report import Line

RowRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class ReportRows(QAbstractListModel):
    """Heads and lines. ``wrong`` is what is wrong with the next run, by setting; ``taken`` is what
    the import has set.
    """

    def __init__(self, state: NextRun, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = state
        self.rows: list[Row] = []
        self.wrong: dict[str, str] = {}
        self.taken: Mapping[str, Any] = {}
        self._whys: list[str] = []

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = list(rows)
        self._whys = self._all_whys()
        self.endResetModel()

    def read_problems(self) -> bool:
        """Look at the next run again. Whether another reason is to be told of some row."""
        self.wrong = by_setting(self.state.problem)
        before, self._whys = self._whys, self._all_whys()
        return before != self._whys

    def _all_whys(self) -> list[str]:
        return ["" if isinstance(row, Head) else self.why(row) for row in self.rows]

    def problem(self, line: Line) -> str:
        """What is wrong with a setting that ``line`` has set."""
        return open_problem(line, self.state.values, self.wrong)

    def why(self, line: Line) -> str:
        """What there is to say of ``line`` now: what is wrong with its setting, that it was changed
        since, or what became of it.
        """
        return (
            self.problem(line) or later_text(line, self.state.values, self.taken) or why_text(line)
        )

    def wrong_keys(self, lines: Iterable[Line]) -> set[str]:
        """The keys whose settings need a fix."""
        return {line.key for line in lines if self.problem(line)} if self.wrong else set()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = 0) -> object:
        row = self.rows[index.row()]
        if role == RowRole:
            return row
        if role == Qt.ItemDataRole.ToolTipRole and not isinstance(row, Head):
            return self.why(row) or None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(STATUS_TITLES[row.status]) if isinstance(row, Head) else row.key
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return head_words(row) if isinstance(row, Head) else spoken(row, self.state)
        return None


def head_words(head: Head) -> str:
    """What a screen reader says of a head."""
    return f"{tr(STATUS_TITLES[head.status])} {count_words(head)}"


def count_words(head: Head) -> str:
    """How many keys of the file stand under a head, and how many others."""
    count = number(head.count + head.left_out)
    if head.left_out:
        return tr("{n}, of which the first {shown} are listed here; a saved report has them all",
                  n=count, shown=number(head.count))  # fmt: skip
    if not head.filled_in:
        return count
    if head.status == "unknown":  # only the header of a LoRA is known to be silent
        return tr("{n}, and {more} that a LoRA does not tell", n=count,
                  more=number(head.filled_in))  # fmt: skip
    return tr("{n}, and {more} that kohya fills in", n=count, more=number(head.filled_in))


def more_words(head: Head) -> str:
    """The link at the right of a head; empty where all lines are shown anyway."""
    if head.short is None or head.shut:
        return ""
    return (
        tr("Show all {n}", n=number(head.count + head.filled_in))
        if head.short
        else tr("Show fewer")
    )
