"""Open the window: application, event loop, session, and the engine behind it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import logging.handlers
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# qasync takes the first Qt binding it finds; say which one before it is imported.
os.environ["QT_API"] = "pyside6"

import qasync
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app import i18n, theme
from app.bridge import Bridge
from app.collector import UiThreadCollector
from app.instance import Instance
from app.session import Session
from app.shell.window import MainWindow
from engine.project.settings import Settings, data_dir
from engine.runtime.queue_store import QueueStore
from engine.runtime.thread import Engine

# The engine thread prepares data in Python; with the default 5 ms a click can wait 10 ms for the
# interpreter, with 1 ms it waits 0.4 ms and training is not slower.
SWITCH_INTERVAL = 0.001
# After the first paint, so that importing torch never delays it.
WARM_UP_AFTER_MS = 150


def run_window(arguments: Sequence[str]) -> int:
    """Open the window and run until it closes. Returns the exit status.

    A second start hands its folder to the window that is open already.
    """
    args = _parse(arguments)
    sys.setswitchinterval(SWITCH_INTERVAL)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    home = data_dir()
    home.mkdir(parents=True, exist_ok=True)
    instance = Instance(home)
    if not instance.claim():
        where = [str(args.folder.resolve())] if args.folder else arguments
        if not instance.hand_over(where):
            print(
                "stylekiln: The application is open already, but does not answer.", file=sys.stderr
            )
            return 1
        return 0
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    window = open_window()
    QTimer.singleShot(0, lambda: _open_asked(window.session, args))
    QTimer.singleShot(0, lambda: instance.listen(lambda later: _come_forward(window, later)))
    closed = asyncio.Event()
    application.aboutToQuit.connect(closed.set)
    with loop:
        loop.run_until_complete(closed.wait())
    instance.release()
    return 0


def open_window() -> MainWindow:
    """Build the session and show the window; the engine warms up after the first paint."""
    home = data_dir()
    home.mkdir(parents=True, exist_ok=True)
    _log_to(home / "stylekiln.log")
    settings = Settings.load()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setApplicationName("Stylekiln")
    i18n.set_language(settings.language)
    theme.apply(application, settings.theme)
    engine = Engine(QueueStore(home / "queue.sqlite"), threads=settings.torch_threads or None)
    session = Session(Bridge(engine), settings)
    window = MainWindow(session)
    application.aboutToQuit.connect(session.bridge.close)
    UiThreadCollector(application)
    window.show()
    QTimer.singleShot(WARM_UP_AFTER_MS, session.bridge.start)
    return window


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stylekiln")
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of art or a project")
    parser.add_argument("--sample", action="store_true", help="open the sample project")
    return parser.parse_args(arguments)


def _open_asked(session: Session, args: argparse.Namespace) -> None:
    if args.sample:
        session.open_sample()
    elif args.folder is not None:
        session.open_folder(args.folder)


def _come_forward(window: MainWindow, arguments: list[str]) -> None:
    """Another start asked for this window."""
    window.showNormal() if window.isMinimized() else window.show()
    window.raise_()
    window.activateWindow()
    if arguments == ["--sample"]:
        window.session.open_sample()
    elif len(arguments) == 1 and Path(arguments[0]).is_dir():
        window.session.open_folder(Path(arguments[0]))


def _log_to(path: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
