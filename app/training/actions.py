"""What a user can do in the Train workspace, for menus, palette and shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action
from app.training.run_actions import run_actions

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def has_project() -> bool:
        return view.session.project is not None

    def has_report() -> bool:
        return view.files.last is not None and not view.shows_report

    def can_undo() -> bool:
        return state.can_undo_replace

    files = view.files
    return [
        Action("train.undo", "Undo", state.undo_replace, "undo-2", "Ctrl+Z", can_undo, where),
        Action(
            "train.start", "Start training", view.start, "play", "Ctrl+Return", can_start, where
        ),
        Action("train.pause", "Pause or go on", view.pause, "pause", "", runs, where),
        Action("train.stop", "Stop and save", view.stop, "square", "", runs, where),
        *run_actions(view.stage),
        Action(
            "train.check", "Check for over-fitting", view.check, "grid-3x3", "", has_epochs, where
        ),
        Action(
            "train.import", "Import kohya settings…", lambda: _open(files.ask_import),
            "file-input", "", has_project, where,
        ),
        Action(
            "train.export", "Export for kohya…", lambda: _open(files.ask_export),
            "folder-output", "", has_project, where,
        ),
        Action(
            "train.prompts", "Import sample prompts…", lambda: _open(files.ask_prompts),
            "file-text", "", has_project, where,
        ),
        Action(
            "train.report", "Show the import report", view.show_last_report,
            "list-checks", "", has_report, where,
        ),
    ]  # fmt: skip


def _open(dialog: Callable[[], object]) -> None:
    """Open a dialog of which nothing is awaited."""
    dialog()
