"""What goes to and from other programs: the clipboard, editing outside, a watched folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.canvas.view import View

WHERE = "canvas"
# Identifier, words, icon and key, in the order of the palette.
TRANSFER_ACTIONS = (
    ("cut", "Cut", "scissors", "Ctrl+X"),
    ("copy", "Copy", "copy", "Ctrl+C"),
    ("copy_merged", "Copy what is seen", "copy-check", "Ctrl+Shift+C"),
    ("paste", "Paste", "clipboard-paste", "Ctrl+V"),
    ("paste_here", "Paste at the pointer", "clipboard-paste", "Ctrl+Shift+V"),
    ("edit_outside", "Edit in another program", "external-link", ""),
    ("edit_outside_psd", "Edit as PSD in another program", "external-link", ""),
    ("choose_editor", "Choose the program for editing layers…", "external-link", ""),
    ("wildcards", "Open the folder of wildcards", "folder-open", ""),
    ("watch", "Watch a folder…", "folder-open", ""),
    ("watch_pause", "Pause or resume watching", "pause", ""),
    ("watch_stop", "Stop watching the folder", "square", ""),
)


def transfer_actions(view: View) -> list[Action]:
    """All of :data:`TRANSFER_ACTIONS` for this page."""
    acts = _acts(view)
    return [
        Action(f"canvas.{name}", text, acts[name][0], icon, key, acts[name][1], WHERE)
        for name, text, icon, key in TRANSFER_ACTIONS
    ]


def _acts(view: View) -> dict[str, tuple[Callable[[], None], Callable[[], bool]]]:
    """What each does, and when it can be done."""
    clipboard, outside, watched = view.clipboard, view.outside, view.watched

    def opened() -> bool:
        return view.state.document is not None

    def always() -> bool:
        return True

    def watching() -> bool:
        return watched.folder is not None

    return {
        "cut": (clipboard.cut, clipboard.can_copy),
        "copy": (clipboard.copy, clipboard.can_copy),
        "copy_merged": (clipboard.copy_merged, opened),
        "paste": (clipboard.paste, always),
        "paste_here": (clipboard.paste_here, always),
        "edit_outside": (outside.edit_png, outside.can_edit),
        "edit_outside_psd": (outside.edit_psd, outside.can_edit),
        "choose_editor": (outside.choose_program, always),
        "wildcards": (view.panel.shelf.open_wildcards, always),
        "watch": (watched.choose, always),
        "watch_pause": (watched.toggle_pause, watching),
        "watch_stop": (watched.stop, watching),
    }
