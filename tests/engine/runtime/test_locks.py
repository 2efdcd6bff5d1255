from __future__ import annotations

import subprocess
import sys

from engine.runtime.locks import Lock, is_held


def test_a_lock_is_held_by_one_until_it_is_released(tmp_path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert not is_held(tmp_path / "lock")
    assert first.take()
    assert first.take()
    assert not second.take()
    assert is_held(tmp_path / "lock")
    first.release()
    assert not is_held(tmp_path / "lock")
    assert second.take()
    second.release()


def test_a_process_that_ends_without_a_word_holds_nothing_any_more(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import os, pathlib, sys\nfrom engine.runtime.locks import Lock, is_held\n"
        "path = pathlib.Path(sys.argv[1])\nlock = Lock(path)\nassert lock.take()\n"
        "print(is_held(path), flush=True)\nos._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (9, "True")
    assert not is_held(path)
    assert Lock(path).take()


def test_where_nothing_can_be_written_nothing_is_known(tmp_path):
    assert Lock(tmp_path / "nowhere" / "lock").take()
    assert not is_held(tmp_path / "nowhere" / "lock")
