"""The engine thread: order, events, cancel, pause, interactive work, memory, restart."""

from __future__ import annotations

import gc
import sqlite3
import sys
import threading
import weakref

import pytest

from engine.runtime import device
from engine.runtime import job as job_module
from engine.runtime.errors import (
    JobCancelled,
    MissingFileError,
    OutOfMemoryError,
    StorageError,
    StylekilnError,
)
from engine.runtime.job import request_from_record
from engine.runtime.queue_store import QueueStore
from engine.runtime.thread import Engine
from tests.engine.runtime import work


@pytest.fixture(autouse=True)
def _fresh_work(monkeypatch):
    work.started.clear()
    work.ran.clear()
    monkeypatch.setattr(job_module, "REQUEST_PACKAGES", ("engine.", "tests."))


@pytest.fixture
def engine():
    engine = Engine().start()
    yield engine
    engine.close()


def test_jobs_run_in_order_on_one_thread_and_return_their_value(engine):
    handles = [engine.submit(work.Count(name=name)) for name in "abc"]
    assert [h.result(60) for h in handles] == [3, 3, 3]
    assert work.ran == ["a", "b", "c"]
    assert [h.state for h in handles] == ["done"] * 3


def test_events_arrive_in_order_and_progress_is_the_latest(engine):
    handle = engine.submit(work.Count(steps=5))
    handle.result(60)
    events = handle.take_events()
    assert [(e.kind, e.data["step"]) for e in events] == [("counted", i) for i in range(5)]
    assert (handle.progress.step, handle.progress.total) == (5, 5)
    assert handle.take_events() == []


def test_a_running_job_stops_when_cancelled_and_the_next_one_runs(engine):
    endless, after = engine.submit(work.Endless()), engine.submit(work.Count())
    assert work.started.wait(60)
    assert endless.cancel()
    with pytest.raises(JobCancelled):
        endless.result(60)
    assert after.result(60) == 3
    assert endless.state == "cancelled"


def test_a_queued_job_that_is_cancelled_never_runs(engine):
    endless, waiting = engine.submit(work.Endless()), engine.submit(work.Count(name="never"))
    assert work.started.wait(60)
    waiting.cancel()
    endless.cancel()
    assert engine.submit(work.Count(name="last")).result(60) == 3
    assert work.ran == ["last"]
    assert waiting.state == "cancelled"


def test_an_interactive_request_runs_inside_a_long_job(engine):
    endless = engine.submit(work.Endless())
    assert work.started.wait(60)
    assert engine.submit(work.Count(), interactive=True).result(60) == 3
    assert endless.running()
    endless.cancel()


def test_interactive_requests_inside_a_long_job_take_turns(engine):
    endless = engine.submit(work.Endless())
    assert work.started.wait(60)
    work.asked.clear()
    first = engine.submit(work.Asking(), interactive=True)
    second = engine.submit(work.Count(), interactive=True)
    work.asked.set()
    first.result(60)
    second.result(60)
    assert work.ran == ["asking", "asked", "count"]
    endless.cancel()


def test_interactive_requests_of_one_kind_come_in_the_order_they_were_asked_for(engine):
    work.asked.clear()
    first = engine.submit(work.Asking(), interactive=True)
    second = engine.submit(work.Asking(), interactive=True)
    other = engine.submit(work.Count(), interactive=True)
    work.asked.set()
    for handle in (first, second, other):
        handle.result(60)
    assert work.ran == ["asking", "count", "asked", "asking", "asked"]


def test_an_interactive_request_gives_the_threads_back(engine):
    before = device.engine_threads()
    long = engine.submit(work.Narrow())
    assert work.started.wait(60)
    engine.submit(work.Count(), interactive=True)
    work.asked.set()
    assert long.result(60) == 7
    engine.submit(work.Count()).result(60)
    assert device.engine_threads() == before


def test_a_paused_job_holds_and_still_lets_interactive_work_in(engine):
    endless = engine.submit(work.Endless())
    assert work.started.wait(60)
    endless.pause()
    assert engine.submit(work.Count(), interactive=True).result(60) == 3
    seen = threading.Event()
    for _ in range(200):
        if endless.state == "paused":
            break
        seen.wait(0.01)
    assert endless.state == "paused"
    endless.resume()
    endless.cancel()
    with pytest.raises(JobCancelled):
        endless.result(60)


def test_out_of_memory_frees_first_and_then_retries_smaller(engine, monkeypatch):
    order = []
    monkeypatch.setattr(device, "_release_hooks", [lambda: order.append(list(work.ran))])
    handle = engine.submit(work.Hungry(batch=8))
    assert handle.result(60) == 2
    assert work.ran == ["batch 8", "batch 4", "batch 2"]
    assert order == [["batch 8"], ["batch 8", "batch 4"]]
    assert [e.kind for e in handle.take_events()] == ["job.smaller", "job.smaller"]


def test_memory_of_the_failed_attempt_is_gone_before_the_retry(engine, monkeypatch):
    class Ballast:
        pass

    references, alive_at_release = [], []

    def hungry(request, job):
        ballast = Ballast()
        references.append(weakref.ref(ballast))
        if len(references) == 1:
            raise MemoryError
        return "ok"

    def hook():
        gc.collect()
        alive_at_release.append(references[0]() is not None)

    monkeypatch.setattr(device, "_release_hooks", [hook])
    monkeypatch.setattr(work, "hungry", hungry)
    assert engine.submit(work.Hungry()).result(60) == "ok"
    assert alive_at_release == [False]


