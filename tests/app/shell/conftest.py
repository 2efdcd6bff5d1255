"""A real window on a real session, with an engine that runs small jobs when it is started."""

from __future__ import annotations

import asyncio

import pytest
import qasync
import shiboken6

from app import i18n, theme
from app.bridge import Bridge
from app.session import Session
from app.shell.window import MainWindow
from engine.project.settings import Settings
from engine.runtime.queue_store import QueueStore
from engine.runtime.thread import Engine


@pytest.fixture
def loop(qapp):
    theme.apply(qapp, "dark")
    i18n.set_language("en")
    made = qasync.QEventLoop(qapp, already_running=False)
    asyncio.set_event_loop(made)
    yield made
    made.close()
    asyncio.set_event_loop(None)
    i18n.set_language("en")
    theme.apply(qapp, "dark")


@pytest.fixture
def session(loop, tmp_path):
    bridge = Bridge(lambda: Engine(QueueStore(tmp_path / "queue.sqlite")))
    made = Session(bridge, Settings(reduce_motion=True))
    yield made
    loop.run_until_complete(made.end())
    loop.run_until_complete(made.close_project())
    made.bridge.close()
    made.bridge._pool.shutdown(wait=True)


@pytest.fixture
def settle(loop, session):
    """Run the window's event loop until every task of the session has ended."""

    async def wait():
        await asyncio.sleep(0.01)
        while session._tasks:
            await asyncio.gather(*session._tasks, return_exceptions=True)
            await asyncio.sleep(0)

    return lambda: loop.run_until_complete(wait())


@pytest.fixture
def window(session, qtbot, settle):
    made = MainWindow(session)
    made.resize(1600, 1000)
    made.show()
    settle()
    yield made
    made.hide()
    settle()
    # Here and now: left to the garbage collector, it may be deleted in a worker's thread.
    shiboken6.delete(made)
