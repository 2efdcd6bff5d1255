"""Libraries are opened ahead of their import, which then has little left to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists its libraries")
def test_a_library_is_opened_without_being_imported():
    code = """
import sys
from engine.runtime.warmup import open_library
def is_open(): return "cv2.abi3" in open("/proc/self/maps").read()
assert not is_open()
open_library("cv2")
assert is_open() and "cv2" not in sys.modules
import cv2, numpy
assert cv2.resize(numpy.zeros((4, 4), numpy.uint8), (2, 2)).shape == (2, 2)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_a_package_that_is_not_there_opens_nothing():
    from engine.runtime.warmup import open_library

    open_library("no_such_package_anywhere")
