"""Lets workers have something done on the UI thread, without a hold on any of its objects.

A worker that has the last reference to a QObject destroys it, in its own thread, while Qt may be
handing it an event. So a worker speaks through what lives as long as the process, and names whom
it means by a weak reference that is followed on the UI thread only.
"""

from __future__ import annotations

import functools
import threading
import weakref
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from shiboken6 import isValid

if TYPE_CHECKING:
    from collections.abc import Callable


class _Caller(QObject):
    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        application = QCoreApplication.instance()
        if application is not None:
            self.moveToThread(application.thread())
        self.asked.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def _call(self, work: Callable[[], object]) -> None:
        work()


@functools.cache
def _caller() -> _Caller:
    return _Caller()


def told_there(method: Callable[..., object]) -> Callable[..., None]:
    """What a worker may call in place of ``method`` of a QObject: it is called soon, on the UI
    thread, with the same arguments, unless the object is gone by then. Ask on the UI thread.
    """
    asked, weak = _caller().asked, weakref.WeakMethod(method)
    return lambda *facts: asked.emit(functools.partial(_tell, weak, *facts))


def done_there(work: Callable[[], object], patience: float) -> bool:
    """Have ``work`` done on the UI thread and wait for its end, ``patience`` seconds at most: that
    thread may itself wait for the worker. Gives whether it was done. It holds no QObject.
    """
    if threading.current_thread() is threading.main_thread():
        work()
        return True
    done = threading.Event()
    _caller().asked.emit(functools.partial(_do, work, done))
    return done.wait(patience)


def _do(work: Callable[[], object], done: threading.Event) -> None:
    try:
        work()
    finally:
        done.set()


def _tell(weak: weakref.WeakMethod[Callable[..., object]], *facts: Any) -> None:
    method = weak()
    if method is not None and isValid(getattr(method, "__self__", None)):
        method(*facts)
