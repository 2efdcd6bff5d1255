"""How the process takes memory from the system and gives it back."""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST_HEAPS = -1, -3, -8  # of glibc's mallopt
LARGE = 8 << 20
"""Bytes of a block that is given back as soon as it is freed."""


def set_allocation_policy() -> None:
    """Give large blocks back to the system at once; call it before there are threads.

    glibc raises its own limit to 32 MB with the first picture that is freed, and from then on
    keeps what decoding and measuring took in one heap for each thread: 250 MB after a few photos,
    100 MB with this. Other systems do it by themselves.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, LARGE)
        libc.mallopt(_TRIM_THRESHOLD, LARGE // 2)
        libc.mallopt(_MOST_HEAPS, 2)  # else every worker keeps one, eight for each core


def give_back() -> None:
    """Give the system what is free between blocks that are held: after much was read, some tens of
    megabytes. It takes some milliseconds, during which other threads run; glibc only.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
