"""Numbers that go into a spreadsheet or a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from collections.abc import Iterable


def copy_rows(rows: Iterable[Iterable[str]]) -> None:
    """Put ``rows`` of cells on the clipboard, as a spreadsheet takes them."""
    QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in rows))
