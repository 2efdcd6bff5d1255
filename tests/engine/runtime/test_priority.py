from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.runtime.priority import give_way


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the priority of a thread")
def test_a_worker_goes_after_the_others_and_they_stay_as_they_are():
    def priority():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    with ThreadPoolExecutor(1, initializer=give_way) as pool:
        assert pool.submit(priority).result() == min(19, before + 5)
    assert priority() == before
