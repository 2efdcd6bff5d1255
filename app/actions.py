"""What a user can do: one entry each for menu, toolbar, shortcut and command palette."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def always() -> bool:
    """The condition of an action that can be run at any time."""
    return True


def nothing() -> str:
    """What most actions say of their object: their words say it all."""
    return ""


@dataclass(frozen=True)
class Action:
    """One thing a user can do. ``text`` is a translation key, ``shortcut`` a portable key text.

    ``where`` names the workspace it belongs to; an empty one belongs to the whole window.
    ``about`` gives the key of what it would be done to, such as the change that Undo takes back.
    ``stage_key`` is shown but never bound: the stage listens to it while it has the focus.
    """

    id: str
    text: str
    run: Callable[[], None]
    icon: str = ""
    shortcut: str = ""
    enabled: Callable[[], bool] = always
    where: str = ""
    stage_key: str = ""
    about: Callable[[], str] = nothing

    @property
    def key(self) -> str:
        """The key that is shown beside the words, empty without one."""
        return self.shortcut or self.stage_key
