"""Shared by all tests: a private home, no spinning threads, no real screen."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("QT_API", "pyside6")
if "PYTEST_XDIST_WORKER" in os.environ:  # the other workers want their cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


@pytest.fixture(autouse=True)
def _private_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the settings, queue or projects of the person who runs it."""
    monkeypatch.setenv("STYLEKILN_HOME", str(tmp_path_factory.mktemp("home")))
