"""Ways into culling and the trash from the workspace, and back to the grid."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

from app.actions import Action
from app.dataset.cull_page import CullPage
from app.dataset.cull_trash import TrashPage
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.row_list import RowRole
from engine.dataset.thresholds import CULL_KINDS

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex
    from PySide6.QtWidgets import QWidget

    from app.dataset.view import View

P = TypeVar("P", CullPage, TrashPage)


class CullEntry:
    """Makes both pages when they are wanted, as pages of the workspace."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.decide = button("Decide…", kind="link", on=self.open)
        header = view.sources.panels["suggestion"].header
        header.row.addSpacing(metrics.GAP)
        header.row.addWidget(self.decide)
        view.sources.suggestions.doubleClicked.connect(self._open_row)
        self.key = QShortcut(QKeySequence("D"), view.stage.grid)
        self.key.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.key.activated.connect(self.open)

    @cached_property
    def page(self) -> CullPage:
        """Where suggestions are decided, made when it is first wanted."""
        return self._added(CullPage(self.view.state, self.view.operations, self.view.thumbnails))

    @cached_property
    def trash(self) -> TrashPage:
        """Where rejected files go to the trash, made when it is first wanted."""
        return self._added(TrashPage(self.view.state))

    def _added(self, page: P) -> P:
        self.view.pages.addWidget(page)
        page.closed.connect(self.close)
        return page

    @property
    def shown(self) -> QWidget | None:
        """Which of the two pages is shown."""
        current = self.view.pages.currentWidget()
        return current if isinstance(current, (CullPage, TrashPage)) else None

    def open(self) -> None:
        """Decide about the suggestions the grid shows, else about near-duplicates."""
        scope = self.view.state.scope
        self.open_kind(scope.value if scope.kind == "suggestion" else "duplicate")

    def open_kind(self, kind: str) -> None:
        """Decide about suggestions of ``kind``."""
        self.view.pages.setCurrentWidget(self.page)
        self.page.open(kind)

    def open_trash(self) -> None:
        """Ask whether the rejected files go to the trash."""
        self.view.pages.setCurrentWidget(self.trash)
        self.trash.open()

    def close(self) -> None:
        """Back to the grid."""
        self.view.pages.setCurrentIndex(0)
        self.view.stage.grid.setFocus()

    def _open_row(self, index: QModelIndex) -> None:
        kind = index.data(RowRole).key
        if kind in CULL_KINDS:
            self.open_kind(kind)

    def actions(self) -> list[Action]:
        """For the palette and menus."""
        state = self.view.state

        def filled() -> bool:
            return bool(state.pictures)

        return [
            Action(
                "dataset.cull",
                "Decide about suggestions",
                self.open,
                "git-compare-arrows",
                "",
                filled,
                "dataset",
                "D",
            ),
            self._trash_action(),
        ]

    def picture_actions(self) -> list[Action]:
        """What the menu of a picture offers of these now."""
        action = self._trash_action()
        return [action] if action.enabled() else []

    def _trash_action(self) -> Action:
        state = self.view.state

        def rejected() -> bool:
            return any(picture.flag == "rejected" for picture in state.pictures.values())

        return Action(
            "dataset.trash",
            "Move rejected files to the trash…",
            self.open_trash,
            "trash-2",
            "",
            rejected,
            "dataset",
        )
