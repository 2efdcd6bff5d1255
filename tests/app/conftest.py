"""As in the window: dressed, and no garbage is collected in a worker."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from app import calm, theme
from app.theme import motion


@pytest.fixture(scope="session", autouse=True)
def _dressed(qapp):
    """Sizes and fonts are those of the real window, whichever test runs first."""
    gc.disable()  # from here on it is collected between two tests: see tests/conftest.py
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
def _deleted_at_the_end():
    """Qt deletes what was closed when an event loop runs next, which is in the middle of a wait of
    some later test; until then it is dressed and translated again with every other window.
    """
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


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
