"""What can be done from anywhere in the window, and its keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.actions import Action
from app.settings.switches import choose_language, choose_theme
from app.shell.rail import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.shell.window import MainWindow


def window_actions(window: MainWindow) -> list[Action]:
    """The window's own actions, in the order of the palette."""
    go, panels = window.navigate, window.panels
    shown = [
        Action(f"go.{name}", text, partial(go, name, {}), icon, f"Ctrl+{index}")
        for index, (name, text, icon) in enumerate(ENTRIES, 1)
    ]
    return [
        *shown,
        Action(
            "palette",
            "Search pictures, settings and actions",
            window.open_palette,
            "search",
            "Ctrl+K",
        ),
        Action("open", "Open folder…", window.choose_folder, "folder-open", "Ctrl+Shift+O"),
        Action("sample", "Open the sample project", window.open_sample, "play"),
        Action("guide", "Guided first run", window.start_guide, "route"),
        Action("queue", "Show the queue", panels.toggle_queue, "list-checks", "Ctrl+Shift+Q"),
        Action("notices", "Show the notifications", panels.toggle_notices, "bell"),
        Action("start", "Start page", partial(go, "start", {}), "layout-grid"),
        Action("settings", "Settings", partial(go, "settings", {}), "settings", "Ctrl+,"),
        *_settings(window),
        Action(
            "columns",
            "Show or hide the side columns",
            window.toggle_columns,
            stage_key="Tab",
        ),
        Action("region.next", "Next region", partial(window.regions.step, 1), "", "F6"),
        Action(
            "region.previous", "Previous region", partial(window.regions.step, -1), "", "Shift+F6"
        ),
        Action("keys", "Keyboard shortcuts", window.show_shortcuts, "keyboard", "F1"),
    ]


def _settings(window: MainWindow) -> list[Action]:
    """Settings that people look for by their names."""
    session = window.session
    themes = (
        ("dark", "Theme: dark", "moon"),
        ("light", "Theme: light", "sun"),
        ("system", "Theme: as the desktop", "monitor"),
    )
    languages = (("en", "Language: English"), ("zh_CN", "Language: 简体中文"))
    return [
        *(
            Action(f"theme.{value}", text, partial(choose_theme, session, value), icon)
            for value, text, icon in themes
        ),
        *(
            Action(f"language.{value}", text, partial(choose_language, session, value), "languages")
            for value, text in languages
        ),
    ]


def add_shortcuts(window: QWidget, owner: QWidget, actions: Sequence[Action]) -> None:
    """Give ``owner`` the keys of ``actions`` that neither ``window`` nor a button has."""
    taken = {button.shortcut().toString() for button in owner.findChildren(QAbstractButton)}
    if owner is not window:
        taken |= {action.shortcut().toString() for action in QWidget.actions(window)}
    for action in actions:
        key = QKeySequence(action.shortcut)
        if action.shortcut and key.toString() not in taken:
            taken.add(key.toString())
            owner.addAction(_bound(owner, action, key))


def renew_shortcuts(window: QWidget, owner: QWidget, actions: Sequence[Action]) -> None:
    """The same after keys have changed."""
    for made in QWidget.actions(owner):
        if made.property("key_of"):
            owner.removeAction(made)
            made.deleteLater()
    add_shortcuts(window, owner, actions)


def _bound(owner: QObject, action: Action, key: QKeySequence) -> QAction:
    made = QAction(owner)
    made.setProperty("key_of", action.id)
    made.setShortcut(key)
    made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    made.triggered.connect(lambda *_: action.run() if action.enabled() else None)
    return made
