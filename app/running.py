"""What runs once the window is painted: the event loop, the engine, and everything that needs them.

Nothing that the first painted window can do without is imported before this module: asyncio,
qasync, pydantic, the queue. ``app.main`` imports it when the window is seen.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

# qasync takes the first Qt binding it finds; say which one before it is imported.
os.environ["QT_API"] = "pyside6"

# Here, while no other thread imports: PySide6 looks into every module that is imported, and when
# two threads import at once that look can ask pydantic.errors for a name before it is whole.
import pydantic  # noqa: F401
import qasync

from app.shell.ahead import Ahead

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.shell.window import MainWindow


def make_loop(application: QApplication) -> qasync.QEventLoop:
    """The asyncio loop on top of Qt's, made the current one."""
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    return loop


def begin(window: MainWindow) -> None:
    """Start the engine and what waited for the first paint. The event loop must be there."""
    session = window.session
    session.begin()
    session.start(session.bridge.start())


def run(application: QApplication, window: MainWindow) -> None:
    """Run ``window`` until it closes."""
    with make_loop(application) as loop:
        closed = asyncio.Event()
        application.aboutToQuit.connect(closed.set)
        begin(window)
        Ahead(window.session, window.pages)
        loop.run_until_complete(closed.wait())
        loop.run_until_complete(window.session.end())
