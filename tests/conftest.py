"""Shared by all tests: a private home, no spinning threads, no real screen, no garbage of Qt's
objects that is collected in a worker.
"""

from __future__ import annotations

import gc
import os
import threading

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("QT_API", "pyside6")
if "PYTEST_XDIST_WORKER" in os.environ:  # the other workers want their cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from PySide6.QtCore import QCoreApplication

from engine.runtime import garbage

LONG = (
    "engine/tour/test_tour.py",
    "engine/validation/test_real_runs.py",
    "app/journey/test_icon_sheet.py",
    "engine/training/test_killed.py",
)
"""Files that train for minutes. They begin first: one that began last would be waited for alone."""
OFTEN = 50
"""Tests after which all of the garbage is looked for, and not only that of the last ones."""


@pytest.fixture(autouse=True)
def _private_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the settings, queue or projects of the person who runs it."""
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path_factory.mktemp("home")))


def _collect() -> None:
    """For an engine that wants it: where windows may be, in the thread of the tests only."""
    if threading.current_thread() is threading.main_thread() or not QCoreApplication.instance():
        gc.collect()


garbage.collect_by(_collect)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, the others as they were."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    """From the first window on garbage is collected here, between two tests, and nowhere else.

    As ``app.collector`` has it: the automatic collector runs in whichever thread allocates. What a
    test of the window leaves is garbage once its fixtures are let go, which is after their end; in
    a worker's thread, of this test or of one of the engine's that follows, its timers and models
    would be destroyed while Qt still has events for them.
    """
    result = yield
    if QCoreApplication.instance() is not None:
        gc.disable()
        gc.collect(2 if gc.get_count()[2] > OFTEN else 1)
    return result
