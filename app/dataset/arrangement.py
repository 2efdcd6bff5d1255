"""Which side columns are shown: in a narrow window the list at the left is a strip of icons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.theme import metrics
from app.widgets.columns import SideColumns

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.dataset.view import View

RIGHT_IN_NARROW = 300


class Arrangement:
    """Owns ``columns``, the side columns of the workspace."""

    def __init__(self, view: View, browse: QWidget) -> None:
        self.view = view
        # What the user wants of the list in a narrow window; None before anything was said.
        self._list_wanted: bool | None = None
        self.columns = SideColumns(browse, view.middle, view.session, "dataset")
        self.columns.add(view.strip, "left")
        self.columns.add(view.sources, "left", metrics.LEFT)
        self.columns.add(view.inspector, "right", metrics.RIGHT, self._set_right)
        self.columns.keys_on(view.stage.grid, view.full)
        view.strip.opened.connect(self._toggle_list)
        view.sources.shut_button.clicked.connect(self._toggle_list)
        view.sources.put_away.connect(self._list_put_away)

    def follow(self, *, slide: bool = False) -> None:
        """The window has another width, or there are pictures now, or none."""
        view = self.view
        narrow = view.width() < metrics.NARROW - metrics.RAIL
        filled = bool(view.state.pictures)
        listed = not narrow if self._list_wanted is None else self._list_wanted or not narrow
        self.columns.show(view.sources, filled and listed, slide=slide)
        # Side by side they would leave the filter no room.
        self.columns.show(view.strip, filled and narrow and not listed)
        view.sources.shut_button.setVisible(narrow)
        self.columns.show(view.inspector, filled)
        self.columns.set_natural(view.inspector, RIGHT_IN_NARROW if narrow else metrics.RIGHT)

    def _set_right(self, width: int) -> None:
        self.view.inspector.setFixedWidth(width)
        if self.view.is_editor_made:
            self.view.editor.column.setFixedWidth(width)

    def _toggle_list(self) -> None:
        self._list_wanted = self.view.sources.isHidden()
        self.follow(slide=True)

    def _list_put_away(self) -> None:
        """In a narrow window the strip comes back for a list that was shut, however it was."""
        if self._list_wanted:
            self._list_wanted = False
            self.follow()