def test_out_of_memory_with_nothing_smaller_is_one_clear_error(engine):
    class Stubborn(work.Hungry):
        def smaller(self):
            return None

    with pytest.raises(OutOfMemoryError, match="smaller batch"):
        engine.submit(Stubborn()).result(60)


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("disk", StorageError, "disk is full"),
        ("missing", MissingFileError, "weights.safetensors"),
        ("value", StylekilnError, "a library said no"),
    ],
)
def test_errors_of_libraries_become_one_sentence_and_the_engine_lives_on(
    engine, kind, error, words
):
    with pytest.raises(error, match=words):
        engine.submit(work.Failing(kind=kind)).result(60)
    assert engine.submit(work.Count()).result(60) == 3


def test_after_a_restart_the_running_job_is_interrupted_and_can_start_again(tmp_path):
    path = tmp_path / "queue.sqlite"
    first = Engine(QueueStore(path)).start()
    first.submit(work.Endless())
    first.submit(work.Count(name="waiting"))
    assert work.started.wait(60)
    first.close()
    assert work.ran == []

    second = Engine(QueueStore(path)).start()
    assert second.submit(work.Count(name="new")).result(60) == 3
    assert work.ran == ["waiting", "new"]
    (stored,) = second.interrupted()
    assert request_from_record(stored.record) == work.Endless()
    again = second.restart(stored)
    work.started.clear()
    assert work.started.wait(60)
    assert again.id == stored.id
    again.cancel()
    second.close()
    assert QueueStore(path).jobs("interrupted") == []


def test_a_killed_process_leaves_its_running_job_as_interrupted(tmp_path):
    path = tmp_path / "queue.sqlite"
    store = QueueStore(path)
    handle = job_module.JobHandle(work.Count())
    store.save(handle, "running")  # and then nothing more, as after kill -9
    assert [job.id for job in QueueStore(path).jobs("interrupted")] == [handle.id]


def test_a_queue_file_that_cannot_be_read_is_moved_aside(tmp_path):
    path = tmp_path / "queue.sqlite"
    path.write_bytes(b"this is no database" * 100)
    assert QueueStore(path).jobs() == []
    assert len(list(tmp_path.glob("queue.broken-*"))) == 1


def test_a_queue_that_cannot_be_written_does_not_stop_the_work(tmp_path):
    store = QueueStore(tmp_path / "queue.sqlite")
    engine = Engine(store).start()

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    store.save = full
    assert engine.submit(work.Count()).result(60) == 3
    assert engine.submit(work.Count()).result(60) == 3
    engine.close()


def test_a_retry_that_cannot_be_made_smaller_ends_the_job_and_not_the_thread(engine):
    class Broken(work.Hungry):
        def smaller(self):
            raise ValueError("1200 is too many")

    with pytest.raises(StylekilnError, match="1200"):
        engine.submit(Broken()).result(60)
    assert engine.submit(work.Count()).result(60) == 3


def test_a_handler_that_wants_to_exit_ends_only_its_job(engine, monkeypatch):
    monkeypatch.setattr(work, "count", lambda request, job: sys.exit(3))
    with pytest.raises(StylekilnError, match="SystemExit"):
        engine.submit(work.Count()).result(60)
    monkeypatch.undo()
    monkeypatch.setattr(job_module, "REQUEST_PACKAGES", ("engine.", "tests."))
    assert engine.submit(work.Count()).result(60) == 3


def test_a_queue_file_with_a_damaged_body_is_moved_aside(tmp_path):
    path = tmp_path / "queue.sqlite"
    store = QueueStore(path)
    for _ in range(200):
        store.save(job_module.JobHandle(work.Count(name="x" * 200)), "queued")
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert QueueStore(path).jobs() == []
    assert len(list(tmp_path.glob("queue.broken-*"))) == 1


def test_a_queue_file_of_other_columns_is_moved_aside(tmp_path):
    base = sqlite3.connect(tmp_path / "queue.sqlite")
    base.execute("CREATE TABLE jobs (precious)")
    base.close()
    assert QueueStore(tmp_path / "queue.sqlite").jobs() == []
    assert len(list(tmp_path.glob("queue.broken-*"))) == 1


@pytest.mark.parametrize("record", ["[]", "5", "null", '{"type": 3}', '{"values": {}}'])
def test_a_strange_record_in_the_queue_is_left_out(tmp_path, record):
    store = QueueStore(tmp_path / "queue.sqlite")
    store.save(job_module.JobHandle(work.Count()), "queued")
    store._base.execute("UPDATE jobs SET record=?", (record,))
    engine = Engine(store).start()
    assert engine.waiting() == []
    assert engine.submit(work.Count()).result(60) == 3
    engine.close()


def test_a_stored_record_can_only_name_requests_of_the_engine(monkeypatch):
    monkeypatch.undo()
    for name in ("os:system", "engine.runtime.job:Job", "tests.engine.runtime.work:Count"):
        with pytest.raises(StylekilnError, match="not a request"):
            request_from_record({"type": name, "values": {}})
