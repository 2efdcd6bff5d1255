"""How much memory the application uses, for the live numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def used_by_process() -> int:
    """Resident bytes of this process."""
    return int(_process().memory_info().rss)


@lru_cache(maxsize=1)
def _process() -> psutil.Process:
    import psutil

    return psutil.Process()
