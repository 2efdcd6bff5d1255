"""Memory that pictures took is the system's again when they are gone."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PICTURES = """
import os
from pathlib import Path
from engine.runtime.allocation import set_allocation_policy

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

{policy}
for _ in range(2):
    bytearray(20 << 20)
before = resident()
pictures = [bytearray(20 << 20) for _ in range(3)]
last = bytearray(1 << 16)  # lies behind them, and stays
del pictures
print((resident() - before) >> 20)
"""


def kept(policy):
    done = subprocess.run(
        [sys.executable, "-c", PICTURES.format(policy=policy)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other systems do it by themselves")
def test_large_pictures_leave_nothing_behind():
    assert kept("") > 30
    assert kept("set_allocation_policy()") < 5


SMALL = """
import os
from pathlib import Path
from engine.runtime.allocation import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

blocks = [bytearray(4000) for _ in range(20_000)]
held = blocks[::1000]  # small blocks between those that are freed keep their heap
del blocks
before = resident()
give_back()
print((before - resident()) >> 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other systems do it by themselves")
def test_what_is_free_between_held_blocks_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", SMALL], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert int(done.stdout) > 40
