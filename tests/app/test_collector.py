"""Garbage with widgets in it is collected where widgets may be destroyed."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtWidgets import QWidget

from app import collector as collectors
from app.collector import UiThreadCollector


def test_a_widget_in_a_cycle_is_destroyed_by_the_timer_and_never_by_a_worker(qapp, qtbot):
    collector = UiThreadCollector()
    widget = QWidget()
    widget.itself = widget
    destroyed_in = []
    gone = weakref.ref(widget, lambda _: destroyed_in.append(threading.current_thread()))
    del widget

    def make_garbage():
        for _ in range(20_000):
            cycle = []
            cycle.append(cycle)

    worker = threading.Thread(target=make_garbage)
    worker.start()
    worker.join()
    assert gone() is not None
    qtbot.waitUntil(lambda: gone() is None or _passes(collector), timeout=20_000)
    assert destroyed_in == [threading.main_thread()]
    assert not gc.isenabled()


def _passes(collector):
    """A few more rounds, so that older generations get their turn too."""
    junk = [[] for _ in range(2_000)]
    for item in junk:
        item.append(item)
    collector.collect_due()
    return False


@pytest.mark.parametrize(("limit", "frozen"), [(-1.0, True), (60.0, False)])
def test_what_takes_long_to_look_through_is_looked_through_once(qapp, monkeypatch, limit, frozen):
    monkeypatch.setattr(collectors, "LONG", limit)
    monkeypatch.setattr(gc, "get_count", lambda: (1000, 1000, 1000))
    gc.unfreeze()  # other tests may have left something
    collector = UiThreadCollector()
    try:
        collector.collect_due()
        assert (gc.get_freeze_count() > 10_000) is frozen
    finally:
        gc.unfreeze()
