"""What the workspaces are made of is read while the user rests, so that a click need not wait.

To import the modules of a workspace for the first time takes 50 to 250 ms, and to make the widgets
of the Dataset workspace as long again. The modules come one in a turn of the event loop; the
workspace is made while nobody works and the pointer stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import pkgutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QCursor

from engine.dataset.token_counts import read_clip
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from app.session import Session
    from app.shell.pages import Pages

PACKAGES = (
    "app.dataset", "app.training", "app.validation", "app.canvas", "app.models", "app.settings",
)  # fmt: skip
STEP_ASIDE = 5.0
"""Seconds that a module waits at most for a user who is at work."""
STILL = 0.5
"""Seconds that the pointer stands still before widgets are made."""


class Ahead(QObject):
    """Begins when the engine is warm: until then its own imports take the interpreter."""

    def __init__(self, session: Session, pages: Pages) -> None:
        super().__init__(pages)
        self._session, self._pages = session, pages
        session.bridge.ready.connect(self._begin)

    def _begin(self) -> None:
        self._session.start(self.make_ready())

    async def make_ready(self) -> None:
        """Import the modules of all workspaces and read the tokenizer that counts captions, then
        make the Dataset workspace: the first that is needed. One that is opened meanwhile is made
        by who opens it.
        """
        session, pages = self._session, self._pages
        for name in modules():
            await session.calm.rest(STEP_ASIDE)
            importlib.import_module(name)
            await asyncio.sleep(0)
        await session.calm.rest(STEP_ASIDE)
        with contextlib.suppress(StylekilnError):  # who counts with it will say so
            await session.bridge.io(read_clip)
        while "dataset" not in pages.built and session.project is None:
            before = QCursor.pos()
            await asyncio.sleep(STILL)
            await session.calm.rest(STEP_ASIDE)
            if QCursor.pos() == before and session.project is None:
                pages.build("dataset")


def modules() -> Iterator[str]:
    """The names of all modules of the workspaces."""
    for package in PACKAGES:
        folder = importlib.import_module(package).__path__
        yield from sorted(f"{package}.{found.name}" for found in pkgutil.iter_modules(folder))
