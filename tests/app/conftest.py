"""As in the window: garbage is collected on the UI thread, never in a worker."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True)
def _collect_on_the_ui_thread():
    gc.disable()
    yield
    gc.collect()
    gc.enable()
