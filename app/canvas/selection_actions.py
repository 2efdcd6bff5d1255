"""What a user can do with the selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action

if TYPE_CHECKING:
    from app.canvas.view import View


def selection_actions(view: View) -> list[Action]:
    """One entry each for menu, shortcut and command palette."""
    state, edge, where = view.state, view.options.options.edge, "canvas"

    def opened() -> bool:
        return state.document is not None

    def selected() -> bool:
        return state.selection is not None

    return [
        Action(
            "canvas.select_all",
            "Select everything",
            state.select_all,
            "square-dashed",
            "Ctrl+A",
            opened,
            where,
        ),
        Action(
            "canvas.deselect",
            "Clear the selection",
            lambda: state.select(None),
            "x",
            "Ctrl+D",
            selected,
            where,
        ),
        Action(
            "canvas.reselect",
            "Select again what was selected",
            state.reselect,
            "square-dashed",
            "Ctrl+Shift+D",
            state.can_reselect,
            where,
        ),
        Action(
            "canvas.invert_selection",
            "Invert the selection",
            state.invert_selection,
            "contrast",
            "Ctrl+Shift+I",
            selected,
            where,
        ),
        Action(
            "canvas.grow", "Grow the selection", edge.grow.click, "scaling", "", selected, where
        ),
        Action(
            "canvas.shrink",
            "Shrink the selection",
            edge.shrink.click,
            "minimize-2",
            "",
            selected,
            where,
        ),
        Action(
            "canvas.feather",
            "Feather the selection",
            edge.feather.click,
            "droplet",
            "",
            selected,
            where,
        ),
        Action(
            "canvas.color_range",
            "Select a color range…",
            view.selecting.ask_range,
            "pipette",
            "",
            opened,
            where,
        ),
    ]
