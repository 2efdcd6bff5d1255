"""Sentences in which numbers stand out, as the text before a start is read at a glance."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.theme import color, fonts
from app.widgets.text import set_tone


class Strong(str):
    """A fact that a sentence shows brighter and bolder than the words around it."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        style = f"color:{color('t1').name()};font-weight:600"
        return f'<span style="{style}">{html.escape(str(self))}</span>'


def plain(text: str) -> str:
    """A sentence without what makes some of it stand out."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


class SentenceLabel(QLabel):
    """A wrapped sentence whose strong facts stand out. ``text`` are its words alone."""

    def __init__(self, tone: str = "label") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        fonts.set_font(self, 12)
        set_tone(self, tone)

    def text(self) -> str:
        """The words, without what makes some of them stand out."""
        return plain(super().text())
