"""Cyclic garbage, which is collected in the calling thread unless a window has its own way.

A collection destroys whatever lies in cycles, also what belongs to others. Widgets and timers may
be destroyed in the window's thread only.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

_how: Callable[[], object] = gc.collect


def collect() -> None:
    """Collect all garbage, so that what it holds of models is free. Can be called in any thread."""
    _how()


def collect_by(how: Callable[[], object]) -> None:
    """From now on :func:`collect` calls ``how``, in the thread that wants it."""
    global _how
    _how = how
