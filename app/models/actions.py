"""What can be done in Models, for the palette and for keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action
from app.models.tools import EDIT, TOOLS, Tool, offered, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.models.view import View


def actions(view: View) -> list[Action]:
    """Bringing models in, looking again, and every tool for what is chosen."""
    doors = view.doors
    return [
        Action("models.add", "Add files…", doors.ask_files, "plus", "Ctrl+O", where="models"),
        Action(
            "models.folder", "Add a model folder…", doors.ask_folder, "folder-plus", where="models"
        ),
        Action("models.refresh", "Look again", view.refresh, "rotate-cw", "F5", where="models"),
        Action(
            "models.search", "Search models", view.search_now, "search", "Ctrl+F", where="models"
        ),
        *(_use(view, tool) for tool in (*TOOLS, EDIT)),
    ]


def _use(view: View, tool: Tool) -> Action:
    return Action(
        f"models.{tool.id}", tool.name, lambda: view.inspector.open_tool(tool), tool.icon,
        enabled=_usable(view, tool), where="models",
    )  # fmt: skip


def _usable(view: View, tool: Tool) -> Callable[[], bool]:
    def usable() -> bool:
        chosen = view.table.selected()
        if tool is EDIT:
            fits = len(chosen) == 1 and chosen[0].kind == "lora"
        else:
            fits = tool in offered(chosen)
        return fits and refusal(tool, chosen) is None

    return usable
