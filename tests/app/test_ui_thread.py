"""A worker is heard on the UI thread, and by nobody once who listened is gone."""

from __future__ import annotations

import gc
import threading
import weakref

import shiboken6
from PySide6.QtCore import QObject

from app.ui_thread import done_there, told_there


class Listener(QObject):
    def __init__(self, heard):
        super().__init__()
        self.heard = heard

    def hear(self, *facts):
        self.heard.append((threading.current_thread(), facts))


def in_worker(call, *facts):
    worker = threading.Thread(target=call, args=facts)
    worker.start()
    worker.join()


def test_what_a_worker_tells_is_heard_in_its_order_on_the_ui_thread(qtbot):
    listener = Listener([])
    tell = told_there(listener.hear)
    in_worker(lambda: [tell(number, "of", 50) for number in range(50)])
    assert listener.heard == []  # not in the worker
    qtbot.waitUntil(lambda: len(listener.heard) == 50)
    assert listener.heard == [(threading.main_thread(), (n, "of", 50)) for n in range(50)]


def test_nobody_is_kept_by_what_is_on_its_way_to_it(qapp):
    heard = []
    dropped, deleted = Listener(heard), Listener(heard)
    tell_one, tell_other = told_there(dropped.hear), told_there(deleted.hear)
    in_worker(tell_one, 1)
    in_worker(tell_other, 2)
    gone = weakref.ref(dropped)
    del dropped
    gc.collect()
    assert gone() is None
    shiboken6.delete(deleted)
    in_worker(tell_one, 3)
    in_worker(tell_other, 4)
    qapp.processEvents()
    assert heard == []


def test_a_worker_waits_until_it_is_done_there(qtbot):
    done_in, answers = [], []
    worker = threading.Thread(
        target=lambda: answers.append(
            (done_there(lambda: done_in.append(threading.current_thread()), 20), len(done_in))
        )
    )
    worker.start()
    qtbot.waitUntil(lambda: bool(answers))
    worker.join()
    assert answers == [(True, 1)]
    assert done_in == [threading.main_thread()]
    assert done_there(lambda: done_in.append(threading.current_thread()), 20)
    assert done_in == [threading.main_thread()] * 2


def test_a_worker_does_not_wait_for_ever_for_a_thread_that_waits_for_it(qapp):
    done, answers = [], []
    in_worker(lambda: answers.append(done_there(lambda: done.append(1), 0.01)))
    assert (answers, done) == ([False], [])
    qapp.processEvents()
    assert done == [1]  # later, and nobody minds
