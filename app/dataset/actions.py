"""What a user can do in the Dataset workspace, for menus, palette and shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action

if TYPE_CHECKING:
    from app.dataset.view import View

where = "dataset"


def actions(view: View) -> list[Action]:
    """One entry each. Keys that belong to the grid are its own and are not repeated here."""
    pages = (*view.captions.actions(), *view.culling.actions(), *view.board.actions())
    groups = (_project_actions(view), view.transfer.actions(), view.menu.actions(), pages)
    return [*(action for group in groups for action in group), *_undo_actions(view)]


def _project_actions(view: View) -> list[Action]:
    state = view.state

    def opened() -> bool:
        return view.session.project is not None

    def filled() -> bool:
        return bool(state.pictures)

    return [
        Action(
            "dataset.filter",
            "Filter the pictures",
            view.filter,
            "list-filter",
            "Ctrl+F",
            filled,
            where,
        ),
        Action("dataset.add", "Add a folder", view.ask_folder, "folder-plus", "", opened, where),
        Action(
            "dataset.hold-out-some",
            "Hold out a tenth for validation",
            view.hold_out_some,
            "lock",
            enabled=filled,
            where=where,
        ),
        Action(
            "dataset.reject-suggested",
            "Reject what is blurred, too small or a copy",
            view.reject_suggested,
            "x",
            enabled=filled,
            where=where,
        ),
        Action(
            "dataset.caption-names",
            "Caption the rest from file names",
            view.caption_from_names,
            "wand-sparkles",
            enabled=filled,
            where=where,
        ),
    ]


def _undo_actions(view: View) -> list[Action]:
    state = view.state
    return [
        Action(
            "dataset.undo",
            "Undo",
            view.undo,
            "undo-2",
            "Ctrl+Z",
            lambda: state.can_undo,
            where,
            about=lambda: state.snapshot.undoes,
        ),
        Action(
            "dataset.redo",
            "Redo",
            view.redo,
            "redo-2",
            "Ctrl+Shift+Z",
            lambda: state.can_redo,
            where,
            about=lambda: state.snapshot.redoes,
        ),
    ]
