"""A window's session without a window: a real engine, a real project of small pictures."""

from __future__ import annotations

import asyncio

import pytest
import qasync
from PIL import Image, ImageDraw

from app import i18n, theme
from app.bridge import Bridge
from app.session import Session
from engine.project.settings import Settings
from engine.runtime.queue_store import QueueStore
from engine.runtime.thread import Engine

names = ["bell_pepper", "blossom", "boar", "cactus", "carrot", "crown"]


@pytest.fixture(scope="session")
def dressed(qapp):
    theme.apply(qapp, "dark")
    return qapp


@pytest.fixture
def loop(dressed):
    i18n.set_language("en")
    made = qasync.QEventLoop(dressed, already_running=False)
    asyncio.set_event_loop(made)
    yield made
    made.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def session(loop, tmp_path):
    made = Session(Bridge(lambda: Engine(QueueStore(tmp_path / "queue.sqlite"))), Settings())
    yield made
    loop.run_until_complete(made.close_project())
    made.bridge.close()
    # Before the loop is let go: a worker that is the last to hold it destroys its timers.
    made.bridge._pool.shutdown(wait=True)


@pytest.fixture
def art(tmp_path):
    """Six icons on transparency with captions; one is wide, one is a thumbnail."""
    folder = tmp_path / "art"
    folder.mkdir()
    for number, name in enumerate(names):
        size = {"carrot": (192, 96), "crown": (40, 40)}.get(name, (96, 96))
        picture = Image.new("RGBA", size, (0, 0, 0, 0))
        draw = ImageDraw.Draw(picture)
        draw.ellipse(
            (8, 8, size[0] - 8, size[1] - 8), fill=(40 * number, 200 - 30 * number, 90, 255)
        )
        draw.line((0, number * 9, size[0], size[1] - number * 7), fill=(20, 20, 20, 255), width=3)
        picture.save(folder / f"{name}.png")
        if name != "boar":
            (folder / f"{name}.txt").write_text(f"{name}, icon", encoding="utf-8")
    return folder


@pytest.fixture
def settle(loop):
    """Run the window's event loop until every task of the session has ended."""

    def run(session):
        async def wait():
            await asyncio.sleep(0)
            while session._tasks:
                await asyncio.gather(*session._tasks, return_exceptions=True)
                await asyncio.sleep(0)

        loop.run_until_complete(wait())

    return run


@pytest.fixture
def opened(session, art, settle):
    session.open_folder(art)
    settle(session)
    return session
