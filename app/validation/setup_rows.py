"""The rows of the left column: an axis as typed, and a prompt that can be ticked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.i18n import bind, tr_error
from app.theme import color, fonts, metrics
from app.widgets.buttons import tool_button
from app.widgets.fields import Check
from app.widgets.text import ElidedLabel, label, restyle
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.validation.setup import GridSetup


class AxisField(QWidget):
    """One axis: its letter, name, count, and the values as typed."""

    def __init__(self, letter: str, name_key: str, take: Callable[[str], object]) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setSpacing(8)
        mark = label(weight=600, tone="quiet")
        mark.setText(letter)
        mark.setFixedWidth(13)
        self._count = label(tone="quiet")
        head.addWidget(mark)
        head.addWidget(label(name_key))
        head.addStretch(1)
        head.addWidget(self._count)
        self.field = QLineEdit()
        self.field.textEdited.connect(take)
        bind(self.field.setAccessibleName, name_key)
        self._error = label(size=11, tone="error", wrap=True)
        self._error.hide()
        body = QVBoxLayout()
        body.setContentsMargins(21, 0, 0, 0)
        body.setSpacing(2)
        body.addWidget(self.field)
        body.addWidget(self._error)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(body)

    def follow(
        self, text: str, read: Callable[[], Sequence[object]], *, shown: bool = True
    ) -> None:
        """Show ``text`` and how many values ``read`` makes of it, or why it makes none."""
        if self.field.text() != text:
            self.field.setText(text)
        self.field.setVisible(shown)
        error = ""
        try:
            self._count.setText(str(len(read())))
        except BadInputError as found:
            self._count.setText("")
            error = tr_error(found)
        self._error.setText(error)
        self._error.setVisible(bool(error))
        restyle(self.field, "state", "error" if error else "")


class PromptLine(QWidget):
    """A prompt with its tick, and whether training has seen it; in its place a cross while pointed
    at.
    """

    def __init__(self, setup: GridSetup, text: str, tag: str) -> None:
        super().__init__()
        self.setFixedHeight(metrics.ROW_FIELD)
        self.setToolTip(text)
        line = QHBoxLayout(self)
        line.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        line.setSpacing(metrics.GAP)
        self.check = Check("")
        self.check.setFixedWidth(14)
        self.check.setAccessibleName(text)
        self.check.changed.connect(lambda on: setup.tick(text, on))
        self.words = ElidedLabel(text.split(",")[0], tone="label")
        self.remove = tool_button(
            "x", "Remove this prompt", lambda: setup.remove_prompt(text), dense=True
        )
        self.tag = TagLabel(tag)
        self.remove.hide()
        line.addWidget(self.check)
        line.addWidget(self.words, 1)
        line.addWidget(self.tag)
        line.addWidget(self.remove)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Offer to remove it."""
        self.tag.hide()
        self.remove.show()

    def leaveEvent(self, event: QEvent) -> None:
        """No longer."""
        self.remove.hide()
        self.tag.show()


class TagLabel(QLabel):
    """A word in a thin frame."""

    def __init__(self, key: str) -> None:
        super().__init__()
        fonts.set_font(self, 11)
        self.setContentsMargins(5, 0, 5, 0)
        self.setFixedHeight(17)
        bind(self.setText, key)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame and the word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color("line_hover"), 1))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setPen(color("t2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
