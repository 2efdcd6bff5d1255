"""Ways into what organises a project: the board, the folders and the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action
from app.dataset.board_page import BoardPage
from app.dataset.folders_panel import FoldersList
from app.dataset.folders_split import SplitPanel
from app.widgets.buttons import tool_button

if TYPE_CHECKING:
    from app.dataset.view import View


class BoardEntry:
    """Owns the board, a page of the workspace, and what it adds to the left column."""

    def __init__(self, view: View) -> None:
        self.view = view
        state, operations = view.state, view.operations
        self.page = BoardPage(state, operations, view.thumbnails)
        self.page.closed.connect(self.close)
        view.pages.addWidget(self.page)
        self.board_button = tool_button(
            "columns-3", "Categories side by side", self.open, dense=True
        )
        view.sources.panels["category"].add_action(self.board_button)
        self.folders = FoldersList(state, operations)
        view.sources.panels["flags"].body.addWidget(self.folders)
        self.folders.clicked.connect(lambda _: view.sources.taken.emit())
        self.split = SplitPanel(state, operations, view)
        self.split_button = tool_button(
            "lock", "Hold pictures out for validation", self.open_split, dense=True
        )
        view.sources.panels["flags"].add_action(self.split_button)

    @property
    def shown(self) -> bool:
        """Whether the board is what is shown."""
        return self.view.pages.currentWidget() is self.page

    def open(self) -> None:
        """Show the board."""
        self.view.pages.setCurrentWidget(self.page)
        self.page.refresh()
        self.page.setFocus()

    def close(self) -> None:
        """Go back to the grid."""
        self.view.pages.setCurrentIndex(0)
        self.view.stage.grid.setFocus()

    def open_split(self) -> None:
        """Choose how many pictures training never sees."""
        shown = self.split_button.isVisible()
        self.split.open_below(self.split_button if shown else self.view.stage.bar)

    def actions(self) -> list[Action]:
        """What the palette offers."""

        def filled() -> bool:
            return bool(self.view.state.pictures)

        return [
            Action(
                "dataset.board",
                "Categories side by side",
                self.open,
                "columns-3",
                enabled=filled,
                where="dataset",
            ),
            Action(
                "dataset.split",
                "Hold pictures out for validation",
                self.open_split,
                "lock",
                enabled=filled,
                where="dataset",
            ),
        ]
