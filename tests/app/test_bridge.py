"""The only door to the engine: results awaited, events in order on the UI thread, one window."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import QObject

from app.bridge import Bridge
from app.instance import Instance
from engine.runtime import job as job_module
from engine.runtime import warmup
from engine.runtime.errors import JobCancelled, StylekilnError
from engine.runtime.queue_store import QueueStore
from engine.runtime.thread import Engine
from tests.engine.runtime import work

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def loop(qapp):
    made = qasync.QEventLoop(qapp, already_running=False)
    asyncio.set_event_loop(made)
    yield made
    made.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def bridge(loop, tmp_path, monkeypatch):
    monkeypatch.setattr(job_module, "REQUEST_PACKAGES", ("engine.", "tests."))
    monkeypatch.setattr(warmup, "warm_up", lambda: None)
    work.started.clear()
    work.ran.clear()
    made = Bridge(lambda: Engine(QueueStore(tmp_path / "queue.sqlite")))
    loop.run_until_complete(made.start())
    yield made
    made.close()
    made._pool.shutdown(wait=True)


def test_a_result_is_awaited_and_events_come_in_order_on_the_ui_thread(loop, bridge):
    heard = []
    bridge.engine_event.connect(
        lambda event: heard.append((threading.current_thread(), event.data["step"]))
    )
    finished = []
    bridge.job_finished.connect(lambda handle: finished.append(handle.state))

    async def go():
        result = await bridge.run(work.Count(steps=50))
        while not finished:
            await asyncio.sleep(0.01)
        return result

    assert loop.run_until_complete(go()) == 50
    assert [step for _, step in heard] == list(range(50))
    assert {thread for thread, _ in heard} == {threading.main_thread()}
    assert finished == ["done"]


def test_an_error_of_the_engine_is_raised_where_it_is_awaited(loop, bridge):
    with pytest.raises(StylekilnError, match="a library said no"):
        loop.run_until_complete(bridge.run(work.Failing()))


def test_a_running_job_is_cancelled_and_the_window_goes_on(loop, bridge):
    async def go():
        handle = bridge.submit(work.Endless())
        while not work.started.is_set():
            await asyncio.sleep(0.01)
        handle.cancel()
        with pytest.raises(JobCancelled):
            await asyncio.wrap_future(handle)
        return await bridge.run(work.Count())

    assert loop.run_until_complete(go()) == 3


def test_work_beside_the_engine_does_not_wait_for_it(loop, bridge):
    async def go():
        busy = bridge.submit(work.Endless())
        while not work.started.is_set():
            await asyncio.sleep(0.01)
        done = await asyncio.wrap_future(bridge.submit_beside(work.Count(steps=5)))
        failed = bridge.submit_beside(work.Failing(kind="disk"))
        with pytest.raises(StylekilnError, match="The disk is full"):
            await asyncio.wrap_future(failed)
        assert not busy.done()
        busy.cancel()
        return done, failed.state

    assert loop.run_until_complete(go()) == (5, "failed")


def test_work_beside_the_engine_is_cancelled_and_ends_with_the_window(loop, bridge):
    async def go():
        first, second = bridge.submit_beside(work.Endless()), bridge.submit_beside(work.Endless())
        while {first.state, second.state} != {"running"}:
            await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(JobCancelled):
            await asyncio.wrap_future(first)
        bridge.close()
        with pytest.raises(JobCancelled):
            await asyncio.wrap_future(second)
        return first.state, second.state

    assert loop.run_until_complete(go()) == ("cancelled", "cancelled")


def test_file_work_leaves_the_ui_thread(loop, bridge):
    thread = loop.run_until_complete(bridge.io(threading.current_thread))
    assert thread is not threading.main_thread()


class Page(QObject):
    """Of a view that is closed while a worker reads for it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def read(self) -> Page:
        self.begun.set()
        self.go_on.wait(20)
        return self

    def refuse(self) -> None:
        self.read()
        raise StylekilnError("no", "none")


@pytest.mark.parametrize("read", [Page.read, Page.refuse])
def test_a_worker_is_never_the_last_to_hold_what_a_cancelled_task_gave_it(loop, bridge, read):
    gone_in = []

    async def go():
        page = Page()
        gone = weakref.ref(page, lambda _: gone_in.append(threading.current_thread()))
        task = asyncio.ensure_future(bridge.io(read, page))
        while not page.begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        go_on = page.go_on
        del page, task
        gc.collect()
        assert gone() is not None
        go_on.set()
        while gone() is not None:
            await asyncio.sleep(0.01)
            gc.collect()

    loop.run_until_complete(asyncio.wait_for(go(), 20))
    assert gone_in == [threading.main_thread()]


def test_jobs_that_waited_when_the_window_closed_are_shown_again(
    loop, bridge, tmp_path, monkeypatch
):
    bridge.close()
    store = QueueStore(tmp_path / "again.sqlite")
    store.save(job_module.JobHandle(work.Count(name="waited")), "queued")
    store.close()
    second = Bridge(lambda: Engine(QueueStore(tmp_path / "again.sqlite")))
    added, finished = [], []
    second.job_added.connect(lambda handle: added.append(handle.request))
    second.job_finished.connect(lambda handle: finished.append(handle.result()))

    async def wait():
        await second.start()
        while not finished:
            await asyncio.sleep(0.01)

    loop.run_until_complete(wait())
    second.close()
    assert added == [work.Count(name="waited")]
    assert finished == [3]


def test_what_is_submitted_before_the_queue_is_read_is_listed_once(loop, bridge, tmp_path):
    bridge.close()
    made: list[Engine] = []

    def make():
        made.append(Engine(QueueStore(tmp_path / "early.sqlite")))
        return made[-1]

    early = Bridge(make)
    handle = early.submit(work.Count(name="early"))
    read = []
    early.queue_read.connect(lambda: read.append([job.id for job in early.jobs]))

    async def go():
        await early.start()
        return await asyncio.wrap_future(handle)

    assert loop.run_until_complete(go()) == 3
    early.close()
    assert read == [[handle.id]]
    assert len(made) == 1


_SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.instance import Instance
application = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
assert not instance.claim()
assert instance.hand_over(["/somewhere/art"])
"""


def test_a_second_start_hands_its_folder_to_the_first_window(qapp, tmp_path):
    first = Instance(tmp_path)
    assert first.claim()
    opened = []
    first.listen(opened.append)
    process = subprocess.Popen(
        [sys.executable, "-c", _SECOND, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 120
    while not opened and process.poll() in (None, 0) and time.monotonic() < until:
        qapp.processEvents()
        time.sleep(0.01)
    _, said = process.communicate(timeout=60)
    first.release()
    assert process.returncode == 0, said
    assert opened == [["/somewhere/art"]]


def test_a_claim_of_a_killed_process_is_taken_over(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from app.instance import Instance;"
        "assert Instance(Path(sys.argv[1])).claim(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == -9
    again = Instance(tmp_path)
    assert again.claim()
    again.release()
