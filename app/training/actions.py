"""What a user can do in the Train workspace, for menus, palette and shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action

if TYPE_CHECKING:
    from app.training.view import View

where = "train"


def actions(view: View) -> list[Action]:
    """One entry each."""
    state = view.state

    def can_start() -> bool:
        return state.can_start

    def runs() -> bool:
        return state.live.handle_of(state.story) is not None

    def has_epochs() -> bool:
        return state.story is not None and bool(state.story.checkpoints)

    return [
        Action(
            "train.start", "Start training", view.start, "play", "Ctrl+Return", can_start, where
        ),
        Action("train.pause", "Pause or go on", view.pause, "pause", "", runs, where),
        Action("train.stop", "Stop and save", view.stop, "square", "", runs, where),
        Action(
            "train.check", "Check for over-fitting", view.check, "grid-3x3", "", has_epochs, where
        ),
    ]
