"""The order in which Tab goes through widgets that come later than those around them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def put_before(anchor: QWidget, widgets: Iterable[QWidget]) -> None:
    """Let Tab reach ``widgets``, in their order, just before ``anchor``. All are in one window."""
    moved = list(widgets)
    before = _reached_before(anchor, moved)
    for widget in [*moved, *([] if before is not None else [anchor])]:
        if before is not None:
            QWidget.setTabOrder(before, widget)
        before = widget


def _reached_before(anchor: QWidget, others: list[QWidget]) -> QWidget | None:
    """What Tab reaches before ``anchor`` and is none of ``others``; None where it is the first."""
    found = anchor.previousInFocusChain()
    while found is not None and found is not anchor:
        tabbed = found.focusPolicy() & Qt.FocusPolicy.TabFocus
        if tabbed and found.focusProxy() is None and found not in others:
            return found
        if found.isWindow():
            return None
        found = found.previousInFocusChain()
    return None
