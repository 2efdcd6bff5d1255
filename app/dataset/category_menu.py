"""A small list of categories for the selection: type to find one, or to make a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.dataset.counts import category_name
from app.i18n import bind, tr
from app.i18n.format import number
from app.theme import metrics
from app.widgets.entries import TextField
from app.widgets.row_list import Row, RowList

if TYPE_CHECKING:
    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations

MOST = 12
# No category has a line break: the keys of the row that makes a new one, and of the one for none.
_NEW, _NONE = "\n", "\r"


class CategoryMenu(QFrame):
    """Arrows walk the list, Enter takes a row, Esc closes."""

    def __init__(self, state: DatasetState, operations: Operations, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.state, self.operations = state, operations
        self.setProperty("surface", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setFixedWidth(240)
        self.field = _Field(self)
        self.list = RowList()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(1, metrics.GAP, 1, 4)
        column.setSpacing(4)
        box = QVBoxLayout()
        box.setContentsMargins(metrics.GAP, 0, metrics.GAP, 0)
        box.addWidget(self.field)
        column.addLayout(box)
        column.addWidget(self.list)
        self.field.textChanged.connect(lambda _: self._fill())
        self.list.clicked.connect(lambda _: self.take())
        bind(self.field.setAccessibleName, "Category")

    def open_at(self, place: QPoint) -> None:
        """Show the categories at ``place`` on the screen."""
        self.field.clear()
        self._fill()
        self.move(place)
        self.show()
        self.field.setFocus()

    def step(self, by: int) -> None:
        """Go to another row."""
        keys = [row.key for row in self.list.rows.items]
        if keys:
            at = keys.index(self.list.current()) if self.list.current() in keys else -by
            self.list.set_current(keys[(at + by) % len(keys)])

    def take(self) -> None:
        """Put the selection into the chosen category."""
        key = self.list.current()
        name = {_NEW: self.field.text().strip(), _NONE: ""}.get(key, key)
        self.hide()
        if name or key == _NONE:
            self.operations.categorize(self.state.selected, name)

    def _names(self) -> dict[str, int]:
        project = self.state.session.project
        made = {name: 0 for name in (project.file.categories if project is not None else ())}
        held = self.state.snapshot.categories
        return made | {item.name: item.count for item in held if item.name}

    def _fill(self) -> None:
        typed = self.field.text().strip()
        part = typed.casefold()
        names = self._names()
        found = [name for name in names if part in name.casefold()]
        found.sort(key=lambda name: not name.casefold().startswith(part))
        rows = [Row(n, n, number(names[n]), icon="folder") for n in found[:MOST]]
        own = {picture.category for picture in self.state.selected}
        none = category_name("")
        if any(own) and part in none.casefold():
            rows.append(Row(_NONE, none, icon="folder", icon_tone="t3"))
        if typed and typed not in names:
            rows.append(Row(_NEW, tr("New category {name}", name=typed), icon="folder-plus"))
        self.list.set_rows(rows)
        shown = [row.key for row in rows]
        wanted = next(iter(own)) if len(own) == 1 and not typed else ""
        self.list.set_current(wanted if wanted in shown else shown[0] if shown else "")
        # The list asks for another height; the frame would keep that of before.
        self._column.invalidate()
        self.setFixedHeight(self.sizeHint().height())


class _Field(TextField):
    def __init__(self, menu: CategoryMenu) -> None:
        super().__init__("Find or name a category")
        self._menu = menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            self._menu.step(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._menu.take()
        elif event.key() == Qt.Key.Key_Escape:
            self._menu.hide()
        else:
            super().keyPressEvent(event)
