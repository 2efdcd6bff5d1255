"""PySide6 6.12 on Python 3.11 loses a reference to None on every call and aborts; ours does not."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel

CALLS = 2000


class Sender(QObject):
    told = Signal(bool)


@pytest.mark.parametrize("value", [None, True], ids=str)
def test_calls_into_qt_do_not_lose_references(qtbot, value):
    shown, sender = QLabel(), Sender()
    qtbot.addWidget(shown)
    sender.told.connect(lambda on: shown.setEnabled(on))
    before = sys.getrefcount(value)
    for number in range(CALLS):
        shown.setText(str(number))
        sender.told.emit(True)
    assert sys.getrefcount(value) > before - CALLS // 20
