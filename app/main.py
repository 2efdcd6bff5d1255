"""Open the window: application, session, first paint; then ``app.running`` takes over.

Only what the first painted window shows is imported here.
"""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app import i18n, theme
from app.bridge import Bridge
from app.collector import UiThreadCollector
from app.instance import Instance
from app.session import Session
from app.shell.window import MainWindow
from engine.project.settings import Settings, data_dir
from engine.runtime.allocation import set_allocation_policy
from engine.runtime.errors import StorageError
from engine.runtime.files import reason_of

if TYPE_CHECKING:
    from engine.runtime.thread import Engine

# The engine thread prepares data in Python; with the default 5 ms a click can wait 10 ms for the
# interpreter. A screenful of cards that takes 3.1 ms to paint takes 8.2 ms beside a busy worker
# with 1 ms, and 3.3 ms with this; threads that only run Python take no longer together.
SWITCH_INTERVAL = 0.0002
# A window that opens minimized or covered is not painted; it runs all the same.
PAINT_PATIENCE_MS = 2000


def run_window(arguments: Sequence[str]) -> int:
    """Open the window and run until it closes. Returns the exit status.

    A second start hands its folder to the window that is open already.
    """
    args = _parse(arguments)
    sys.setswitchinterval(SWITCH_INTERVAL)
    set_allocation_policy()
    application = QApplication(sys.argv[:1])
    instance = Instance(data_dir())
    if not instance.claim():
        where = [str(args.folder.resolve())] if args.folder else arguments
        if not instance.hand_over(where):
            print(
                "stylekiln: The application is open already, but does not answer.", file=sys.stderr
            )
            return 1
        return 0
    window = open_window()
    window.session.after_first_paint(lambda: _open_asked(window.session, args))
    window.session.after_first_paint(
        lambda: instance.listen(lambda later: _come_forward(window, later))
    )
    wait_for_paint(window)
    if window.isVisible():  # else it was closed that soon
        from app import running

        running.run(application, window)
    instance.release()
    return 0


def open_window() -> MainWindow:
    """Build the session and show the window. ``app.running.begin`` is due once it is painted."""
    home = data_dir()
    problem = _make_home(home)
    settings = Settings.load()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setApplicationName("Stylekiln")
    i18n.set_language(settings.language)
    theme.apply(application, settings.theme)
    session = Session(Bridge(partial(_make_engine, home, settings.torch_threads)), settings)
    session.hold()
    if problem is not None:
        session.after_first_paint(partial(session.show_error, problem))
    window = MainWindow(session)
    application.aboutToQuit.connect(session.bridge.close)
    UiThreadCollector(application)
    window.show()
    return window


def wait_for_paint(window: MainWindow) -> None:
    """Return when ``window`` has been painted once. Keys and clicks wait for the event loop."""
    seen = QEventLoop()
    window.painted.connect(seen.quit)
    QTimer.singleShot(PAINT_PATIENCE_MS, seen.quit)
    seen.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)


def _make_home(home: Path) -> StorageError | None:
    """Make the data folder and keep the log in it; what is to be said where that cannot be done,
    for the window opens all the same.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        _log_to(home / "stylekiln.log")
    except OSError as error:
        return StorageError(
            "Nothing can be kept in {folder} ({reason}): settings, recent projects and the queue "
            "are forgotten when the window closes.",
            folder=home,
            reason=reason_of(error),
            remedy="Allow writing there or make room on that disk, then start again.",
        )
    return None


def _make_engine(home: Path, threads: int) -> Engine:
    import sqlite3

    from engine.runtime.queue_store import QueueStore
    from engine.runtime.thread import Engine

    store = None
    try:
        store = QueueStore(home / "queue.sqlite")
    except (sqlite3.Error, OSError) as error:
        # The window must open: only a restart will not find what was waiting.
        logging.getLogger(__name__).error("the queue cannot be kept in %s: %s", home, error)
    return Engine(store, threads=threads or None)


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
