"""The actions that can be done now: the window's own, and those of the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from app.actions import Action
from app.shell.pages import Pages


class Commands:
    """``own`` are the window's actions; ``navigate`` shows a page by its name."""

    def __init__(self, pages: Pages, navigate: Callable[[str, dict[str, Any]], None]) -> None:
        self._pages, self._navigate = pages, navigate
        self.own: list[Action] = []

    def all(self) -> list[Action]:
        """What can be done in the window and in the workspace that is shown."""
        return [*self._on_page(), *self.own]

    def found_by_words(self) -> list[Action]:
        """What the palette offers: also the actions of pages that were shown before."""
        found = [action for action in self.all() if action.id != "palette"]
        for name, view in self._pages.built.items():
            if name != self._pages.current:
                there = [action for action in view.actions() if not action.id.endswith("do")]
                found += [replace(one, run=partial(self._run_there, name, one)) for one in there]
        return found

    def here(self, what: str) -> Action | None:
        """The action of the page shown whose id ends with ``what``, such as ``undo``."""
        found = self._on_page()
        return next((one for one in found if one.id.rpartition(".")[2] == what), None)

    def _on_page(self) -> list[Action]:
        view = self._pages.built.get(self._pages.current)
        return view.actions() if view is not None else []

    def _run_there(self, name: str, action: Action) -> None:
        self._navigate(name, {})
        action.run()
