"""Small deeds on layouts that more than one part of the window needs."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout


def clear_layout(layout: QLayout) -> None:
    """Take every widget out of ``layout`` and delete it; spacers and stretches go too."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()  # it lives on until the event loop runs, and must not show meanwhile
            widget.deleteLater()
