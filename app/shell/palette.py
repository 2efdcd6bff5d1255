"""The command palette: actions of the window, settings and pictures of the project, by words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.actions import Action
from app.i18n import bind, tr
from app.theme import color
from app.widgets.buttons import shortcut_text
from app.widgets.row_list import Row, RowList, RowRole
from app.widgets.text import label

MOST = 12


@dataclass(frozen=True)
class Found:
    """One line of the palette and what it does."""

    row: Row
    run: Callable[[], object]


class Palette(QWidget):
    """Floats under the project bar; arrows move, Enter runs, Esc closes."""

    closed = Signal()

    def __init__(
        self,
        parent: QWidget,
        actions: Callable[[], list[Action]],
        others: Callable[[str], list[Found]],
    ) -> None:
        super().__init__(parent)
        self._actions, self._others = actions, others
        self._found: list[Found] = []
        self.field = QLineEdit()
        bind(self.field.setPlaceholderText, "Search pictures, settings and actions")
        self.list = RowList()
        self._none = label("Nothing has this name.", tone="quiet")
        self._none.setContentsMargins(12, 8, 12, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(self.list)
        column.addWidget(self._none)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda index: self._run(index.data(RowRole).key))
        self.hide()

    def open_at(self, middle: int, top: int, width: int) -> None:
        """Show it with an empty search, centered on ``middle``."""
        self.setFixedWidth(width)
        self.field.clear()
        self._search("")
        self.move(QPoint(middle - width // 2, top))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_it(self) -> None:
        """Hide it and give the focus back."""
        self.hide()
        self.closed.emit()

    def matches(self, text: str) -> list[Found]:
        """Actions whose words hold every word of ``text``, then what else is found."""
        words = text.casefold().split()
        found = [
            Found(_row(action), action.run)
            for action in self._actions()
            if action.enabled() and _holds(f"{tr(action.text)} {action.text}", words)
        ]
        others = self._others(text) if text.strip() else []
        return [*found, *others][:MOST]

    def refresh(self) -> None:
        """Search again: there is more to find, or something else."""
        if self.isVisible():
            self._search(self.field.text())

    def _search(self, text: str) -> None:
        self._found = self.matches(text)
        self.list.set_rows([found.row for found in self._found])
        self.list.setVisible(bool(self._found))
        self._none.setVisible(not self._found)
        if self._found:
            self.list.set_current(self._found[0].row.key)
        self.adjustSize()

    def _run(self, key: str) -> None:
        found = next((item for item in self._found if item.row.key == key), None)
        self.close_it()
        if found is not None:
            found.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            inside = self.isAncestorOf(self.window().focusWidget() or self.window())
            if not inside:
                self.close_it()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        keys = [found.row.key for found in self._found]
        if event.key() == Qt.Key.Key_Escape:
            self.close_it()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and keys:
            self._run(self.list.current() or keys[0])
        elif event.key() in moves and keys:
            here = keys.index(self.list.current()) if self.list.current() in keys else 0
            self.list.set_current(keys[(here + moves[Qt.Key(event.key())]) % len(keys)])
        else:
            return False
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("float_line"), 1))
        painter.setBrush(color("g1"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)


def _row(action: Action) -> Row:
    return Row(
        key=action.id,
        text=tr(action.text),
        count=shortcut_text(action.key),
        icon=action.icon or "arrow-right",
    )


def _holds(text: str, words: list[str]) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)
