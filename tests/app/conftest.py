"""As in the window: dressed, and garbage is collected on the UI thread, never in a worker."""

from __future__ import annotations

import gc
import sys

import pytest

from app import calm, theme
from app.theme import motion


@pytest.fixture(scope="session", autouse=True)
def _dressed(qapp):
    """Sizes and fonts are those of the real window, whichever test runs first."""
    theme.apply(qapp, "dark")


@pytest.fixture
def qtbot(qtbot, monkeypatch):
    """A widget under test wears what its window would give it."""
    add = qtbot.addWidget

    def add_dressed(widget, **how):
        add(widget, **how)
        theme.dress(widget)

    monkeypatch.setattr(qtbot, "addWidget", add_dressed)
    return qtbot


@pytest.fixture(autouse=True)
def _collect_on_the_ui_thread():
    gc.disable()
    if "torch" in sys.modules and not gc.get_freeze_count():
        gc.freeze()  # what libraries hold stays: to look at it again takes most of a test's time
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def _without_motion():
    motion.set_reduced(True)
    yield
    motion.set_reduced(False)


@pytest.fixture(autouse=True)
def _without_rests(request, monkeypatch):
    """What waits until the user rests begins at once: a test is never at rest, and waits for it."""
    if request.path.name != "test_calm.py":
        monkeypatch.setattr(calm, "REST", 0.0)
