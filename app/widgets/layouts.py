"""Small deeds on layouts that more than one part of the window needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QLayout, QWidget


def clear_layout(layout: QLayout) -> None:
    """Take every widget out of ``layout`` and delete it; spacers and stretches go too."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()  # it lives on until the event loop runs, and must not show meanwhile
            widget.deleteLater()


@contextmanager
def placed_once(box: QWidget | None) -> Iterator[None]:
    """What is shown and hidden in ``box`` is placed once, after the block: Qt places all of a
    window again for each widget that appears.
    """
    layout = None if box is None else box.layout()
    if box is None or layout is None:
        yield
        return
    layout.setEnabled(False)
    try:
        yield
    finally:
        layout.setEnabled(True)
        layout.invalidate()
        _activate(box)


def _activate(box: QWidget) -> None:
    """Place what is in ``box``, and in what it stands in as far as that depends on it."""
    outer: QWidget | None = box
    while outer is not None and outer.isVisible():
        layout = outer.layout()
        if layout is None:
            return
        layout.activate()
        outer = outer.parentWidget()
