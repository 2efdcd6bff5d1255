"""What a user can do with tools that are taken in hand for one task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.actions import Action

if TYPE_CHECKING:
    from app.canvas.view import View

WHERE = "canvas"


def tool_actions(view: View) -> list[Action]:
    """One entry each for menu, shortcut and command palette."""
    state = view.state

    def chosen() -> bool:
        return state.node is not None

    return [
        Action(
            "canvas.transform",
            "Transform",
            partial(state.set_tool, "transform"),
            "scaling",
            "Ctrl+T",
            chosen,
            WHERE,
        ),
    ]
