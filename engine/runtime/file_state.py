"""What the system says of a file that changes with its content, without reading it."""

from __future__ import annotations

import os
from typing import NamedTuple


class FileState(NamedTuple):
    """Two equal states are the same content. Size and time of writing alone do not tell: who copies
    a file over another of its size often copies its time as well. The time of change (on Windows
    that of creation) and the number of the file on its disk tell that, too.
    """

    size: int
    written_ns: int
    changed_ns: int
    number: int


def file_state(found: os.stat_result) -> FileState:
    """The state in ``found``."""
    return FileState(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
