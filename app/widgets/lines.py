"""A field of several lines, one entry a line, that is as high as what it holds."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from app.theme import fonts

MOST_LINES = 6


class LinesField(QPlainTextEdit):
    """A list of texts. ``changed`` carries the tuple of those lines that say something."""

    changed = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self._last: tuple[str, ...] = ()
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        fonts.set_font(self, 12)
        self.document().setDocumentMargin(2)
        self.document().documentLayout().documentSizeChanged.connect(self.updateGeometry)
        self.textChanged.connect(self._edited)

    @property
    def value(self) -> tuple[str, ...]:
        """The entries, without empty lines and spaces at the ends."""
        return tuple(line.strip() for line in self.toPlainText().splitlines() if line.strip())

    def set_value(self, value: Iterable[object]) -> None:
        """Hold ``value`` without telling anyone; what is being typed keeps its form."""
        entries = tuple(str(entry) for entry in value)
        if entries != self.value:
            self._last = entries
            self.setPlainText("\n".join(entries))

    def sizeHint(self) -> QSize:
        # A plain text document is measured in lines, of which a long entry has several.
        lines = min(MOST_LINES, max(2, round(self.document().size().height())))
        return QSize(120, lines * self.fontMetrics().lineSpacing() + 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def _edited(self) -> None:
        if self.value != self._last:
            self._last = self.value
            self.changed.emit(self._last)
