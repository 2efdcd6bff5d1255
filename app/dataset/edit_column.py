"""The right column of the editor: the edits, the tool in hand, what training will see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.dataset.edit_copy import CopyButton, paste_here
from app.dataset.edit_list import EditList
from app.dataset.edit_result import ResultPanel
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Column, Panel
from engine.dataset.edits import Recipe

if TYPE_CHECKING:
    from app.dataset.edit_tool import ToolPanel
    from app.dataset.edit_work import EditWork


class EditColumn(Column):
    """``done`` asks for the grid."""

    done_asked = Signal()

    def __init__(self, work: EditWork, panels: dict[str, ToolPanel]) -> None:
        super().__init__(metrics.RIGHT, "right")
        self.work = work
        self.edits = EditList(work)
        self.copy = tool_button("copy", "Copy these edits", self._copy, dense=True)
        self.paste = tool_button("clipboard-paste", "Paste edits", self._paste, dense=True)
        self.reset = tool_button("rotate-ccw", "Remove all edits", self._reset, dense=True)
        self.result = ResultPanel(work)
        self.copy_to = CopyButton(work)
        self.done = button("Done", "check", "primary", on=self.done_asked.emit)
        self.done.show_shortcut("Return")
        listed = Panel("Edits", collapsible=False)
        for widget in (self.copy, self.paste, self.reset):
            listed.add_action(widget)
        listed.body.addWidget(self.edits)
        self.add(listed)
        for place, panel in enumerate(panels.values()):
            panel.hide()
            self.add(panel, line=place == 0)  # one line for the one that is shown
        self.add(self.result)
        self.add_foot(self.copy_to, 1)
        self.add_foot(self.done)
        work.opened.connect(self._tell)
        work.changed.connect(self._tell)

    def _tell(self) -> None:
        some = bool(self.work.recipe.steps)
        self.copy.setEnabled(some)
        self.reset.setEnabled(some)
        self.paste.setEnabled(self.work.state.copied is not None)

    def _copy(self) -> None:
        self.work.state.copied = (self.work.recipe, self.work.size)
        self._tell()
        count = len(self.work.recipe.steps)
        self.work.state.session.notify(
            "Copied 1 edit. It can be pasted into other pictures."
            if count == 1
            else "Copied {n} edits. They can be pasted into other pictures.",
            n=count,
        )

    def _paste(self) -> None:
        paste_here(self.work)

    def _reset(self) -> None:
        self.work.change(Recipe(), "Remove all edits")
