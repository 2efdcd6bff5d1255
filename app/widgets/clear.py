"""Rows of controls that nothing may float over."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

if TYPE_CHECKING:
    from collections.abc import Iterator

_clear: WeakSet[QWidget] = WeakSet()
_CHANGES = (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Move, QEvent.Type.Resize)


class _Signals(QObject):
    """``changed`` tells that other places have to stay clear: another page is shown."""

    changed = Signal()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _CHANGES:
            self.changed.emit()
        return False


signals = _Signals()


def keep_clear(widget: QWidget) -> None:
    """Toasts never cover ``widget``, which stands at the bottom of its page."""
    _clear.add(widget)
    widget.installEventFilter(signals)


def kept_clear(stage: QWidget) -> Iterator[QRect]:
    """Where such widgets are seen on ``stage``."""
    for widget in list(_clear):
        if isValid(widget) and widget.isVisible() and stage.isAncestorOf(widget):
            yield QRect(widget.mapTo(stage, QPoint()), widget.size())
