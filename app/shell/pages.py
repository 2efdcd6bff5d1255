"""The workspaces, built by dotted path when they are first shown, so that start-up stays light."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.actions import Action
from app.session import Session

PATHS = {
    "start": "app.start.view",
    "dataset": "app.dataset.view",
    "train": "app.training.view",
    "validate": "app.validation.view",
    "canvas": "app.canvas.view",
    "models": "app.models.view",
    "settings": "app.settings.view",
}


class Workspace(Protocol):
    """What every ``View`` offers beside being a widget.

    A view may also have ``focus_target() -> QWidget``, the widget that takes the keyboard when the
    workspace is shown: its stage. Without it the page itself takes it. One with side columns has
    ``columns``, a SideColumns.
    """

    def receive(self, **payload: Any) -> None:
        """Take what another workspace hands over."""

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What a user can do here."""


class Pages(QStackedWidget):
    """One page per workspace."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.built: dict[str, Any] = {}
        self.current = ""

    def open(self, name: str) -> Any:
        """Show ``name``, building it first if need be, and return its view."""
        self.build(name)
        self.current = name
        self.setCurrentWidget(self.built[name])
        return self.built[name]

    def build(self, name: str) -> None:
        """Make ``name`` where it is not made yet, without showing it."""
        if name not in self.built:
            view: QWidget = importlib.import_module(PATHS[name]).View(self._session)
            self.built[name] = view
            self.addWidget(view)

    def focus_stage(self) -> None:
        """Give the keyboard to the stage of the page that is shown."""
        stage = self.stage()
        if stage is not None:
            stage.setFocus(Qt.FocusReason.OtherFocusReason)

    def stage(self) -> QWidget | None:
        """What takes the keys of the page that is shown."""
        view = self.built.get(self.current)
        target = getattr(view, "focus_target", None)
        stage: QWidget | None = view if target is None else target()
        return stage
