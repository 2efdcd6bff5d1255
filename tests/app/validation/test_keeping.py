"""What is decided quickly one after the other is written once each, by one worker."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.validation.keeping import Keeping


class Slow:
    """A session whose work begins only when it is run."""

    def __init__(self):
        self.begun = []

    def start(self, coroutine):
        self.begun.append(coroutine)

    def run(self):
        async def together():
            await asyncio.gather(*self.begun)

        asyncio.run(together())
        self.begun = []


def test_two_decisions_before_the_first_is_written_are_no_mishap():
    written, session = [], Slow()

    async def write(folder, value):
        await asyncio.sleep(0)
        written.append(value)

    keeping = Keeping(session, write)
    keeping.keep(Path("a"), 1)
    keeping.keep(Path("a"), 2)
    assert len(session.begun) == 1
    session.run()
    assert written == [2]
    keeping.keep(Path("a"), 3)
    session.run()
    assert written == [2, 3]
    assert keeping.waiting(Path("a")) is None
