"""Garbage with widgets in it is collected where widgets may be destroyed."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app import collector as collectors
from app.collector import UiThreadCollector
from engine.runtime import device
from engine.runtime import garbage as wanted


def garbage(count):
    """A cycle of ``count`` objects, and what tells whether it is gone."""
    first = Link()
    last = first
    for _ in range(count):
        last.following = Link()
        last = last.following
    last.following = first
    return weakref.ref(first)


class Link:
    """One object of a cycle."""

    following: Link


@pytest.fixture
def collector(qapp, monkeypatch):
    monkeypatch.setattr(wanted, "_how", wanted._how)
    gc.unfreeze()  # other tests may have left something
    gc.collect()
    gc.freeze()
    made = UiThreadCollector(qapp)
    yield made
    made.deleteLater()
    gc.unfreeze()


def test_a_widget_in_a_cycle_is_destroyed_by_the_timer_and_never_by_a_worker(collector, qtbot):
    widget = QWidget()
    widget.itself = widget
    destroyed_in = []
    gone = weakref.ref(widget, lambda _: destroyed_in.append(threading.current_thread()))
    del widget

    def make_garbage():
        for _ in range(5_000):
            cycle = []
            cycle.append(cycle)

    worker = threading.Thread(target=make_garbage)
    worker.start()
    worker.join()
    assert gone() is not None
    qtbot.waitUntil(lambda: gone() is None or _passes(collector), timeout=20_000)
    assert destroyed_in == [threading.main_thread()]
    assert not gc.isenabled()


def test_the_engine_that_frees_memory_has_it_collected_here_and_waits(collector, qtbot):
    widget = QWidget()
    widget.itself = widget
    gone_in, ended = [], []
    gone = weakref.ref(widget, lambda _: gone_in.append(threading.current_thread()))
    del widget

    def free():
        device.free_memory()
        ended.append(gone() is None)

    worker = threading.Thread(target=free)
    worker.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=20_000)
    worker.join()
    assert ended == [True]
    assert gone_in == [threading.main_thread()]


def _passes(collector):
    """A few more rounds, so that older generations get their turn too."""
    junk = [[] for _ in range(2_000)]
    for item in junk:
        item.append(item)
    collector.collect_due()
    return False


def test_what_became_many_is_put_aside_until_the_user_is_away(collector, qapp, qtbot):
    collector._away.setInterval(0)
    many = garbage(collectors.MANY + 1000)
    collector.collect_due()
    assert many() is not None  # not looked through, and neither is it later
    assert gc.get_freeze_count() > collectors.MANY
    few = garbage(5000)
    collector.collect_due()
    assert few() is None
    assert many() is not None
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    qapp.processEvents()
    assert many() is not None  # back at once
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    qtbot.waitUntil(lambda: many() is None)
    assert gc.get_freeze_count() > 10_000  # what lives is put aside again
